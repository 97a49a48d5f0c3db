package import BoundedJSON
package import DataFiles
package import Tensors

/// What is wrong with a model file. Every message names the file, and the tensor or key at fault; what came out of
/// the file is escaped in it.
package enum ModelFileError: Error, Sendable, Equatable {
  /// The file cannot be opened, read or mapped; `reason` is the system's.
  case cannotOpen(file: String, reason: String)
  /// The path holds no model in a form that is read.
  case notAModel(path: String, reason: String)
  /// The file ends before what it promises.
  case truncated(file: String, offset: Int, needed: UInt64, available: Int)
  /// A GGUF version that is not read.
  case unsupportedVersion(file: String, version: UInt32)
  /// A count or length above its named maximum in `ModelFileLimits`.
  case limitExceeded(file: String, what: String, value: UInt64, max: Int)
  /// A string that is not UTF-8.
  case invalidText(file: String, offset: Int)
  /// A metadata key that is there twice.
  case duplicateKey(file: String, key: String)
  /// A metadata value of a type that does not exist.
  case unknownValueType(file: String, key: String, type: UInt32)
  /// A key the model cannot be built without.
  case missingKey(file: String, key: String)
  /// A key whose value makes no sense.
  case invalidValue(file: String, key: String, reason: String)
  /// A key that asks for something this program does not do, with the value it has.
  case unsupported(file: String, key: String, value: String)
  /// A tensor stored in a type that is not read.
  case unsupportedElementType(file: String, tensor: String, type: String)
  /// A tensor whose description contradicts itself.
  case invalidTensor(file: String, tensor: String, reason: String)
  /// A tensor that does not start on the file's alignment.
  case misaligned(file: String, tensor: String, offset: UInt64, alignment: Int)
  /// A tensor that reaches beyond the end of the file.
  case outsideFile(file: String, tensor: String, offset: UInt64, needed: Int, available: Int)
  /// Two tensors that share bytes.
  case overlap(file: String, tensor: String, other: String)
  /// Bytes between the tensors of a safetensors file that belong to none.
  case hole(file: String, offset: Int, bytes: Int)
  /// A tensor that is there twice, under one canonical name.
  case duplicateTensor(file: String, tensor: String)
  /// A tensor the architecture needs and the file has not.
  case missingTensor(file: String, tensor: String)
  /// A tensor inside a layer that the architecture has no place for; to ignore it would change what the model says.
  case unexpectedTensor(file: String, tensor: String)
  /// A tensor of another shape than the configuration says; outermost dimension first.
  case shapeMismatch(file: String, tensor: String, expected: [Int], found: [Int])
  /// Rows asked for that the tensor, or the room for them, does not have.
  case rowsOutOfRange(tensor: String, rows: Range<Int>, available: Int)
  /// A JSON file, or the JSON header of a safetensors file, that is not as it should be.
  case json(file: String, error: JSONError)
  /// A matrix of an adapter that the model has no place for, or of another shape than the model's.
  case otherModel(file: String, tensor: String, expected: [Int]?, found: [Int])
  /// An adapter that was trained on other weights than those in hand; both fingerprints are SHA-256.
  case otherBase(file: String, recorded: String, actual: String)
  /// A file cannot be written: a full disk, no permission, another process that writes it.
  case cannotWrite(DataFileError)
  /// A value that the type it is to be stored in cannot hold, or that is not finite.
  case notStorable(file: String, tensor: String, type: ElementType)
}

