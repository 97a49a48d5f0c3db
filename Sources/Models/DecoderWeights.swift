package import Kernels
package import ModelFiles
package import Tensors

/// The weights of a `llama` or `qwen2` decoder, packed for the kernels.
package struct DecoderWeights: Sendable {
  /// One layer. Projections that read the same input are one matrix.
  package struct Layer: Sendable {
    /// [hiddenSize]
    package let inputNorm: FloatBuffer
    /// Query, key and value projections: [(heads + 2 * kvHeads) * headDim, hiddenSize].
    package let queryKeyValue: PackedMatrix
    /// [(heads + 2 * kvHeads) * headDim], where the architecture has one.
    package let queryKeyValueBias: FloatBuffer?
    /// [hiddenSize, heads * headDim]
    package let attentionOutput: PackedMatrix
    /// [hiddenSize]
    package let postAttentionNorm: FloatBuffer
    /// Gate and up projections: [2 * intermediateSize, hiddenSize].
    package let gateUp: PackedMatrix
    /// [hiddenSize, intermediateSize]
    package let down: PackedMatrix
  }

  /// [vocabSize, hiddenSize]
  package let embedding: PackedMatrix
  package let layers: [Layer]
  /// [hiddenSize]
  package let norm: FloatBuffer
  /// [vocabSize, hiddenSize]; the same object as `embedding` where they are tied.
  package let outputHead: PackedMatrix

  /// Bytes the packed weights take.
  package static func bytes(_ configuration: ModelConfiguration) -> Int {
    let heads = (configuration.headCount + 2 * configuration.kvHeadCount) * configuration.headDim
    let hidden = configuration.hiddenSize
    let perLayer =
      PackedMatrix.floats(outputs: heads, inputs: hidden)
      + PackedMatrix.floats(outputs: hidden, inputs: configuration.headCount * configuration.headDim)
      + PackedMatrix.floats(outputs: 2 * configuration.intermediateSize, inputs: hidden)
      + PackedMatrix.floats(outputs: hidden, inputs: configuration.intermediateSize) + 2 * hidden + heads
    let tables = PackedMatrix.floats(outputs: configuration.vocabSize, inputs: hidden)
    return MemoryLayout<Float>.stride
      * (perLayer * configuration.layerCount + tables * (configuration.tieWordEmbeddings ? 1 : 2) + hidden)
  }

  /// Reads, dequantises and packs all weights.
  ///
  /// - Parameter progress: called with the share done, 0...1, as layers complete.
  /// - Throws: `ModelFileError` naming the tensor that is missing or cannot be read.
  package init(
    _ checkpoint: ModelCheckpoint, parallel: ParallelFor, progress: (Double) -> Void = { _ in }
  ) throws(ModelFileError) {
    let configuration = checkpoint.configuration
    let loader = WeightLoader(checkpoint: checkpoint, parallel: parallel)
    embedding = try loader.matrix(["model.embed_tokens.weight"])
    progress(1 / Double(configuration.layerCount + 2))
    var layers: [Layer] = []
    for index in 0..<configuration.layerCount {
      let prefix = "model.layers.\(index)."
      let attention = prefix + "self_attn."
      layers.append(
        Layer(
          inputNorm: try loader.vector([prefix + "input_layernorm.weight"]),
          queryKeyValue: try loader.matrix(["q", "k", "v"].map { attention + $0 + "_proj.weight" }),
          queryKeyValueBias: configuration.attentionBias
            ? try loader.vector(["q", "k", "v"].map { attention + $0 + "_proj.bias" }) : nil,
          attentionOutput: try loader.matrix([attention + "o_proj.weight"]),
          postAttentionNorm: try loader.vector([prefix + "post_attention_layernorm.weight"]),
          gateUp: try loader.matrix(["gate", "up"].map { prefix + "mlp.\($0)_proj.weight" }),
          down: try loader.matrix([prefix + "mlp.down_proj.weight"])))
      progress(Double(index + 2) / Double(configuration.layerCount + 2))
    }
    self.layers = layers
    norm = try loader.vector(["model.norm.weight"])
    outputHead = configuration.tieWordEmbeddings ? embedding : try loader.matrix(["lm_head.weight"])
    progress(1)
  }
}
