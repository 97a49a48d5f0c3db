import BoundedJSON
import Foundation
import Yams

/// The part of JSON Schema that `openapi.yaml` uses. A keyword it does not know is a fault, so that nothing in the
/// document goes unchecked.
struct SchemaChecker {
  let root: JSONValue

  /// `openapi.yaml` of this repository.
  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("openapi.yaml")
    root = try Self.value(Yams.load(yaml: String(contentsOf: file, encoding: .utf8)))
  }

  private struct Unreadable: Error {}

  private static func value(_ any: Any?) throws -> JSONValue {
    switch any {
    case nil, is NSNull: .null
    case let truth as Bool: .bool(truth)
    case let whole as Int: .integer(Int64(whole))
    case let number as Double: .number(number)
    case let text as String: .string(text)
    case let list as [Any]: .array(try list.map { try value($0) })
    case let members as [String: Any]: .object(try members.mapValues { try value($0) })
    default: throw Unreadable()
    }
  }

  /// The value with its own `$ref`, if any, replaced by what it names; members beside the `$ref` are kept.
  func resolved(_ value: JSONValue) -> JSONValue {
    guard let reference = value["$ref"]?.string, var members = value.object else { return value }
    var target = root
    for part in reference.dropFirst(2).split(separator: "/") {
      target = target[part.replacingOccurrences(of: "~1", with: "/")] ?? .null
    }
    members["$ref"] = nil
    guard case .object(let found) = resolved(target) else { return .null }
    return .object(found.merging(members) { _, own in own })
  }

  /// The schema of that name.
  func schema(_ name: String) -> JSONValue { resolved(.object(["$ref": .string("#/components/schemas/\(name)")])) }

  private static let annotations: Set<String> = ["description", "default", "example"]

  /// What is wrong with a value by a schema, each with its place; empty where nothing is.
  func faults(_ value: JSONValue, _ schema: JSONValue, at place: String = "") -> [String] {
    let schema = resolved(schema)
    guard let keywords = schema.object else { return ["\(place): no schema"] }
    return keywords.sorted { $0.key < $1.key }.flatMap { keyword, argument -> [String] in
      switch keyword {
      case "properties":
        (argument.object ?? [:]).flatMap { name, schema in
          value[name].map { faults($0, schema, at: "\(place)/\(name)") } ?? []
        }
      case "items":
        (value.array ?? []).enumerated().flatMap { faults($1, argument, at: "\(place)/\($0)") }
      case "anyOf":
        (argument.array ?? []).contains { faults(value, $0, at: place).isEmpty } ? [] : ["\(place): anyOf"]
      case let keyword where Self.annotations.contains(keyword): []
      default: holds(value, keyword, argument, schema) ? [] : ["\(place): \(keyword)"]
      }
    }
  }

  private func holds(_ value: JSONValue, _ keyword: String, _ argument: JSONValue, _ schema: JSONValue) -> Bool {
    func compare(_ number: Double?, _ isRight: (Double, Double) -> Bool) -> Bool {
      guard let number, let bound = argument.number else { return number == nil }
      return isRight(number, bound)
    }
    let scalars = value.string.map { Double($0.unicodeScalars.count) }
    let elements = value.array.map { Double($0.count) }
    switch keyword {
    case "type": return (argument.array ?? [argument]).contains { is_(value, $0.string ?? "") }
    case "enum": return argument.array?.contains(value) ?? false
    case "required": return value.object == nil || (argument.array ?? []).allSatisfy { value[$0.string ?? ""] != nil }
    case "additionalProperties":
      guard argument == .bool(false) else { return false }
      return (value.object ?? [:]).keys.allSatisfy { schema["properties"]?[$0] != nil }
    case "minimum": return compare(value.number, >=)
    case "maximum": return compare(value.number, <=)
    case "minLength": return compare(scalars, >=)
    case "maxLength": return compare(scalars, <=)
    case "minItems": return compare(elements, >=)
    case "maxItems": return compare(elements, <=)
    case "pattern":
      guard let text = value.string, let pattern = argument.string else { return value.string == nil }
      return text.range(of: pattern, options: .regularExpression) != nil
    default: return false
    }
  }

  private func is_(_ value: JSONValue, _ type: String) -> Bool {
    switch type {
    case "integer": value.integer != nil
    default: value.kind == type
    }
  }
}
