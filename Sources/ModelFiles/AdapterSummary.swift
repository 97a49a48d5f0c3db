import Tensors

/// What is in an adapter, for people (`text`) and for programs (`Encodable`).
package struct AdapterSummary: Sendable, Equatable, Encodable {
  /// One module that it changes.
  package struct Module: Sendable, Equatable, Encodable {
    package let name: String
    package let inputs: Int
    package let outputs: Int
    package let parameters: Int
    /// Root of the mean square of scale * B A, how much it moves the module's weights.
    package let change: Double
  }

  package let path: String
  package let rank: Int
  package let alpha: Double
  package let scale: Double
  package let isRankStabilised: Bool
  package let dropout: Double
  package let targetModules: [String]
  package let parameters: Int
  /// How the matrices are stored: "BF16", or several.
  package let types: [String]
  /// Bytes of the file that holds them.
  package let bytes: Int
  package let baseModel: String?
  package let baseFingerprint: String?
  package let metadata: [String: String]
  package let modules: [Module]

  enum CodingKeys: String, CodingKey {
    case path, rank, alpha, scale, dropout, parameters, types, bytes, metadata, modules
    case isRankStabilised = "rank_stabilised"
    case targetModules = "target_modules"
    case baseModel = "base_model"
    case baseFingerprint = "base_sha256"
  }

  /// Reads an adapter.
  ///
  /// - Throws: `ModelFileError` naming the file and the key or tensor at fault.
  package init(path: String) throws(ModelFileError) {
    let adapter = try LoRAAdapter(path: path)
    let file = try MappedFile(path: path + "/" + LoRAAdapter.weightsName)
    types = Set(try SafetensorsFile(file).tensors.map(\.storedType)).sorted()
    bytes = file.count
    self.path = path
    rank = adapter.configuration.rank
    alpha = adapter.configuration.alpha
    scale = Double(adapter.configuration.scale)
    isRankStabilised = adapter.configuration.usesRSLoRA
    dropout = adapter.configuration.dropout
    targetModules = adapter.configuration.targetModules
    parameters = adapter.parameterCount
    baseModel = adapter.configuration.baseModelName
    baseFingerprint = adapter.configuration.baseFingerprint
    metadata = adapter.metadata
    modules = adapter.modules.compactMap { name in
      adapter.matrices[name].map { pair in
        Module(
          name: name, inputs: pair.inputs, outputs: pair.outputs, parameters: pair.a.count + pair.b.count,
          change: Double(adapter.configuration.scale) * Self.rootMeanSquare(pair, rank: adapter.configuration.rank))
      }
    }
  }

  /// Of the elements of B A, without computing them: the sum of their squares is the sum of (B'B) * (A A').
  private static func rootMeanSquare(_ pair: LoRAAdapter.Matrices, rank: Int) -> Double {
    defer { withExtendedLifetime((pair.a, pair.b)) {} }
    let (a, b) = (pair.a.pointer, pair.b.pointer)
    var sum = 0.0
    // SAFETY: A is [rank, inputs] and B [outputs, rank].
    for i in 0..<rank {
      for j in 0...i {
        var (ofA, ofB) = (0.0, 0.0)
        for k in 0..<pair.inputs { ofA += Double(a[i * pair.inputs + k]) * Double(a[j * pair.inputs + k]) }
        for k in 0..<pair.outputs { ofB += Double(b[k * rank + i]) * Double(b[k * rank + j]) }
        sum += (i == j ? 1 : 2) * ofA * ofB
      }
    }
    return (max(0, sum) / Double(pair.inputs * pair.outputs)).squareRoot()
  }
}
