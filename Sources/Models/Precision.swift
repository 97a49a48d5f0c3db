package import Kernels
package import ModelFiles
import Tensors

/// How the products of a model are computed.
package enum Precision: String, Sendable, CaseIterable {
  /// Float32 weights and activations: the reference, with four times the memory.
  case float32
  /// Weights as they are stored, 8 bits at most; activations in 16 bits where a model is sensitive and in 8 elsewhere.
  ///
  /// Sensitive are the query, key and value projections, the output head and the feed-forward part of the last two
  /// layers: with 8 bits there the most likely next token changes in 3.2 % of positions of news text, without in
  /// 1.8 % (SmolLM2-135M; `PrecisionGuardTests` prints the figures).
  case balanced
  /// Weights as they are stored, activations in 8 bits throughout.
  case fast

  /// How keys and values are kept with it unless something else is asked for.
  package var keyValueType: KeyValueType { self == .float32 ? .float32 : .bfloat16 }

  /// The linear layers of a decoder, as far as precision is concerned.
  package enum Site: Sendable {
    case queryKeyValue, attentionOutput, gateUp, down, outputHead
  }

  /// Layers at the end whose feed-forward part is sensitive: there the residual stream has its largest outliers.
  private static let sensitiveLayers = 2

  /// Signed 8-bit digits of an activation; 0 is float32.
  func digits(_ site: Site, layer: Int = 0, of layerCount: Int = 0) -> Int {
    switch self {
    case .float32: 0
    case .fast: 1
    case .balanced:
      switch site {
      case .queryKeyValue, .outputHead: 2
      case .attentionOutput: 1
      case .gateUp, .down: layer >= layerCount - Self.sensitiveLayers ? 2 : 1
      }
    }
  }
}

extension TensorRecord {
  /// How this tensor's weights are packed as they are; nil where they are quantised anew, to 8 bits.
  var storedQuantisation: StoredQuantisation? {
    let source: StoredQuantisation? =
      switch elementType {
      case .q4_0: .q4_0
      case .q4_1: .q4_1
      case .q5_0: .q5_0
      case .q5_1: .q5_1
      case .q8_0: .q8_0
      case .q4_K: .q4_K
      case .q5_K: .q5_K
      case .q6_K, .f32, .f16, .bf16: nil
      }
    guard let source, shape.dimensions[1] % source.storedBlockInputs == 0 else { return nil }
    return source
  }

  /// The format this tensor's weights are packed to.
  package var quantisedFormat: QuantisedFormat { storedQuantisation?.format ?? .u8 }
}
