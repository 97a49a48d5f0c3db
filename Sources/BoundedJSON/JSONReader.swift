import FoundationEssentials

/// Reads JSON that somebody else wrote: Foundation's decoder behind a pass that holds the bounds.
///
/// Foundation's decoder has no limit on nesting or size, keeps the first of two members with one name without a
/// word, and says where a value is wrong only as a path of coding keys. `JSONScanner` refuses the first two before
/// Foundation sees the bytes; errors come out as RFC 6901 pointers.
package enum JSONReader {
  /// The document as a tree of values.
  ///
  /// - Complexity: O(bytes), two passes.
  package static func value(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> JSONValue {
    try decode(JSONValue.self, from: bytes, limits: limits)
  }

  /// The document as a value of a type.
  package static func decode<T: Decodable>(
    _ type: T.Type, from bytes: [UInt8], limits: JSONLimits
  ) throws(JSONError) -> T {
    try check(bytes, limits: limits)
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw mismatch(error)
    } catch {
      throw .mismatch(pointer: "", reason: "cannot be read")
    }
  }

  /// Holds the bounds and the grammar without building anything.
  package static func check(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) {
    if bytes.count > limits.bytesMax { throw .tooLarge(bytes: bytes.count, max: limits.bytesMax) }
    if let offset = firstInvalidUTF8(bytes) { throw .invalidUTF8(offset: offset) }
    var scanner = JSONScanner(bytes, limits: limits)
    try scanner.check()
  }

  /// The RFC 6901 pointer of a path of member names and indices.
  package static func pointer(_ path: [String]) -> String {
    path.map { part in
      var escaped = "/"
      for scalar in part.unicodeScalars {
        switch scalar {
        case "~": escaped += "~0"
        case "/": escaped += "~1"
        default: escaped.unicodeScalars.append(scalar)
        }
      }
      return escaped
    }.joined()
  }

  /// The offset of the first byte that is not UTF-8, or nil.
  package static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }

  private static func mismatch(_ error: DecodingError) -> JSONError {
    func place(_ context: DecodingError.Context) -> String {
      pointer(context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue })
    }
    return switch error {
    case .typeMismatch(let type, let context):
      .mismatch(pointer: place(context), reason: "must be \(Self.name(type))")
    case .valueNotFound(let type, let context):
      .mismatch(pointer: place(context), reason: "must be \(Self.name(type)), not null")
    case .keyNotFound(let key, let context):
      .mismatch(pointer: place(context) + pointer([key.stringValue]), reason: "is missing")
    case .dataCorrupted(let context):
      .mismatch(pointer: place(context), reason: context.debugDescription)
    @unknown default:
      .mismatch(pointer: "", reason: "cannot be read")
    }
  }

  private static func name(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is Double.Type, is Float.Type: "a number"
    case is Int.Type, is Int64.Type, is UInt64.Type: "a whole number"
    case is [Any].Type: "an array"
    case is [String: Any].Type: "an object"
    default: "\(type)"
    }
  }
}
