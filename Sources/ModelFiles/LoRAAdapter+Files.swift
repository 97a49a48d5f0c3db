import BoundedJSON
import DataFiles
import Glibc
package import Tensors

/// Adapters as the PEFT library keeps them: a directory with `adapter_config.json` and `adapter_model.safetensors`.
extension LoRAAdapter {
  /// Whether a path is a directory that holds an adapter.
  package static func isAdapter(path: String) -> Bool {
    HuggingFaceDirectory.exists(path + "/" + configurationName)
  }

  /// The files of an adapter's directory: all that it is made of.
  package static func filePaths(_ path: String) -> [String] {
    [configurationName, weightsName].map { path + "/" + $0 }
  }

  /// Reads an adapter and checks that it is whole: both matrices of every module, one rank, finite values, nothing that
  /// this program does not follow. Whether it fits a model is `check(fits:)`'s to say.
  ///
  /// - Throws: `ModelFileError` naming the file and the key or tensor at fault.
  package init(path: String) throws(ModelFileError) {
    guard Self.isAdapter(path: path) else {
      let reason = "holds no adapter: there is no \(Self.configurationName)"
      throw .notAModel(path: path, reason: reason)
    }
    let weightsPath = path + "/" + Self.weightsName
    guard HuggingFaceDirectory.exists(weightsPath) else {
      let pickle = HuggingFaceDirectory.exists(path + "/adapter_model.bin")
      let hint = pickle ? "; adapter_model.bin is not read, convert it to safetensors" : ""
      throw .notAModel(path: path, reason: "has no \(Self.weightsName)\(hint)")
    }
    let configurationPath = path + "/" + Self.configurationName
    let json = try ModelJSON.value(path: configurationPath, bytesMax: ModelFileLimits.configurationBytesMax)
    let weights = try SafetensorsFile(MappedFile(path: weightsPath))
    let configuration = try LoRAConfiguration(
      ConfigurationFields(json, file: configurationPath), fingerprint: weights.metadata[Self.baseFingerprintKey])
    let matrices = try Self.matrices(weights, configuration)
    try Self.checkTargets(matrices.keys.sorted(), configuration, file: configurationPath)
    let metadata = weights.metadata.filter { !Self.reservedMetadata.contains($0.key) }
    self.init(configuration: configuration, matrices: matrices, metadata: metadata, path: path)
  }

  private static func matrices(
    _ weights: SafetensorsFile, _ configuration: LoRAConfiguration
  ) throws(ModelFileError) -> [String: Matrices] {
    let file = weights.file.path
    var tensors: [String: SafetensorsFile.Tensor] = [:]
    var modules: Set<String> = []
    for tensor in weights.tensors {
      guard let module = module(of: tensor.name) else {
        let reason = "is no LoRA matrix of a layer's linear projection, which is all that is supported"
        throw .invalidTensor(file: file, tensor: tensor.name, reason: reason)
      }
      modules.insert(module)
      tensors[tensor.name] = tensor
    }
    if modules.isEmpty { throw .notAModel(path: file, reason: "holds no matrices") }
    var matrices: [String: Matrices] = [:]
    for module in modules.sorted() {
      let names = tensorNames(module)
      guard let a = tensors[names.a] else { throw .missingTensor(file: file, tensor: names.a) }
      guard let b = tensors[names.b] else { throw .missingTensor(file: file, tensor: names.b) }
      let (inputs, outputs) = (a.shape.rowLength, b.shape.dimensions.first ?? 1)
      for (tensor, expected) in [(a, [configuration.rank, inputs]), (b, [outputs, configuration.rank])]
      where tensor.shape.dimensions != expected {
        throw .shapeMismatch(file: file, tensor: tensor.name, expected: expected, found: tensor.shape.dimensions)
      }
      matrices[module] = Matrices(
        a: try values(a, of: weights), b: try values(b, of: weights), inputs: inputs, outputs: outputs,
        rank: configuration.rank)
    }
    return matrices
  }