extension ModelFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotOpen(let file, let reason): "\(escaped(file)): \(reason)"
    case .notAModel(let path, let reason): "\(escaped(path)): \(reason)"
    case .truncated(let file, let offset, let needed, let available):
      "\(escaped(file)): the file is cut off: \(needed) bytes needed at offset \(offset), \(available) left"
    case .unsupportedVersion(let file, let version):
      "\(escaped(file)): GGUF version \(version) is not read (2 and 3 are; big-endian files are not)"
    case .limitExceeded(let file, let what, let value, let max):
      "\(escaped(file)): \(escaped(what)) is \(value), more than \(max)"
    case .invalidText(let file, let offset): "\(escaped(file)): text at offset \(offset) is not UTF-8"
    case .json(let file, let error):
      "\(escaped(file)): \(error.pointer.isEmpty ? "" : escaped(error.pointer) + ": ")\(escaped("\(error)"))"
    case .cannotWrite(let error): "\(error)"
    case .duplicateKey, .unknownValueType, .missingKey, .invalidValue, .unsupported: keyDescription
    default: tensorDescription
    }
  }

  private var keyDescription: String {
    switch self {
    case .duplicateKey(let file, let key): "\(escaped(file)): key '\(escaped(key))' is there twice"
    case .unknownValueType(let file, let key, let type):
      "\(escaped(file)): key '\(escaped(key))' has the unknown value type \(type)"
    case .missingKey(let file, let key): "\(escaped(file)): key '\(escaped(key))' is missing"
    case .invalidValue(let file, let key, let reason):
      "\(escaped(file)): key '\(escaped(key))' \(escaped(reason))"
    case .unsupported(let file, let key, let value):
      "\(escaped(file)): '\(escaped(key))' is \(escaped(value)), which is not supported"
    default: ""
    }
  }

  private var tensorDescription: String {
    switch self {
    case .unsupportedElementType(let file, let tensor, let type):
      "\(escaped(file)): tensor '\(escaped(tensor))' has type \(escaped(type)), which is not supported"
    case .invalidTensor(let file, let tensor, let reason):
      "\(escaped(file)): tensor '\(escaped(tensor))' \(escaped(reason))"
    case .misaligned(let file, let tensor, let offset, let alignment):
      "\(escaped(file)): tensor '\(escaped(tensor))' starts at \(offset), no multiple of \(alignment)"
    case .outsideFile(let file, let tensor, let offset, let needed, let available):
      "\(escaped(file)): tensor '\(escaped(tensor))' needs \(needed) bytes at offset \(offset) of the data, "
        + "which has \(available): the file is cut off or damaged"
    case .overlap(let file, let tensor, let other):
      "\(escaped(file)): tensors '\(escaped(tensor))' and '\(escaped(other))' overlap"
    case .hole(let file, let offset, let bytes):
      "\(escaped(file)): \(bytes) bytes at offset \(offset) of the data belong to no tensor"
    case .duplicateTensor(let file, let tensor): "\(escaped(file)): tensor '\(escaped(tensor))' is there twice"
    case .missingTensor(let file, let tensor): "\(escaped(file)): tensor '\(escaped(tensor))' is missing"
    case .unexpectedTensor(let file, let tensor):
      "\(escaped(file)): tensor '\(escaped(tensor))' has no place in this architecture"
    case .shapeMismatch(let file, let tensor, let expected, let found):
      "\(escaped(file)): tensor '\(escaped(tensor))' has shape \(found), not \(expected)"
    case .otherModel(let file, let tensor, let expected?, let found):
      "\(escaped(file)): tensor '\(escaped(tensor))' has shape \(found), where this model takes \(expected): an "
        + "adapter of another model"
    case .otherModel(let file, let tensor, nil, _):
      "\(escaped(file)): tensor '\(escaped(tensor))' belongs to no matrix of this model: an adapter of another model"
    case .otherBase(let file, let recorded, let actual):
      "\(escaped(file)): the adapter was trained on a model with SHA-256 \(escaped(recorded)), this one has \(actual)"
    case .notStorable(let file, let tensor, let type):
      "\(escaped(file)): tensor '\(escaped(tensor))' has a value that \(type.name) cannot hold"
    case .rowsOutOfRange(let tensor, let rows, let available):
      "rows \(rows.lowerBound)..<\(rows.upperBound) of tensor '\(escaped(tensor))' do not fit: \(available) are there"
    default: ""
    }
  }
}

/// Text out of a file, fit for a terminal and a log: controls and invisible characters as `\u{…}`, cut at 200
/// characters.
func escaped(_ text: String) -> String {
  var result = ""
  var length = 0
  for scalar in text.unicodeScalars {
    if length == 200 { return result + "…" }
    length += 1
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    default:
      if scalar == "\\" { result += "\\\\" } else { result.unicodeScalars.append(scalar) }
    }
  }
  return result
}
