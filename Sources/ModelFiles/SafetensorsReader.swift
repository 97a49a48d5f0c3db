import Tensors

/// Reads single tensors of a safetensors file as float32: what `SafetensorsWriter` wrote, given back.
package struct SafetensorsReader: Sendable {
  private let file: SafetensorsFile
  private let tensors: [String: SafetensorsFile.Tensor]

  /// Opens a file and checks its header.
  package init(path: String) throws(ModelFileError) {
    file = try SafetensorsFile(MappedFile(path: path))
    tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
  }

  /// The texts of `__metadata__`.
  package var metadata: [String: String] { file.metadata }

  /// The tensors' names, sorted.
  package var names: [String] { tensors.keys.sorted() }

  /// Writes a tensor's values, row-major.
  ///
  /// - Parameters:
  ///   - shape: what it must have.
  ///   - values: as many floats as the shape has elements.
  /// - Throws: `ModelFileError` where the tensor is missing, or has another shape or a type that is not read.
  package func read(
    _ name: String, shape: [Int], into values: UnsafeMutablePointer<Float>
  ) throws(ModelFileError) {
    try read(name, shape: shape, rows: nil, into: values)
  }

  /// Writes some rows of a tensor, row-major: a row is all of a vector, and the last dimension of anything else.
  ///
  /// - Parameters:
  ///   - shape: what the whole tensor must have.
  ///   - rows: nil for all.
  ///   - values: as many floats as the rows have elements.
  /// - Throws: as `read(_:shape:into:)`.
  /// - Precondition: the rows are there.
  package func read(
    _ name: String, shape: [Int], rows: Range<Int>?, into values: UnsafeMutablePointer<Float>
  ) throws(ModelFileError) {
    let (tensor, type) = try find(name, shape: shape)
    let (rowCount, rowLength) = (tensor.shape.rowCount, tensor.shape.rowLength)
    let rows = rows ?? 0..<rowCount
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows of the tensor")
    file.file.withBytes(tensor.byteRange) { bytes in
      guard let source = bytes.baseAddress else { return }
      let start = source + rows.lowerBound * rowLength * type.blockBytes
      // SAFETY: the rows lie within the tensor's bytes, as just checked, and the caller has room for their elements.
      Dequantiser.decode(type, start, blocks: rows.count * rowLength, into: values)
    }
  }

  /// Fails unless the tensor is there, with this shape and a type that is read.
  package func check(_ name: String, shape: [Int]) throws(ModelFileError) { _ = try find(name, shape: shape) }

  private func find(
    _ name: String, shape: [Int]
  ) throws(ModelFileError) -> (tensor: SafetensorsFile.Tensor, type: ElementType) {
    let path = file.file.path
    guard let tensor = tensors[name] else { throw .missingTensor(file: path, tensor: name) }
    guard tensor.shape.dimensions == shape else {
      throw .shapeMismatch(file: path, tensor: name, expected: shape, found: tensor.shape.dimensions)
    }
    guard let type = tensor.elementType else {
      throw .unsupportedElementType(file: path, tensor: name, type: tensor.storedType)
    }
    return (tensor, type)
  }
}
