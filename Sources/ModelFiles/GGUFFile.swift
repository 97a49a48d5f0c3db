import Tensors

/// The header of a GGUF file: metadata and the places of the tensors, every length and offset checked.
///
/// Layout (versions 2 and 3, little-endian): "GGUF", version u32, tensor count u64, metadata count u64; the metadata
/// (key, type u32, value); the tensors (name, rank u32, dimensions u64 innermost first, type u32, offset u64); padding
/// to the alignment; the data. Source: the GGUF specification in ggml's `docs/gguf.md`.
struct GGUFFile: Sendable {
  /// One tensor as the file describes it.
  struct Tensor: Sendable {
    let name: String
    /// Outermost first.
    let shape: TensorShape
    let elementType: ElementType
    let byteRange: Range<Int>
  }

  let file: MappedFile
  let version: UInt32
  let metadata: [String: GGUFValue]
  let tensors: [Tensor]

  /// Whether the file says it is GGUF; nothing else is looked at.
  static func hasMagic(_ file: MappedFile) -> Bool {
    file.count >= 4 && file.bytes(0..<4) == Array("GGUF".utf8)
  }

  init(_ file: MappedFile) throws(ModelFileError) {
    guard Self.hasMagic(file) else { throw .notAModel(path: file.path, reason: "is not a GGUF file") }
    var reader = ByteReader(file, range: 0..<file.count)
    try reader.skip(4)
    let version = try reader.integer(UInt32.self)
    guard version == 2 || version == 3 else { throw .unsupportedVersion(file: file.path, version: version) }
    // A tensor takes at least name length, rank, type and offset; a pair at least key length, type and one byte.
    let tensorCount = try reader.count("number of tensors", max: ModelFileLimits.tensorCountMax, unitBytes: 24)
    let metadataCount = try reader.count("number of keys", max: ModelFileLimits.metadataCountMax, unitBytes: 13)
    let metadata = try Self.readMetadata(&reader, count: metadataCount)
    let alignment = try Self.alignment(metadata, file: file)
    let described = try Self.readTensors(&reader, count: tensorCount)
    self.file = file
    self.version = version
    self.metadata = metadata
    tensors = try Self.place(described, headerEnd: reader.offset, alignment: alignment, file: file)
  }

  private static func readMetadata(
    _ reader: inout ByteReader, count: Int
  ) throws(ModelFileError) -> [String: GGUFValue] {
    var metadata: [String: GGUFValue] = [:]
    metadata.reserveCapacity(count)
    for _ in 0..<count {
      let key = try reader.string("length of a key", max: ModelFileLimits.keyBytesMax)
      let value = try reader.value(try reader.valueType(key: key), key: key)
      if metadata.updateValue(value, forKey: key) != nil { throw .duplicateKey(file: reader.file.path, key: key) }
    }
    return metadata
  }

  private static func alignment(
    _ metadata: [String: GGUFValue], file: MappedFile
  ) throws(ModelFileError) -> Int {
    let key = "general.alignment"
    guard let value = metadata[key] else { return 32 }
    guard let alignment = value.integer, (8...ModelFileLimits.alignmentMax).contains(alignment),
      alignment & (alignment - 1) == 0
    else {
      let reason = "must be a power of two from 8 to \(ModelFileLimits.alignmentMax)"
      throw .invalidValue(file: file.path, key: key, reason: reason)
    }
    return alignment
  }

  private struct Description {
    let name: String
    let shape: TensorShape
    let elementType: ElementType
    /// From the start of the data.
    let offset: UInt64
    let bytes: Int
  }

  private static func readTensors(
    _ reader: inout ByteReader, count: Int
  ) throws(ModelFileError) -> [Description] {
    var tensors: [Description] = []
    tensors.reserveCapacity(count)
    var names: Set<String> = []
    for _ in 0..<count {
      let tensor = try readTensor(&reader)
      if !names.insert(tensor.name).inserted {
        throw .duplicateTensor(file: reader.file.path, tensor: tensor.name)
      }
      tensors.append(tensor)
    }
    return tensors
  }

