package import Tensors

/// A LoRA adapter: for some of a model's linear projections, two thin matrices whose product is added to the weights.
///
/// W' = W + scale * B A, with `scale` as `LoRAConfiguration` says. In files it has the form the PEFT library gives it;
/// in memory, between steps of training, it need not ever have been a file.
///
/// - Source: Hu et al. 2021 (arXiv:2106.09685); layout of PEFT's `adapter_model.safetensors`.
package struct LoRAAdapter: Sendable {
  /// The two factors of one module's change.
  package struct Matrices: Sendable {
    /// [rank, inputs], row-major.
    package let a: FloatBuffer
    /// [outputs, rank], row-major.
    package let b: FloatBuffer
    /// Input features of the module.
    package let inputs: Int
    /// Output features of the module.
    package let outputs: Int

    /// - Precondition: the buffers have exactly `rank * inputs` and `outputs * rank` values.
    package init(a: FloatBuffer, b: FloatBuffer, inputs: Int, outputs: Int, rank: Int) {
      precondition(a.count == rank * inputs && b.count == outputs * rank)
      self.a = a
      self.b = b
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  package var configuration: LoRAConfiguration
  /// By module: "model.layers.0.self_attn.q_proj".
  package var matrices: [String: Matrices]
  /// Texts that travel in the file: how it was trained, say. Any names but those of `reservedMetadata`.
  package var metadata: [String: String]
  /// The directory it was read from, for messages; nil where it never was a file.
  package var path: String?

  /// Metadata names that the file's form takes.
  package static let reservedMetadata = ["format", baseFingerprintKey]
  /// The metadata name of `LoRAConfiguration.baseFingerprint`.
  static let baseFingerprintKey = "persrm.base_sha256"

  /// - Precondition: every matrix has `configuration.rank`; `metadata` uses no reserved name.
  package init(
    configuration: LoRAConfiguration, matrices: [String: Matrices], metadata: [String: String] = [:],
    path: String? = nil
  ) {
    precondition(Self.reservedMetadata.allSatisfy { metadata[$0] == nil })
    precondition(
      matrices.values.allSatisfy {
        $0.a.count == configuration.rank * $0.inputs && $0.b.count == $0.outputs * configuration.rank
      })
    self.configuration = configuration
    self.matrices = matrices
    self.metadata = metadata
    self.path = path
  }

  /// The modules it changes, in order of their names' bytes.
  package var modules: [String] { matrices.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// Values of all its matrices.
  package var parameterCount: Int { matrices.values.reduce(0) { $0 + $1.a.count + $1.b.count } }

  /// What messages call it.
  private var origin: String { path.map { $0 + "/" + Self.weightsName } ?? "adapter" }

  /// Fails unless every module it changes is in the model, with the same shape.
  ///
  /// - Throws: `ModelFileError.otherModel` with the tensor and both shapes.
  package func check(fits model: ModelConfiguration) throws(ModelFileError) {
    let shapes = Dictionary(uniqueKeysWithValues: model.requiredTensors.map { ($0.name, $0.dimensions) })
    for module in modules {
      guard let pair = matrices[module] else { continue }
      let (nameA, nameB) = Self.tensorNames(module)
      let (foundA, foundB) = ([configuration.rank, pair.inputs], [pair.outputs, configuration.rank])
      guard let shape = shapes[module + ".weight"], shape.count == 2 else {
        throw .otherModel(file: origin, tensor: nameA, expected: nil, found: foundA)
      }
      if pair.inputs != shape[1] {
        throw .otherModel(file: origin, tensor: nameA, expected: [configuration.rank, shape[1]], found: foundA)
      }
      if pair.outputs != shape[0] {
        throw .otherModel(file: origin, tensor: nameB, expected: [shape[0], configuration.rank], found: foundB)
      }
    }
  }

  /// Fails where the adapter says which weights it was trained on, and the model's are others.
  ///
  /// - Throws: `ModelFileError.otherBase`.
  /// - Complexity: reads all of the model's files where the adapter says so.
  package func check(trainedOn checkpoint: ModelCheckpoint) throws(ModelFileError) {
    guard let recorded = configuration.baseFingerprint else { return }
    let actual = try checkpoint.fileFingerprint()
    if recorded != actual { throw .otherBase(file: origin, recorded: recorded, actual: actual) }
  }

  /// The names of a module's two tensors in a file.
  static func tensorNames(_ module: String) -> (a: String, b: String) {
    (tensorPrefix + module + suffixA, tensorPrefix + module + suffixB)
  }

  static let tensorPrefix = "base_model.model."
  static let suffixA = ".lora_A.weight"
  static let suffixB = ".lora_B.weight"
  static let weightsName = "adapter_model.safetensors"
  static let configurationName = "adapter_config.json"
}
