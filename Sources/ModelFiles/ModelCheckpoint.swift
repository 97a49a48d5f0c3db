import Tensors

/// A model on disk, opened and checked: its configuration, and where each tensor lies.
///
/// Two formats come out the same: a GGUF file, and a Hugging Face directory. Tensors have their Hugging Face names,
/// shapes are outermost first, and rows come in Hugging Face order whatever the file's. Once open, every tensor the
/// architecture needs is there with the shape the configuration says, in a type that can be read, with all its bytes
/// inside the file; so what is built on it need not check again. The files stay mapped while the value lives.
package struct ModelCheckpoint: Sendable {
  /// The form the model came in.
  package enum Format: Sendable, Equatable {
    case gguf(version: Int)
    case safetensors
  }

  package let configuration: ModelConfiguration
  /// By canonical name. Also tensors the model does not use.
  package let tensors: [String: TensorRecord]
  package let format: Format
  /// The files that hold tensors; `TensorRecord.fileIndex` counts in it.
  package let paths: [String]
  /// What to divide each rotary frequency by, [headDim / 2], where the file lists it (GGUF of Llama 3.1: the same as
  /// `RopeScaling.llama3`, worked out).
  package let ropeFrequencyFactors: [Float]?
  /// What `open` was given.
  package let path: String
  let files: [MappedFile]
  private let gguf: GGUFFile?

  /// Opens a GGUF file or a Hugging Face directory.
  ///
  /// - Complexity: reads headers and metadata only; weights are paged in when they are read.
  package static func open(path: String) throws(ModelFileError) -> ModelCheckpoint {
    if HuggingFaceDirectory.isDirectory(path) {
      return try ModelCheckpoint(HuggingFaceDirectory(path: path))
    }
    let file = try MappedFile(path: path)
    if GGUFFile.hasMagic(file) { return try ModelCheckpoint(GGUFFile(file)) }
    let hint = path.hasSuffix(".safetensors") ? "; give the directory that holds it" : ""
    throw .notAModel(path: path, reason: "is neither a GGUF file nor a directory with config.json\(hint)")
  }

  private init(_ gguf: GGUFFile) throws(ModelFileError) {
    let configuration = try ModelConfiguration(gguf)
    var tensors: [String: TensorRecord] = [:]
    for tensor in gguf.tensors {
      let name = GGUFNames.canonical(tensor.name)
      let record = TensorRecord(
        name: name, storedName: tensor.name, shape: tensor.shape, elementType: tensor.elementType,
        byteRange: tensor.byteRange, fileIndex: 0, rowOrder: Self.ggufRowOrder(name, configuration))
      if tensors.updateValue(record, forKey: name) != nil {
        throw .duplicateTensor(file: gguf.file.path, tensor: name)
      }
    }
    self.configuration = configuration
    self.tensors = tensors
    format = .gguf(version: Int(gguf.version))
    path = gguf.file.path
    paths = [gguf.file.path]
    files = [gguf.file]
    self.gguf = gguf
    try Self.checkTensors(tensors, configuration, file: path, stored: GGUFNames.stored)
    ropeFrequencyFactors = try Self.frequencyFactors(tensors, configuration, file: gguf.file)
  }

  private init(_ directory: HuggingFaceDirectory) throws(ModelFileError) {
    let storedNames = Set(directory.weights.flatMap { $0.tensors.map(\.name) })
    let name = directory.path.split(separator: "/").last.map(String.init) ?? directory.path
    let configuration = try ModelConfiguration(
      config: directory.config, generation: directory.generation, name: name, storedNames: storedNames)
    let required = Set(configuration.requiredTensors.map(\.name))
    var tensors: [String: TensorRecord] = [:]
    for (index, weights) in directory.weights.enumerated() {
      for tensor in weights.tensors {
        guard let elementType = tensor.elementType else {
          // A buffer of integers, say, is not ours to read.
          if !required.contains(tensor.name) && Self.isHarmless(tensor.name) { continue }
          throw .unsupportedElementType(file: weights.file.path, tensor: tensor.name, type: tensor.storedType)
        }
        let record = TensorRecord(
          name: tensor.name, storedName: tensor.name, shape: tensor.shape, elementType: elementType,
          byteRange: tensor.byteRange, fileIndex: index, rowOrder: .plain)
        if tensors.updateValue(record, forKey: tensor.name) != nil {
          throw .duplicateTensor(file: weights.file.path, tensor: tensor.name)
        }
      }
    }
    self.configuration = configuration
    self.tensors = tensors
    format = .safetensors
    path = directory.path
    paths = directory.weights.map(\.file.path)
    files = directory.weights.map(\.file)
    gguf = nil
    ropeFrequencyFactors = nil
    try Self.checkTensors(tensors, configuration, file: directory.path, stored: { $0 })
  }

  /// The record of a tensor by its canonical name.
  package func record(_ name: String) throws(ModelFileError) -> TensorRecord {
    guard let record = tensors[name] else { throw .missingTensor(file: path, tensor: name) }
    return record
  }

  /// What the tokenizer is built from. Read on each call.
  package func tokenizerMaterial() throws(ModelFileError) -> TokenizerMaterial {
    guard let gguf else { return try HuggingFaceDirectory.tokenizerMaterial(path) }
    let vocabulary = try gguf.vocabulary()
    if vocabulary.tokens.count > configuration.vocabSize {
      let reason = "has \(vocabulary.tokens.count) entries for an embedding of \(configuration.vocabSize) rows"
      throw .invalidValue(file: path, key: "tokenizer.ggml.tokens", reason: reason)
    }
    return .gguf(vocabulary)
  }

  /// GGUF's converter interleaves the rows of query and key projections of `llama` models, weights and biases both,
  /// and of no others.
  private static func ggufRowOrder(_ name: String, _ configuration: ModelConfiguration) -> TensorRecord.RowOrder {
    let isRotated = name.contains(".self_attn.q_proj.") || name.contains(".self_attn.k_proj.")
    return configuration.architecture == .llama && isRotated
      ? .interleavedRotary(headDim: configuration.headDim) : .plain
  }

  private static func checkTensors(
    _ tensors: [String: TensorRecord], _ configuration: ModelConfiguration, file: String,
    stored: (String) -> String
  ) throws(ModelFileError) {
    var required: Set<String> = []
    for (name, dimensions) in configuration.requiredTensors {
      guard let record = tensors[name] else { throw .missingTensor(file: file, tensor: stored(name)) }
      if record.shape.dimensions != dimensions {
        throw .shapeMismatch(
          file: file, tensor: record.storedName, expected: dimensions, found: record.shape.dimensions)
      }
      required.insert(name)
    }
    for name in tensors.keys.sorted() where !required.contains(name) && !isHarmless(name) {
      throw .unexpectedTensor(file: file, tensor: tensors[name]?.storedName ?? name)
    }
  }

  /// Whether a tensor the architecture does not need may be there: outside the layers (other heads, a tied output
  /// projection written out), or a table that is worked out anyway. A bias or a norm inside a layer would have an
  /// effect, so it is not ignored.
  private static func isHarmless(_ name: String) -> Bool {
    let insideModel =
      name.hasPrefix("model.") || name.hasPrefix("blk.") || name.hasPrefix("output")
      || name.hasPrefix("token_") || name.hasSuffix(".bias")
    return !insideModel || name.hasSuffix(".rotary_emb.inv_freq") || name.hasSuffix(".attn_rot_embd.weight")
  }

  private static func frequencyFactors(
    _ tensors: [String: TensorRecord], _ configuration: ModelConfiguration, file: MappedFile
  ) throws(ModelFileError) -> [Float]? {
    guard let record = tensors["rope_freqs.weight"] else { return nil }
    let expected = [configuration.headDim / 2]
    if record.shape.dimensions != expected {
      throw .shapeMismatch(
        file: file.path, tensor: record.name, expected: expected, found: record.shape.dimensions)
    }
    var factors = [Float](repeating: 0, count: expected[0])
    Dequantiser.read(record, rows: 0..<1, from: file, into: &factors)
    for factor in factors where !(factor > 0 && factor.isFinite) {
      throw .invalidTensor(file: file.path, tensor: record.name, reason: "holds \(factor), which is no factor")
    }
    return factors
  }
}
