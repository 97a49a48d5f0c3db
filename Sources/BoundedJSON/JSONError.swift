/// What is wrong with a JSON document. `pointer` is an RFC 6901 pointer to the value at fault ("" is the document).
package enum JSONError: Error, Sendable, Equatable {
  /// More bytes than `JSONLimits.bytesMax`.
  case tooLarge(bytes: Int, max: Int)
  /// More nesting than `JSONLimits.depthMax`.
  case tooDeep(pointer: String, max: Int)
  /// More values than `JSONLimits.valuesMax`.
  case tooManyValues(max: Int)
  /// The document is not UTF-8 from this byte on.
  case invalidUTF8(offset: Int)
  /// The bytes do not form JSON (RFC 8259).
  case syntax(offset: Int, reason: String)
  /// A string holds an escaped surrogate without its partner.
  case loneSurrogate(pointer: String, offset: Int)
  /// An object names a member twice.
  case duplicateKey(pointer: String)
  /// A number is too large for a finite double.
  case numberNotFinite(pointer: String)
  /// The document is JSON, but not of the shape asked for.
  case mismatch(pointer: String, reason: String)
  /// A value cannot be written as JSON (a number that is not finite).
  case notEncodable(pointer: String, reason: String)

  /// The place at fault as an RFC 6901 pointer; empty where the document as a whole is at fault.
  package var pointer: String {
    switch self {
    case .tooLarge, .tooManyValues, .invalidUTF8, .syntax: ""
    case .tooDeep(let pointer, _), .loneSurrogate(let pointer, _), .duplicateKey(let pointer),
      .numberNotFinite(let pointer), .mismatch(let pointer, _), .notEncodable(let pointer, _):
      pointer
    }
  }
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooLarge(let bytes, let max): "document of \(bytes) bytes is larger than \(max)"
    case .tooDeep(_, let max): "nested deeper than \(max) levels"
    case .tooManyValues(let max): "more than \(max) values"
    case .invalidUTF8(let offset): "not valid UTF-8 at byte \(offset)"
    case .syntax(let offset, let reason): "\(reason) at byte \(offset)"
    case .loneSurrogate(_, let offset): "escaped surrogate without its partner at byte \(offset)"
    case .duplicateKey: "member named twice"
    case .numberNotFinite: "number is out of range"
    case .mismatch(_, let reason), .notEncodable(_, let reason): reason
    }
  }
}
