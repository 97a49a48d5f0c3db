import BoundedJSON
import Tensors

/// The header of a safetensors file, every length and offset checked.
///
/// Layout: header length u64 little-endian; the header, JSON `{"name": {"dtype", "shape", "data_offsets"}, …,
/// "__metadata__"}`; the data, which the tensors cover without gap or overlap up to the end of the file. Source: the
/// format's description in the safetensors repository.
struct SafetensorsFile: Sendable {
  /// One tensor as the header describes it.
  struct Tensor: Sendable {
    let name: String
    let shape: TensorShape
    /// What the header calls the type.
    let storedType: String
    /// Nil for types that exist but are no weights here (integers, doubles).
    let elementType: ElementType?
    let byteRange: Range<Int>
  }

  let file: MappedFile
  let tensors: [Tensor]
  /// `__metadata__`: texts by name; empty where there is none.
  let metadata: [String: String]

  /// Bytes of an element, by the header's name of the type.
  private static let elementBytes = [
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2, "I8": 1,
    "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
  ]
  private static let elementTypes: [String: ElementType] = ["F32": .f32, "F16": .f16, "BF16": .bf16]

  init(_ file: MappedFile) throws(ModelFileError) {
    var reader = ByteReader(file, range: 0..<file.count)
    let length = try reader.count("header length", max: ModelFileLimits.safetensorsHeaderBytesMax, unitBytes: 1)
    let dataStart = reader.offset + length
    let header = try ModelJSON.value(file, range: reader.offset..<dataStart)
    guard let members = header.object else {
      throw .json(file: file.path, error: .mismatch(pointer: "", reason: "must be an object"))
    }
    let names = members.keys.filter { $0 != "__metadata__" }.sorted()
    if names.count > ModelFileLimits.tensorCountMax {
      throw .limitExceeded(
        file: file.path, what: "number of tensors", value: UInt64(names.count), max: ModelFileLimits.tensorCountMax)
    }
    var tensors: [Tensor] = []
    for name in names {
      tensors.append(try Self.tensor(name, header[name] ?? .null, dataStart: dataStart, file: file))
    }
    self.file = file
    self.tensors = tensors
    metadata = try Self.metadata(header, file: file)
    try Self.checkCoverage(tensors, dataStart: dataStart, file: file)
  }

  private static func metadata(_ header: JSONValue, file: MappedFile) throws(ModelFileError) -> [String: String] {
    func mismatch(_ path: [String], _ reason: String) -> ModelFileError {
      .json(file: file.path, error: .mismatch(pointer: JSONReader.pointer(path), reason: reason))
    }
    guard let value = header["__metadata__"], value != .null else { return [:] }
    guard let members = value.object else { throw mismatch(["__metadata__"], "must be an object of strings") }
    var metadata: [String: String] = [:]
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      guard let text = value.string else { throw mismatch(["__metadata__", key], "must be a string") }
      metadata[key] = text
    }
    return metadata
  }

  private static func tensor(
    _ name: String, _ value: JSONValue, dataStart: Int, file: MappedFile
  ) throws(ModelFileError) -> Tensor {
    if name.utf8.count > ModelFileLimits.tensorNameBytesMax {
      throw .limitExceeded(
        file: file.path, what: "length of a tensor's name", value: UInt64(name.utf8.count),
        max: ModelFileLimits.tensorNameBytesMax)
    }
    func invalid(_ reason: String) -> ModelFileError { .invalidTensor(file: file.path, tensor: name, reason: reason) }
    guard let storedType = value["dtype"]?.string else { throw invalid("has no dtype") }
    guard let elementBytes = elementBytes[storedType] else {
      throw .unsupportedElementType(file: file.path, tensor: name, type: storedType)
    }
    guard let dimensions = value["shape"]?.array?.map({ $0.integer.flatMap { Int(exactly: $0) } ?? -1 }) else {
      throw invalid("has no shape")
    }
    guard let shape = TensorShape(dimensions) else { throw invalid("has the impossible shape \(dimensions)") }
    for dimension in dimensions where dimension > ModelFileLimits.dimensionMax {
      throw .limitExceeded(
        file: file.path, what: "dimension of '\(name)'", value: UInt64(dimension), max: ModelFileLimits.dimensionMax)
    }
    guard let offsets = value["data_offsets"]?.array?.map({ $0.integer ?? -1 }), offsets.count == 2,
      offsets[0] >= 0, offsets[1] >= offsets[0]
    else { throw invalid("has no data_offsets of the form [begin, end]") }
    let (begin, end) = (Int(offsets[0]), Int(offsets[1]))
    let (needed, overflow) = shape.elementCount.multipliedReportingOverflow(by: elementBytes)
    if overflow || needed != end - begin {
      throw invalid(
        "takes \(end - begin) bytes, where \(storedType) \(dimensions) takes \(overflow ? "more" : "\(needed)")")
    }
    let available = file.count - dataStart
    if end > available {
      throw .outsideFile(
        file: file.path, tensor: name, offset: UInt64(begin), needed: needed, available: available)
    }
    return Tensor(
      name: name, shape: shape, storedType: storedType, elementType: elementTypes[storedType],
      byteRange: dataStart + begin..<dataStart + end)
  }

  /// The tensors follow one another from the start of the data to its end.
  private static func checkCoverage(
    _ tensors: [Tensor], dataStart: Int, file: MappedFile
  ) throws(ModelFileError) {
    var end = dataStart
    var last = ""
    for tensor in tensors.sorted(by: { $0.byteRange.lowerBound < $1.byteRange.lowerBound }) {
      let start = tensor.byteRange.lowerBound
      if start < end { throw .overlap(file: file.path, tensor: last, other: tensor.name) }
      if start > end { throw .hole(file: file.path, offset: end - dataStart, bytes: start - end) }
      end = tensor.byteRange.upperBound
      last = tensor.name
    }
    if end < file.count { throw .hole(file: file.path, offset: end - dataStart, bytes: file.count - end) }
  }
}

/// JSON out of a model's files.
enum ModelJSON {
  static func value(_ file: MappedFile, range: Range<Int>) throws(ModelFileError) -> JSONValue {
    do {
      return try JSONReader.value(file.bytes(range), limits: .modelFile)
    } catch {
      throw .json(file: file.path, error: error)
    }
  }

  /// A whole JSON file.
  static func value(path: String, bytesMax: Int) throws(ModelFileError) -> JSONValue {
    let file = try MappedFile(path: path)
    try check(file, bytesMax: bytesMax)
    return try value(file, range: 0..<file.count)
  }

  /// A whole file as bytes.
  static func bytes(path: String, bytesMax: Int) throws(ModelFileError) -> [UInt8] {
    let file = try MappedFile(path: path)
    try check(file, bytesMax: bytesMax)
    return file.bytes(0..<file.count)
  }

  private static func check(_ file: MappedFile, bytesMax: Int) throws(ModelFileError) {
    if file.count > bytesMax {
      throw .limitExceeded(file: file.path, what: "size", value: UInt64(file.count), max: bytesMax)
    }
  }
}
