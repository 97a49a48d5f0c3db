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
  /// The tensors that an adapter changed, by their canonical names.
  package let mergedTensors: Set<String>

  /// Bytes the packed weights of a checkpoint take; norms and biases, a thousandth of that, are not counted.
  ///
  /// - Parameter adapter: to be merged: what it changes takes 8 bits where weights are quantised.
  /// - Throws: `ModelFileError` naming the tensor that is missing.
  package static func bytes(
    _ checkpoint: ModelCheckpoint, precision: Precision, adapter: LoRAAdapter? = nil
  ) throws(ModelFileError) -> Int {
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
        let isMerged = adapter?.matrices[String(name.dropLast(".weight".count))] != nil
        bytes += QuantisedMatrix.bytes(
          outputs: outputs, inputs: inputs, format: isMerged ? .u8 : record.quantisedFormat)
      }
    }
    return bytes
  }

  /// Reads and packs all weights.
  ///
  /// - Parameters:
  ///   - adapter: merged into the weights it changes, in float32; in a quantised precision these are then packed in 8
  ///     bits, and all others as they are stored.
  ///   - other: weights of the same checkpoint and precision, with whatever adapter: layers that neither adapter
  ///     changes are shared with it instead of read.
  ///   - progress: called with the share done, 0...1, as layers complete.
  /// - Throws: `ModelFileError` naming the tensor that is missing, cannot be read, or does not fit the adapter.
  package init(
    _ checkpoint: ModelCheckpoint, precision: Precision = .balanced, adapter: LoRAAdapter? = nil,
    sharing other: DecoderWeights? = nil, parallel: ParallelFor, progress: (Double) -> Void = { _ in }
  ) throws(ModelFileError) {
    let configuration = checkpoint.configuration
    let count = configuration.layerCount
    try adapter?.check(fits: configuration)
    let updates = adapter.map { LowRankUpdates($0) }
    let loader = WeightLoader(checkpoint: checkpoint, parallel: parallel, updates: updates)
    let changed = (updates?.tensorNames ?? []).union(other?.mergedTensors ?? [])
    func layer(
      _ names: [String], _ digits: Int, sharing known: LinearLayer?
    ) throws(ModelFileError) -> LinearLayer {
      if let known, changed.isDisjoint(with: names) { return known }
      return try loader.layer(names, digits: digits)
    }
    embedding = try layer([Self.embeddingName], precision.digits(.outputHead), sharing: other?.embedding)
    progress(1 / Double(count + 2))
    var layers: [Layer] = []
    for index in 0..<count {
      let names = Names(layer: index)
      let known = other?.layers[index]
      layers.append(
        Layer(
          inputNorm: try loader.vector([names.inputNorm]),
          queryKeyValue: try layer(
            names.queryKeyValue, precision.digits(.queryKeyValue), sharing: known?.queryKeyValue),
          queryKeyValueBias: configuration.attentionBias ? try loader.vector(names.queryKeyValueBias) : nil,
          attentionOutput: try layer(
            [names.attentionOutput], precision.digits(.attentionOutput), sharing: known?.attentionOutput),
          postAttentionNorm: try loader.vector([names.postAttentionNorm]),
          gateUp: try layer(
            names.gateUp, precision.digits(.gateUp, layer: index, of: count), sharing: known?.gateUp),
          down: try layer([names.down], precision.digits(.down, layer: index, of: count), sharing: known?.down)))
      progress(Double(index + 2) / Double(count + 2))
    }
    self.layers = layers
    norm = try loader.vector(["model.norm.weight"])
    outputHead =
      configuration.tieWordEmbeddings
      ? embedding : try layer([Self.headName], precision.digits(.outputHead), sharing: other?.outputHead)
    mergedTensors = updates?.tensorNames ?? []
    progress(1)
  }

  /// Whether these are weights of a model with the same shapes.
  func hasShapes(of other: DecoderWeights) -> Bool {
    func shapes(_ weights: DecoderWeights) -> [Int] {
      let matrices = weights.layers.flatMap { [$0.queryKeyValue, $0.attentionOutput, $0.gateUp, $0.down] }
      let biases = weights.layers.map { $0.queryKeyValueBias?.count ?? 0 }
      return ([weights.embedding, weights.outputHead] + matrices).flatMap { [$0.outputs, $0.inputs] } + biases
    }
    return shapes(self) == shapes(other)
  }

  /// Bytes the matrices take.
  package var byteCount: Int {
    let layers = layers.reduce(0) {
      $0 + $1.queryKeyValue.byteCount + $1.attentionOutput.byteCount + $1.gateUp.byteCount + $1.down.byteCount
    }
    return layers + embedding.byteCount + (outputHead === embedding ? 0 : outputHead.byteCount)
  }
}
