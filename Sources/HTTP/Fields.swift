/// The field lines of a message in their order; names are compared without regard to case (RFC 9110 section 5).
///
/// A value is text of U+0000...U+00FF, one scalar per octet, so that what a peer sent is written back unchanged. No
/// value can hold CR, LF, NUL or another control character but HTAB: `append` and `set` write a space in their place,
/// because a value may carry what a peer sent and must neither split a message nor end the process.
package struct Fields: Sendable, Hashable, Sequence, ExpressibleByDictionaryLiteral {
  /// One field line.
  package struct Line: Sendable, Hashable {
    /// The name as it was written.
    package let name: String
    /// The value without leading and trailing white space.
    package let value: String
  }

  package private(set) var lines: [Line] = []

  package init() {}

  /// Each pair is appended in order; a name may stand twice.
  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  package var count: Int { lines.count }
  package var isEmpty: Bool { lines.isEmpty }

  package func makeIterator() -> IndexingIterator<[Line]> { lines.makeIterator() }

  /// The value of the first line of this name.
  package func first(named name: String) -> String? {
    lines.first { Fields.same($0.name, name) }?.value
  }

  /// The values of all lines of this name, in order.
  package func all(named name: String) -> [String] {
    lines.filter { Fields.same($0.name, name) }.map(\.value)
  }

  package func contains(_ name: String) -> Bool {
    lines.contains { Fields.same($0.name, name) }
  }

  /// The comma-separated members of all lines of this name, white space and empty members removed. Not for fields
  /// whose values hold quoted strings with commas.
  package func members(named name: String) -> [String] {
    all(named: name).flatMap { value in
      value.utf8.split(separator: ASCII.comma).compactMap { part in
        let trimmed = Fields.trimmed(Array(part))
        return trimmed.isEmpty ? nil : String(decoding: trimmed, as: UTF8.self)
      }
    }
  }

  /// True when one member of the comma-separated list `name` equals `member` without regard to case.
  package func hasMember(_ member: String, named name: String) -> Bool {
    members(named: name).contains { Fields.same($0, member) }
  }

  /// Adds a line at the end.
  ///
  /// - Precondition: `name` is a token. Names are always ours; a peer's were checked by the parser.
  package mutating func append(_ name: String, _ value: String) {
    precondition(ASCII.isToken(name.utf8), "field name is no token")
    lines.append(Line(name: name, value: Fields.cleaned(value)))
  }

  /// Puts one line in the place of all lines of this name.
  ///
  /// - Precondition: as `append`.
  package mutating func set(_ name: String, _ value: String) {
    precondition(ASCII.isToken(name.utf8), "field name is no token")
    let line = Line(name: name, value: Fields.cleaned(value))
    guard let index = lines.firstIndex(where: { Fields.same($0.name, name) }) else {
      lines.append(line)
      return
    }
    lines[index] = line
    var seen = false
    lines.removeAll { other in
      guard Fields.same(other.name, name) else { return false }
      defer { seen = true }
      return seen
    }
  }

  /// Removes all lines of this name.
  package mutating func remove(_ name: String) {
    lines.removeAll { Fields.same($0.name, name) }
  }

  /// What the parser adds, already checked octet by octet.
  mutating func append(checkedName name: some Sequence<UInt8>, checkedValue value: some Sequence<UInt8>) {
    lines.append(Line(name: ASCII.text(name), value: ASCII.text(value)))
  }

  static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && ASCII.equalIgnoringCase(left.utf8, right.utf8)
  }

  /// Without the spaces and tabs at either end.
  static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var slice = bytes[...]
    while let first = slice.first, first == ASCII.space || first == ASCII.tab { slice.removeFirst() }
    while let last = slice.last, last == ASCII.space || last == ASCII.tab { slice.removeLast() }
    return slice
  }

  private static func cleaned(_ value: String) -> String {
    let octets = ASCII.octets(of: value).map { ASCII.isFieldValue($0) ? $0 : ASCII.space }
    return ASCII.text(trimmed(octets))
  }
}
