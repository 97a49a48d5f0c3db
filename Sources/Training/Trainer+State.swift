package import ModelFiles
import Tensors

/// The state of a trainer in files: what a resumed run goes on from, to the bit.
extension Trainer {
  package static let parametersName = "parameters.safetensors"
  private static let momentsName = "optimiser.safetensors"
  private static let firstPrefix = "first."
  private static let secondPrefix = "second."
  private static let stepKey = "step"

  /// Writes parameters, moments and the count of steps into a directory that exists, in float32.
  ///
  /// - Throws: `ModelFileError` where a file cannot be written.
  package func write(to directory: String) throws(ModelFileError) {
    let parameters = model.parameters
    try Self.write(
      directory + "/" + Self.parametersName,
      parameters.parameters.map { Entry(name: $0.name, parameter: $0, values: parameters.values) },
      step: stepCount)
    let moments = [(Self.firstPrefix, optimiser.firstMoments), (Self.secondPrefix, optimiser.secondMoments)]
    try Self.write(
      directory + "/" + Self.momentsName,
      moments.flatMap { prefix, values in
        parameters.parameters.map { Entry(name: prefix + $0.name, parameter: $0, values: values) }
      }, step: stepCount)
  }

  /// Takes the state that `write` left.
  ///
  /// - Throws: `ModelFileError` where a file cannot be read, or is of another run's shape; it names the tensor that is
  ///   missing, too much or of another shape.
  package func read(from directory: String) throws(ModelFileError) {
    let values = try Self.open(directory + "/" + Self.parametersName)
    let moments = try Self.open(directory + "/" + Self.momentsName)
    // A deeper model of the same width has all that this one asks for, and more.
    for name in values.names where model.parameters[name] == nil {
      throw .unexpectedTensor(file: directory + "/" + Self.parametersName, tensor: name)
    }
    for parameter in model.parameters.parameters {
      try values.read(parameter.name, shape: parameter.shape, into: parameter.values)
    }
    for parameter in model.parameters.parameters {
      let offset = parameter.range.lowerBound
      try moments.read(
        Self.firstPrefix + parameter.name, shape: parameter.shape, into: optimiser.firstMoments.pointer + offset)
      try moments.read(
        Self.secondPrefix + parameter.name, shape: parameter.shape, into: optimiser.secondMoments.pointer + offset)
    }
    guard let step = moments.metadata[Self.stepKey].flatMap({ Int($0) }), step >= 0 else {
      throw .missingKey(file: directory + "/" + Self.momentsName, key: Self.stepKey)
    }
    resume(stepCount: step)
  }

  private struct Entry {
    let name: String
    let parameter: Parameter
    let values: FloatBuffer
  }

  private static func write(_ path: String, _ entries: [Entry], step: Int) throws(ModelFileError) {
    let tensors = try entries.map { entry throws(ModelFileError) in
      guard let shape = TensorShape(entry.parameter.shape) else {
        throw .invalidTensor(file: path, tensor: entry.name, reason: "has an impossible shape")
      }
      return SafetensorsWriter.Tensor(name: entry.name, shape: shape, elementType: .f32)
    }
    var writer = try SafetensorsWriter(path: path, tensors: tensors, metadata: [stepKey: "\(step)"])
    let byName = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0) })
    for tensor in writer.tensors {
      guard let entry = byName[tensor.name] else { continue }
      try writer.append(
        UnsafeBufferPointer(rebasing: entry.values.values[entry.parameter.range]), of: tensor.name)
    }
    try writer.commit()
  }

  private static func open(_ path: String) throws(ModelFileError) -> SafetensorsReader {
    try SafetensorsReader(path: path)
  }
}
