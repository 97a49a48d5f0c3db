/// Any JSON value. Numbers without fraction or exponent that fit are `integer`; all other numbers are `number`.
///
/// Object members keep no order: what reads them names them, and what writes them sorts them.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The kind as a user would say it, for messages: "null", "boolean", "number", "string", "array" or "object".
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// The member of an object; nil where there is none or where this is no object.
  package subscript(_ name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  /// The text of a string.
  package var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The elements of an array.
  package var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  /// The members of an object.
  package var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
  /// The truth value.
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// A whole number, also one written with a fraction of zero ("3.0").
  package var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }
  /// Any number.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}

extension JSONValue: Codable {
  package init(from decoder: any Decoder) throws {
    if let keyed = try? decoder.container(keyedBy: AnyKey.self) {  // `try?`: no object, so another kind
      var members: [String: JSONValue] = [:]
      for key in keyed.allKeys { members[key.stringValue] = try keyed.decode(JSONValue.self, forKey: key) }
      self = .object(members)
      return
    }
    if var list = try? decoder.unkeyedContainer() {  // `try?`: no array, so a scalar
      var elements: [JSONValue] = []
      elements.reserveCapacity(list.count ?? 0)
      while !list.isAtEnd { elements.append(try list.decode(JSONValue.self)) }
      self = .array(elements)
      return
    }
    let scalar = try decoder.singleValueContainer()
    // `try?` in each line: the next kind is tried.
    if scalar.decodeNil() {
      self = .null
    } else if let text = try? scalar.decode(String.self) {
      self = .string(text)
    } else if let truth = try? scalar.decode(Bool.self) {
      self = .bool(truth)
    } else if let whole = try? scalar.decode(Int64.self) {
      self = .integer(whole)
    } else {
      self = .number(try scalar.decode(Double.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var keyed = encoder.container(keyedBy: AnyKey.self)
      for (name, value) in members { try keyed.encode(value, forKey: AnyKey(name)) }
    case .array(let elements):
      var list = encoder.unkeyedContainer()
      for element in elements { try list.encode(element) }
    default:
      var scalar = encoder.singleValueContainer()
      switch self {
      case .bool(let truth): try scalar.encode(truth)
      case .integer(let whole): try scalar.encode(whole)
      case .number(let value): try scalar.encode(value)
      case .string(let text): try scalar.encode(text)
      default: try scalar.encodeNil()
      }
    }
  }
}

/// A member name of any object.
struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int? = nil
  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
