import Foundation
import ModelFiles
import Tensors

/// A small adapter with random matrices, for the tiny models of these tests (8 wide, 12 within, one layer).
enum SampleAdapter {
  static let rank = 3
  static let modules: [(name: String, inputs: Int, outputs: Int)] = [
    ("model.layers.0.self_attn.q_proj", 8, 8), ("model.layers.0.self_attn.v_proj", 8, 4),
    ("model.layers.0.mlp.down_proj", 12, 8),
  ]

  static func make(seed: UInt64 = 7, fingerprint: String? = nil, metadata: [String: String] = [:]) -> LoRAAdapter {
    var random = SeededBytes(seed: seed)
    func values(_ count: Int) -> FloatBuffer {
      let buffer = FloatBuffer(count: count)
      for index in 0..<count { buffer.values[index] = Float.random(in: -1...1, using: &random) }
      return buffer
    }
    var matrices: [String: LoRAAdapter.Matrices] = [:]
    for (name, inputs, outputs) in modules {
      matrices[name] = LoRAAdapter.Matrices(
        a: values(rank * inputs), b: values(outputs * rank), inputs: inputs, outputs: outputs, rank: rank)
    }
    return LoRAAdapter(
      configuration: LoRAConfiguration(
        rank: rank, alpha: 6, dropout: 0.05, targetModules: ["q_proj", "v_proj", "down_proj"],
        baseModelName: "tiny", baseFingerprint: fingerprint),
      matrices: matrices, metadata: metadata)
  }

  /// The bits of all matrices, module by module.
  static func bits(_ adapter: LoRAAdapter) -> [String: [UInt32]] {
    adapter.matrices.mapValues { pair in
      defer { withExtendedLifetime(pair.a) { withExtendedLifetime(pair.b) {} } }
      return (Array(pair.a.values) + Array(pair.b.values)).map(\.bitPattern)
    }
  }
}
