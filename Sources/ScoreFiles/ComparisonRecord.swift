package import BoundedJSON
package import Judge

/// One comparison of a file: what is asked, and what its line says beside it.
package struct ComparisonRecord: Sendable, Equatable {
  /// Its place among the comparisons of the input, from 0.
  package var index: Int
  /// Its line in the input, from 1; blank lines count.
  package var line: Int
  /// The line's own `id`, a string or number; nil where it has none.
  package var id: JSONValue?
  package var comparison: Comparison
  /// Which response is known to be right, `a` or `b`; nil where nothing is known.
  package var preferred: Winner?

  package init(index: Int, line: Int, id: JSONValue? = nil, comparison: Comparison, preferred: Winner? = nil) {
    self.index = index
    self.line = line
    self.id = id
    self.comparison = comparison
    self.preferred = preferred
  }
}

/// Why a JSON object is not a comparison.
package struct FieldError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The field's name, with the index of an element where it is one; empty for the whole object.
  package var field: String
  package var reason: String

  package var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}

/// Which fields of an object make the comparison.
package struct ComparisonFields: Sendable, Equatable {
  /// The name of the field that holds the query: data sets have more than one form of it.
  package var query: String
  /// Use only the first so many exemplars; nil uses all.
  package var exemplarsMax: Int?

  package init(query: String = "query", exemplarsMax: Int? = nil) {
    self.query = query
    self.exemplarsMax = exemplarsMax
  }

  /// Takes the comparison out of an object. Fields that it does not know are other people's and stay unread.
  package func comparison(of value: JSONValue) throws(FieldError) -> Comparison {
    guard value.object != nil else {
      throw FieldError(field: "", reason: "must be an object, not \(Self.article(value.kind))")
    }
    return Comparison(
      query: try text(query, of: value), exemplars: try exemplars(of: value),
      responseA: try text("response_a", of: value), responseB: try text("response_b", of: value))
  }

  /// Takes the known answer out of an object: `preferred`, "A" or "B" in either case, or null.
  package func preferred(of value: JSONValue) throws(FieldError) -> Winner? {
    switch value["preferred"] {
    case nil, .null: return nil
    case .string("A"), .string("a"): return .a
    case .string("B"), .string("b"): return .b
    default: throw FieldError(field: "preferred", reason: "must be \"A\" or \"B\"")
    }
  }

  /// Takes the identifier out of an object: `id`, a string or a whole number, or null.
  package func id(of value: JSONValue) throws(FieldError) -> JSONValue? {
    switch value["id"] {
    case nil, .null: return nil
    case .string(let text): return .string(text)
    case .integer(let number): return .integer(number)
    default: throw FieldError(field: "id", reason: "must be a string or a whole number")
    }
  }

  private func exemplars(of value: JSONValue) throws(FieldError) -> [String] {
    guard let member = value["exemplars"] else { throw FieldError(field: "exemplars", reason: "is missing") }
    guard let elements = member.array else {
      throw FieldError(field: "exemplars", reason: "must be an array of strings, not \(Self.article(member.kind))")
    }
    let used = exemplarsMax.map { Array(elements.prefix($0)) } ?? elements
    guard !used.isEmpty else { throw FieldError(field: "exemplars", reason: "must have at least one text") }
    guard used.count <= Comparison.exemplarsMax else {
      throw FieldError(
        field: "exemplars",
        reason: "has \(used.count) texts, at most \(Comparison.exemplarsMax); --exemplars takes the first ones")
    }
    var texts: [String] = []
    for (number, element) in used.enumerated() {
      texts.append(try Self.nonEmpty(element, field: "exemplars[\(number)]"))
    }
    return texts
  }

  private func text(_ name: String, of value: JSONValue) throws(FieldError) -> String {
    guard let member = value[name] else { throw FieldError(field: name, reason: "is missing") }
    return try Self.nonEmpty(member, field: name)
  }

  private static func nonEmpty(_ value: JSONValue, field: String) throws(FieldError) -> String {
    guard let text = value.string else {
      throw FieldError(field: field, reason: "must be a string, not \(article(value.kind))")
    }
    guard !text.isEmpty else { throw FieldError(field: field, reason: "must not be empty") }
    return text
  }

  private static func article(_ kind: String) -> String {
    switch kind {
    case "null": "null"
    case "object", "array": "an \(kind)"
    default: "a \(kind)"
    }
  }
}
