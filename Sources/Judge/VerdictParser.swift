/// Reads a model's own output, strictly: a verdict is either understood in full or not at all.
///
/// The form is that of `VerdictGrammar`, which it accepts in full, and a little more, for models that are not held to
/// the grammar: white space (space, tab, line feed, carriage return) around sections, between the parts of the scores,
/// and at both ends; and `<` inside a text where it begins none of the six tags. It starts at the first byte and ends
/// at the last: text before, between or after the sections is refused, and so is a tag that comes twice.
package struct VerdictParser: Sendable {
  /// Changes when what is accepted does; part of `scorer_version`.
  package static let version = "strict-1"

  /// A verdict as written: A and B are the model's response A and B.
  package struct Verdict: Sendable, Equatable {
    /// Without white space at its ends; not empty.
    package let criteria: String
    /// Without white space at its ends; not empty.
    package let eval: String
    package let a: Score
    package let b: Score
  }

  /// What is wrong with an output.
  package enum Failure: Error, Sendable, Equatable {
    /// Something else stands where this tag must.
    case expectedTag(String)
    /// A section is never closed.
    case unclosed(String)
    /// A section holds nothing but white space.
    case emptySection(String)
    /// One of the six tags stands inside a section.
    case tagInside(String)
    /// The scores are not `A: N, B: N` with N from 1 to 10 and at most one decimal.
    case scores
    /// Text follows the last tag.
    case trailingText
  }

  package init() {}

  /// - Complexity: O(bytes).
  package func parse(_ text: String) throws(Failure) -> Verdict {
    var cursor = Cursor(bytes: Array(text.utf8))
    let criteria = try section("criteria", &cursor)
    let eval = try section("eval", &cursor)
    cursor.skipSpace()
    guard cursor.take("<scores>") else { throw .expectedTag("<scores>") }
    let a = try score("A", &cursor)
    cursor.skipSpace()
    guard cursor.take(",") else { throw .scores }
    let b = try score("B", &cursor)
    cursor.skipSpace()
    guard cursor.take("</scores>") else { throw .scores }
    cursor.skipSpace()
    guard cursor.isAtEnd else { throw .trailingText }
    return Verdict(criteria: criteria, eval: eval, a: a, b: b)
  }

  private static let tags = ["criteria", "eval", "scores"].flatMap { ["<\($0)>", "</\($0)>"] }

  private func section(_ name: String, _ cursor: inout Cursor) throws(Failure) -> String {
    cursor.skipSpace()
    guard cursor.take("<\(name)>") else { throw .expectedTag("<\(name)>") }
    let end = "</\(name)>"
    let start = cursor.offset
    while !cursor.isAtEnd {
      cursor.skip(to: UInt8(ascii: "<"))
      let stop = cursor.offset
      if cursor.take(end) {
        let body = cursor.bytes[start..<stop].trimmingSpace
        if body.isEmpty { throw .emptySection(name) }
        return String(decoding: body, as: UTF8.self)
      }
      if let tag = Self.tags.first(where: { cursor.isAt($0) }) { throw .tagInside(tag) }
      cursor.skipOne()
    }
    throw .unclosed(name)
  }

  private func score(_ name: String, _ cursor: inout Cursor) throws(Failure) -> Score {
    cursor.skipSpace()
    guard cursor.take(name) else { throw .scores }
    cursor.skipSpace()
    guard cursor.take(":") else { throw .scores }
    cursor.skipSpace()
    var tenths: Int
    if cursor.take("10") {
      tenths = 100
    } else if let digit = cursor.takeDigit(), digit > 0 {
      tenths = digit * 10
    } else {
      throw .scores
    }
    if cursor.take(".") {
      guard let digit = cursor.takeDigit() else { throw .scores }
      tenths += digit
    }
    guard let score = Score(tenths: tenths) else { throw .scores }
    return score
  }

  private struct Cursor {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    func isAt(_ text: String) -> Bool { bytes[offset...].starts(with: text.utf8) }

    mutating func take(_ text: String) -> Bool {
      guard isAt(text) else { return false }
      offset += text.utf8.count
      return true
    }

    mutating func takeDigit() -> Int? {
      guard !isAtEnd, (0x30...0x39).contains(bytes[offset]) else { return nil }
      defer { offset += 1 }
      return Int(bytes[offset]) - 0x30
    }

    mutating func skip(to byte: UInt8) {
      while !isAtEnd, bytes[offset] != byte { offset += 1 }
    }

    mutating func skipOne() {
      if !isAtEnd { offset += 1 }
    }

    mutating func skipSpace() {
      while !isAtEnd, bytes[offset].isVerdictSpace { offset += 1 }
    }
  }
}

/// A score in its own unit, tenths, so that sums and differences are exact.
package struct Score: Sendable, Hashable, Comparable {
  /// 10...100.
  package let tenths: Int

  /// - Returns: nil outside 1...10 points.
  package init?(tenths: Int) {
    guard (10...100).contains(tenths) else { return nil }
    self.tenths = tenths
  }

  package static func < (left: Score, right: Score) -> Bool { left.tenths < right.tenths }

  /// 1...10.
  package var points: Double { Double(tenths) / 10 }
}

extension UInt8 {
  fileprivate var isVerdictSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}

extension ArraySlice<UInt8> {
  fileprivate var trimmingSpace: ArraySlice<UInt8> {
    var slice = drop { $0.isVerdictSpace }
    while let last = slice.last, last.isVerdictSpace { slice.removeLast() }
    return slice
  }
}
