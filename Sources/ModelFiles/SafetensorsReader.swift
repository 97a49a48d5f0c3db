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
    let path = file.file.path
    guard let tensor = tensors[name] else { throw .missingTensor(file: path, tensor: name) }
    guard tensor.shape.dimensions == shape else {
      throw .shapeMismatch(file: path, tensor: name, expected: shape, found: tensor.shape.dimensions)
    }
    guard let type = tensor.elementType else {
      throw .unsupportedElementType(file: path, tensor: name, type: tensor.storedType)
    }
    file.file.withBytes(tensor.byteRange) { bytes in
      guard let source = bytes.baseAddress else { return }
      // SAFETY: the range has exactly the bytes of the shape's elements in this type, and the caller's room for them.
      Dequantiser.decode(type, source, blocks: tensor.shape.elementCount, into: values)
    }
  }
}
