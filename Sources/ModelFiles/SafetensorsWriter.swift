import BoundedJSON
import DataFiles
package import Tensors

/// Writes a safetensors file, tensor by tensor, without ever holding one whole.
///
/// Theory of operation: shapes and types are known beforehand, so the header is written first and values follow in the
/// order of their offsets. The file takes its place when all of it has reached the disk (`commit`); until then, and
/// after any error, what was there before stays. The bytes are those the reference library writes for the same tensors:
/// wider types first, then by name; a compact header, `__metadata__` first, padded with spaces to a multiple of eight.
package struct SafetensorsWriter: ~Copyable {
  /// One tensor to be written.
  package struct Tensor: Sendable, Equatable {
    package let name: String
    /// Outermost dimension first.
    package let shape: TensorShape
    /// One of `FloatNarrowing.types`.
    package let elementType: ElementType

    /// - Precondition: `elementType` is one of `FloatNarrowing.types`.
    package init(name: String, shape: TensorShape, elementType: ElementType) {
      precondition(FloatNarrowing.types.contains(elementType))
      self.name = name
      self.shape = shape
      self.elementType = elementType
    }

    /// Bytes of its values.
    package var byteCount: Int { shape.elementCount * elementType.blockBytes }
  }

  /// Values turned into bytes at a time.
  private static let chunkValues = 1 << 18

  /// In the order in which their values are to be appended.
  package let tensors: [Tensor]
  private let path: String
  private var file: ReplacementFile
  /// Which tensor's values come next, and how many of them are written.
  private var position = (tensor: 0, values: 0)

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - tensors: in any order; names must differ.
  ///   - metadata: texts to store in `__metadata__`; readers expect `"format": "pt"`.
  /// - Throws: `ModelFileError.cannotWrite`, `.duplicateTensor`.
  package init(path: String, tensors: [Tensor], metadata: [String: String]) throws(ModelFileError) {
    self.path = path
    self.tensors = Self.inFileOrder(tensors)
    var names: Set<String> = []
    for tensor in tensors where !names.insert(tensor.name).inserted {
      throw .duplicateTensor(file: path, tensor: tensor.name)
    }
    file = try Self.begin(path, header: Self.header(self.tensors, metadata: metadata, path: path))
  }

  private static func begin(_ path: String, header: [UInt8]) throws(ModelFileError) -> ReplacementFile {
    do {
      let file = try ReplacementFile(replacing: path)
      try file.write(header)
      return file
    } catch {
      throw .cannotWrite(error)
    }
  }

  /// Appends the next values of a tensor.
  ///
  /// - Parameters:
  ///   - values: the tensor's elements in row-major order, from where the last call for it stopped.
  ///   - name: the tensor whose turn it is.
  /// - Precondition: tensors come in the order of `tensors`, each with all its values and no more.
  /// - Throws: `ModelFileError.cannotWrite`, and `.notStorable` where a value is not finite or too large for the type.
  package mutating func append(_ values: UnsafeBufferPointer<Float>, of name: String) throws(ModelFileError) {
    if values.isEmpty { return }
    precondition(position.tensor < tensors.count && tensors[position.tensor].name == name, "'\(name)' out of turn")
    let tensor = tensors[position.tensor]
    precondition(values.count <= tensor.shape.elementCount - position.values, "more values than '\(name)' has")
    for start in stride(from: 0, to: values.count, by: Self.chunkValues) {
      let chunk = UnsafeBufferPointer(rebasing: values[start..<min(values.count, start + Self.chunkValues)])
      guard let bytes = FloatNarrowing.bytes(chunk, as: tensor.elementType) else {
        throw .notStorable(file: path, tensor: name, type: tensor.elementType)
      }
      do {
        try file.write(bytes)
      } catch {
        throw .cannotWrite(error)
      }
    }
    position.values += values.count
    if position.values == tensor.shape.elementCount { position = (position.tensor + 1, 0) }
  }

  /// Waits for the disk and puts the file into its place.
  ///
  /// - Precondition: every tensor was written in full.
  /// - Throws: `ModelFileError.cannotWrite`; the file that was there before is untouched then.
  package mutating func commit() throws(ModelFileError) {
    precondition(position == (tensors.count, 0), "values of '\(tensors[position.tensor].name)' are missing")
    do {
      try file.commit()
    } catch {
      throw .cannotWrite(error)
    }
  }

  /// Wider types first, so that every tensor is aligned to its type; then by the bytes of the name.
  private static func inFileOrder(_ tensors: [Tensor]) -> [Tensor] {
    func rank(_ type: ElementType) -> Int { FloatNarrowing.types.firstIndex(of: type) ?? 0 }
    return tensors.sorted { left, right in
      let (first, second) = (rank(left.elementType), rank(right.elementType))
      return first != second ? first < second : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
  }

  /// The length and the JSON in front of the data.
  private static func header(
    _ tensors: [Tensor], metadata: [String: String], path: String
  ) throws(ModelFileError) -> [UInt8] {
    var members: [String] = []
    do {
      if !metadata.isEmpty { members.append("\"__metadata__\":\(try JSONWriter.text(metadata))") }
      var offset = 0
      for tensor in tensors {
        let end = offset + tensor.byteCount
        let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
        members.append(
          "\(try JSONWriter.text(tensor.name)):{\"dtype\":\"\(tensor.elementType.name)\",\"shape\":[\(shape)],"
            + "\"data_offsets\":[\(offset),\(end)]}")
        offset = end
      }
    } catch {
      throw .json(file: path, error: error)
    }
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
    let length = UInt64(json.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + json
  }
}
