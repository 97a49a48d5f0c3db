package import BoundedJSON

/// A row of a benchmark's file, with what its fields are read by. Fields that are not asked for are never looked at, so
/// a benchmark whose rows give the answer away in one is read without it.
package struct BenchmarkRow: Sendable, Equatable {
  package let file: String
  /// The line of JSON Lines, or the place in an array, from 1.
  package let number: Int
  package let value: JSONValue

  /// A file of at most 512 MiB: the largest of these benchmarks takes 60 MB. Rows hold whole conversations.
  package static let limits = JSONLimits(bytesMax: 512 << 20, depthMax: 64, valuesMax: 16_000_000)

  /// The rows of JSON Lines or of one JSON array.
  ///
  /// - Parameter debug: only the first ten rows, as the benchmarks' own programs do.
  /// - Throws: `line` for a line that is no JSON, `document` for an array that is none, `field` for a row that is no
  ///   object, `empty` for a file without rows.
  package static func read(_ bytes: [UInt8], file: String, debug: Bool = false) throws(EvaluationError)
    -> [BenchmarkRow]
  {
    let isArray = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
    var rows: [BenchmarkRow] = []
    func append(_ value: JSONValue, _ number: Int) throws(EvaluationError) {
      guard value.object != nil else {
        throw .field(file: file, line: number, field: "row", reason: "must be an object, not \(value.kind)")
      }
      rows.append(BenchmarkRow(file: file, number: number, value: value))
    }
    if isArray {
      let array: [JSONValue]
      do throws(JSONError) { array = try JSONReader.value(bytes, limits: limits).array ?? [] } catch {
        throw .document(file: file, error)
      }
      for (index, value) in array.enumerated() { try append(value, index + 1) }
    } else {
      for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
        let value: JSONValue
        do throws(JSONError) { value = try JSONReader.value(Array(line), limits: limits) } catch {
          throw .line(file: file, line: index + 1, error)
        }
        try append(value, index + 1)
      }
    }
    if rows.isEmpty { throw .empty("row in \(file)") }
    return debug ? Array(rows.prefix(10)) : rows
  }

  func fault(_ field: String, _ reason: String) -> EvaluationError {
    .field(file: file, line: number, field: field, reason: reason)
  }

  private func member(_ field: String) throws(EvaluationError) -> JSONValue {
    guard let member = value[field] else { throw fault(field, "is missing") }
    return member
  }

  func text(_ field: String) throws(EvaluationError) -> String {
    let member = try member(field)
    guard let text = member.string else { throw fault(field, "must be a string, not \(member.kind)") }
    return text
  }

  /// A name written as a string or as a whole number.
  func name(_ field: String) throws(EvaluationError) -> String {
    let member = try member(field)
    if let text = member.string { return text }
    if let number = member.integer { return "\(number)" }
    throw fault(field, "must be a string or a whole number, not \(member.kind)")
  }

  /// - Parameter count: how many there must be; nil: one or more.
  func texts(_ field: String, count: Int? = nil) throws(EvaluationError) -> [String] {
    let member = try member(field)
    guard let elements = member.array else { throw fault(field, "must be an array of strings, not \(member.kind)") }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      guard let text = element.string else {
        throw fault("\(field)/\(index)", "must be a string, not \(element.kind)")
      }
      texts.append(text)
    }
    if let count, texts.count != count { throw fault(field, "must have \(count) texts, has \(texts.count)") }
    if texts.isEmpty { throw fault(field, "must have at least one text") }
    return texts
  }

  /// A prompt that is a string, or the turns of a conversation: one turn is its text, several are each led by who
  /// spoke.
  func prompt(_ field: String) throws(EvaluationError) -> String {
    let member = try member(field)
    if let text = member.string { return text }
    guard let turns = member.array, !turns.isEmpty else {
      throw fault(field, "must be a string or an array of turns, not \(member.kind)")
    }
    var parts: [(role: String, text: String)] = []
    for (index, turn) in turns.enumerated() {
      guard let text = turn["content"]?.string else { throw fault("\(field)/\(index)/content", "must be a string") }
      guard let role = turn["role"]?.string else { throw fault("\(field)/\(index)/role", "must be a string") }
      parts.append((role, text))
    }
    if parts.count == 1 { return parts[0].text }
    return parts.map { "\($0.role): \($0.text)" }.joined(separator: "\n\n")
  }

  /// A response that is a string, or the last turn of a conversation.
  func response(_ field: String) throws(EvaluationError) -> String {
    let member = try member(field)
    if let text = member.string { return text }
    guard let last = member.array?.last?["content"]?.string else {
      throw fault(field, "must be a string or an array of turns, not \(member.kind)")
    }
    return last
  }
}
