import Kernels
package import ModelFiles
package import Models

/// The least a model has to compute and read for some tokens, by its shape: what measured speeds are compared with.
///
/// Products are counted with 8-bit weights and activations (float32 in the reference precision) and attention in
/// bfloat16. A precision that spends two digits on some activations does more than this and reaches a smaller share.
package struct ModelWork: Sendable {
  /// What one measured step does.
  package struct Pass: Sendable, Equatable {
    package let arithmetic: [Roofline.Work]
    /// Read from memory.
    package let bytes: Double
  }

  private let configuration: ModelConfiguration
  private let weightBytes: Int
  private let precision: Precision

  package init(_ configuration: ModelConfiguration, weightBytes: Int, precision: Precision) {
    self.configuration = configuration
    self.weightBytes = weightBytes
    self.precision = precision
  }

  /// Weights of all layers, and of the output head.
  private var layerWeights: Int {
    let queries = configuration.headCount * configuration.headDim
    let keys = configuration.kvHeadCount * configuration.headDim
    let perLayer =
      configuration.hiddenSize * (2 * queries + 2 * keys) + 3 * configuration.hiddenSize
      * configuration.intermediateSize
    return configuration.layerCount * perLayer
  }
  private var headWeights: Int { configuration.vocabSize * configuration.hiddenSize }

  /// Bytes of one token's keys and values.
  private var tokenBytes: Int {
    KeyValueCache.blockBytes(configuration, type: precision.keyValueType) / KernelSet.blockTokens
  }

  private func pass(layerRows: Int, headRows: Int, seen: Int, bytes: Int) -> Pass {
    let products = 2 * (Double(layerWeights) * Double(layerRows) + Double(headWeights) * Double(headRows))
    let perPosition = 4 * configuration.layerCount * configuration.headCount * configuration.headDim
    return Pass(
      arithmetic: [
        Roofline.Work(products, precision == .float32 ? .float32 : .int8),
        Roofline.Work(Double(perPosition) * Double(seen), precision == .float32 ? .float32 : .bfloat16),
      ], bytes: Double(bytes))
  }

  /// A prompt, with the logits of its last token.
  package func prefill(tokens: Int) -> Pass {
    pass(layerRows: tokens, headRows: 1, seen: tokens * (tokens + 1) / 2, bytes: weightBytes)
  }

  /// One token of each of some sequences, at so many positions, the first of which they have in common.
  package func decode(sequences: Int, context: Int, shared: Int = 0) -> Pass {
    let positions = shared + sequences * (context - shared)
    return pass(
      layerRows: sequences, headRows: sequences, seen: sequences * context,
      bytes: weightBytes + positions * tokenBytes)
  }
}