  private static func readTensor(_ reader: inout ByteReader) throws(ModelFileError) -> Description {
    let path = reader.file.path
    let name = try reader.string("length of a tensor's name", max: ModelFileLimits.tensorNameBytesMax)
    let rank = try reader.integer(UInt32.self)
    guard (1...UInt32(TensorShape.rankMax)).contains(rank) else {
      throw .invalidTensor(file: path, tensor: name, reason: "has \(rank) dimensions")
    }
    var dimensions: [Int] = []
    for _ in 0..<rank {
      let dimension = try reader.integer(UInt64.self)
      if dimension > UInt64(ModelFileLimits.dimensionMax) {
        throw .limitExceeded(
          file: path, what: "dimension of '\(name)'", value: dimension, max: ModelFileLimits.dimensionMax)
      }
      dimensions.append(Int(dimension))
    }
    dimensions.reverse()
    let rawType = try reader.integer(UInt32.self)
    let offset = try reader.integer(UInt64.self)
    guard let type = GGUFElementTypes.elementType(rawType) else {
      throw .unsupportedElementType(file: path, tensor: name, type: GGUFElementTypes.name(rawType))
    }
    guard let shape = TensorShape(dimensions) else {
      throw .invalidTensor(file: path, tensor: name, reason: "has the impossible shape \(dimensions)")
    }
    guard shape.rowLength.isMultiple(of: type.blockElements), let bytes = type.bytes(elements: shape.elementCount)
    else {
      let reason = "has rows of \(shape.rowLength) elements, no whole number of \(type.name) blocks"
      throw .invalidTensor(file: path, tensor: name, reason: reason)
    }
    return Description(name: name, shape: shape, elementType: type, offset: offset, bytes: bytes)
  }

  /// Gives each tensor its bytes in the file: aligned, inside, and shared with no other.
  private static func place(
    _ described: [Description], headerEnd: Int, alignment: Int, file: MappedFile
  ) throws(ModelFileError) -> [Tensor] {
    let dataStart = (headerEnd + alignment - 1) / alignment * alignment
    let available = max(0, file.count - dataStart)
    var tensors: [Tensor] = []
    tensors.reserveCapacity(described.count)
    for tensor in described {
      if !tensor.offset.isMultiple(of: UInt64(alignment)) {
        throw .misaligned(file: file.path, tensor: tensor.name, offset: tensor.offset, alignment: alignment)
      }
      guard tensor.bytes <= available, tensor.offset <= UInt64(available - tensor.bytes) else {
        throw .outsideFile(
          file: file.path, tensor: tensor.name, offset: tensor.offset, needed: tensor.bytes, available: available)
      }
      let start = dataStart + Int(tensor.offset)
      let range = start..<start + tensor.bytes
      tensors.append(
        Tensor(name: tensor.name, shape: tensor.shape, elementType: tensor.elementType, byteRange: range))
    }
    let ordered = tensors.sorted { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
    for (tensor, next) in zip(ordered, ordered.dropFirst())
    where next.byteRange.lowerBound < tensor.byteRange.upperBound {
      throw .overlap(file: file.path, tensor: tensor.name, other: next.name)
    }
    return tensors
  }
}

/// The numbers ggml gives its element types.
enum GGUFElementTypes {
  private static let supported: [UInt32: ElementType] = [
    0: .f32, 1: .f16, 2: .q4_0, 3: .q4_1, 6: .q5_0, 7: .q5_1, 8: .q8_0, 12: .q4_K, 13: .q5_K, 14: .q6_K, 30: .bf16,
  ]
  /// Names of the others, so that a refusal says what the user would have to convert.
  private static let others: [UInt32: String] = [
    9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]

  static func elementType(_ raw: UInt32) -> ElementType? { supported[raw] }
  static func name(_ raw: UInt32) -> String { others[raw] ?? "number \(raw)" }
}
