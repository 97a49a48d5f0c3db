package import Kernels
package import ModelFiles
package import Tensors

/// The weights of a `llama` or `qwen2` decoder, packed for the kernels.
package struct DecoderWeights: Sendable {
  /// One layer. Projections that read the same input are one.
  package struct Layer: Sendable {
    /// [hiddenSize]
    package let inputNorm: FloatBuffer
    /// Query, key and value projections: [(heads + 2 * kvHeads) * headDim, hiddenSize].
    package let queryKeyValue: LinearLayer
    /// [(heads + 2 * kvHeads) * headDim], where the architecture has one.
    package let queryKeyValueBias: FloatBuffer?
    /// [hiddenSize, heads * headDim]
    package let attentionOutput: LinearLayer
    /// [hiddenSize]
    package let postAttentionNorm: FloatBuffer
    /// Gate and up projections: [2 * intermediateSize, hiddenSize].
    package let gateUp: LinearLayer
    /// [hiddenSize, intermediateSize]
    package let down: LinearLayer
  }

  /// The canonical names of one layer's tensors.
  private struct Names {
    let inputNorm, postAttentionNorm, attentionOutput, down: String
    let queryKeyValue, queryKeyValueBias, gateUp: [String]

    init(layer: Int) {
      let prefix = "model.layers.\(layer)."
      let attention = prefix + "self_attn."
      inputNorm = prefix + "input_layernorm.weight"
      postAttentionNorm = prefix + "post_attention_layernorm.weight"
      attentionOutput = attention + "o_proj.weight"
      down = prefix + "mlp.down_proj.weight"
      queryKeyValue = ["q", "k", "v"].map { attention + $0 + "_proj.weight" }
      queryKeyValueBias = ["q", "k", "v"].map { attention + $0 + "_proj.bias" }
      gateUp = ["gate", "up"].map { prefix + "mlp.\($0)_proj.weight" }
    }
  }

  private static let embeddingName = "model.embed_tokens.weight"
  private static let headName = "lm_head.weight"

  /// [vocabSize, hiddenSize]
  package let embedding: LinearLayer
  package let layers: [Layer]
  /// [hiddenSize]
  package let norm: FloatBuffer
  /// [vocabSize, hiddenSize]; the same object as `embedding` where they are tied.
  package let outputHead: LinearLayer

  /// Bytes the packed weights of a checkpoint take; norms and biases, a thousandth of that, are not counted.
  ///
  /// - Throws: `ModelFileError` naming the tensor that is missing.
  package static func bytes(_ checkpoint: ModelCheckpoint, precision: Precision) throws(ModelFileError) -> Int {
    let configuration = checkpoint.configuration
    var names = [embeddingName] + (configuration.tieWordEmbeddings ? [] : [headName])
    for index in 0..<configuration.layerCount {
      let layer = Names(layer: index)
      names += layer.queryKeyValue + layer.gateUp + [layer.attentionOutput, layer.down]
    }
    var bytes = 0
    for name in names {
      let record = try checkpoint.record(name)
      let (outputs, inputs) = (record.shape.rowCount, record.shape.rowLength)
      if precision == .float32 {
        bytes += MemoryLayout<Float>.stride * PackedMatrix.floats(outputs: outputs, inputs: inputs)
      } else {
        bytes += QuantisedMatrix.bytes(outputs: outputs, inputs: inputs, format: record.quantisedFormat)
      }
    }
    return bytes
  }

  /// Reads and packs all weights.
  ///
  /// - Parameter progress: called with the share done, 0...1, as layers complete.
  /// - Throws: `ModelFileError` naming the tensor that is missing or cannot be read.
  package init(
    _ checkpoint: ModelCheckpoint, precision: Precision = .balanced, parallel: ParallelFor,
    progress: (Double) -> Void = { _ in }
  ) throws(ModelFileError) {
    let configuration = checkpoint.configuration
    let count = configuration.layerCount
    let loader = WeightLoader(checkpoint: checkpoint, parallel: parallel)
    embedding = try loader.layer([Self.embeddingName], digits: precision.digits(.outputHead))
    progress(1 / Double(count + 2))
    var layers: [Layer] = []
    for index in 0..<count {
      let names = Names(layer: index)
      layers.append(
        Layer(
          inputNorm: try loader.vector([names.inputNorm]),
          queryKeyValue: try loader.layer(names.queryKeyValue, digits: precision.digits(.queryKeyValue)),
          queryKeyValueBias: configuration.attentionBias ? try loader.vector(names.queryKeyValueBias) : nil,
          attentionOutput: try loader.layer([names.attentionOutput], digits: precision.digits(.attentionOutput)),
          postAttentionNorm: try loader.vector([names.postAttentionNorm]),
          gateUp: try loader.layer(names.gateUp, digits: precision.digits(.gateUp, layer: index, of: count)),
          down: try loader.layer([names.down], digits: precision.digits(.down, layer: index, of: count))))
      progress(Double(index + 2) / Double(count + 2))
    }
    self.layers = layers
    norm = try loader.vector(["model.norm.weight"])
    outputHead =
      configuration.tieWordEmbeddings
      ? embedding : try loader.layer([Self.headName], digits: precision.digits(.outputHead))
    progress(1)
  }

  /// Bytes the matrices take.
  package var byteCount: Int {
    let layers = layers.reduce(0) {
      $0 + $1.queryKeyValue.byteCount + $1.attentionOutput.byteCount + $1.gateUp.byteCount + $1.down.byteCount
    }
    return layers + embedding.byteCount + (outputHead === embedding ? 0 : outputHead.byteCount)
  }
}