  /// The module that a tensor's name speaks of; nil where it is no matrix of a linear projection in a layer.
  private static func module(of name: String) -> String? {
    guard name.hasPrefix(tensorPrefix), name.hasSuffix(suffixA) || name.hasSuffix(suffixB) else { return nil }
    let module = String(name.dropFirst(tensorPrefix.count).dropLast(suffixA.count))
    let parts = module.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0] == "model", parts[1] == "layers", let layer = Int(parts[2]), layer >= 0,
      String(layer) == parts[2], parts[3] == "self_attn" || parts[3] == "mlp",
      LoRAConfiguration.projections.contains(String(parts[4]))
    else { return nil }
    return module
  }

  private static func values(
    _ tensor: SafetensorsFile.Tensor, of weights: SafetensorsFile
  ) throws(ModelFileError) -> FloatBuffer {
    guard let type = tensor.elementType else {
      throw .unsupportedElementType(file: weights.file.path, tensor: tensor.name, type: tensor.storedType)
    }
    let values = FloatBuffer(count: tensor.shape.elementCount)
    weights.file.withBytes(tensor.byteRange) { bytes in
      guard let source = bytes.baseAddress else { return }
      // SAFETY: the range has exactly the bytes of the shape's elements in this type, and `values` room for them.
      Dequantiser.decode(type, source, blocks: values.count, into: values.pointer)
    }
    if !values.values.allSatisfy(\.isFinite) {
      throw .invalidTensor(file: weights.file.path, tensor: tensor.name, reason: "has weights that are not finite")
    }
    return values
  }

  /// The configuration's targets and the matrices speak of the same modules.
  private static func checkTargets(
    _ modules: [String], _ configuration: LoRAConfiguration, file: String
  ) throws(ModelFileError) {
    func matches(_ module: String, _ target: String) -> Bool { module == target || module.hasSuffix("." + target) }
    for target in configuration.targetModules where !modules.contains(where: { matches($0, target) }) {
      throw .invalidValue(
        file: file, key: "target_modules", reason: "names \(target), of which there is no matrix in \(weightsName)")
    }
    for module in modules where !configuration.targetModules.contains(where: { matches(module, $0) }) {
      throw .invalidValue(
        file: file, key: "target_modules", reason: "does not name \(module), of which there are matrices")
    }
  }

  /// Writes the adapter into a directory, which is made where it is missing. Each file is replaced whole or not at all.
  ///
  /// - Parameter type: how values are stored: `.f32`, `.bf16` or `.f16`.
  /// - Throws: `ModelFileError.cannotWrite`, and `.notStorable` where a value does not fit the type.
  package func write(to directory: String, storedAs type: ElementType = .f32) throws(ModelFileError) {
    if mkdir(directory, 0o755) != 0, errno != EEXIST {
      throw .cannotWrite(.system(action: "make the directory", path: directory, errno: errno))
    }
    var values: [String: FloatBuffer] = [:]
    var tensors: [SafetensorsWriter.Tensor] = []
    for module in modules {
      guard let pair = matrices[module] else { continue }
      let names = Self.tensorNames(module)
      for (name, buffer, dimensions) in [
        (names.a, pair.a, [configuration.rank, pair.inputs]), (names.b, pair.b, [pair.outputs, configuration.rank]),
      ] {
        guard let shape = TensorShape(dimensions) else { preconditionFailure("an impossible shape") }
        values[name] = buffer
        tensors.append(SafetensorsWriter.Tensor(name: name, shape: shape, elementType: type))
      }
    }
    var fields = metadata
    fields["format"] = "pt"
    fields[Self.baseFingerprintKey] = configuration.baseFingerprint
    var writer = try SafetensorsWriter(
      path: directory + "/" + Self.weightsName, tensors: tensors, metadata: fields)
    for tensor in writer.tensors {
      guard let buffer = values[tensor.name] else { continue }
      try writer.append(UnsafeBufferPointer(buffer.values), of: tensor.name)
      withExtendedLifetime(buffer) {}
    }
    try writer.commit()
    try ModelJSON.write(path: directory + "/" + Self.configurationName) { () throws(JSONError) in
      try configuration.json()
    }
  }
}

extension ModelJSON {
  /// Writes a JSON file whole, or not at all.
  static func write(path: String, _ bytes: () throws(JSONError) -> [UInt8]) throws(ModelFileError) {
    let document: [UInt8]
    do {
      document = try bytes()
    } catch {
      throw .json(file: path, error: error)
    }
    do {
      try AtomicFile.write(document, to: path)
    } catch {
      throw .cannotWrite(error)
    }
  }
}
