/// The spans between double quotation marks in what a teacher wrote, and whether they stand in a text.
package enum Quotations {
  /// A quotation.
  package struct Span: Sendable, Equatable {
    /// Between the marks.
    package let text: String
    /// Where its opening mark stands, in characters from the start.
    package let start: Int
    /// Past its closing mark.
    package let end: Int
  }

  /// All quotations of a text, in order; nil where a mark has no partner.
  ///
  /// Straight and curly double marks; single ones are too often apostrophes to tell.
  package static func spans(in text: String) -> [Span]? {
    var spans: [Span] = []
    var open: Int?
    var current = ""
    for (index, character) in text.enumerated() {
      if marks.contains(character) {
        if let start = open {
          spans.append(Span(text: current, start: start, end: index + 1))
          open = nil
        } else {
          open = index
        }
        current = ""
      } else {
        current.append(character)
      }
    }
    return open == nil ? spans : nil
  }

  private static let marks: Set<Character> = ["\"", "\u{201C}", "\u{201D}"]

  /// Whether a quotation stands in a text, word for word.
  ///
  /// White space and the shape of quotation marks and apostrophes are not compared, nor a comma or full stop that ends
  /// the quotation, which a writer may have added. An ellipsis stands for any words left out.
  package static func occurs(_ quotation: String, in text: String) -> Bool {
    let parts = normalised(quotation).split(separator: "...").map { String($0).trimmed }.filter { !$0.isEmpty }
    if parts.isEmpty { return false }
    var rest = Substring(normalised(text))
    for (index, part) in parts.enumerated() {
      var wanted = part
      if index == parts.count - 1, rest.firstRange(of: wanted) == nil, let last = wanted.last, ",.;:!?".contains(last) {
        wanted.removeLast()
      }
      guard !wanted.isEmpty, let found = rest.firstRange(of: wanted) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }

  private static func normalised(_ text: String) -> String {
    var result = ""
    var wasSpace = false
    for character in text {
      if character.isWhitespace {
        if !wasSpace { result.append(" ") }
        wasSpace = true
        continue
      }
      wasSpace = false
      switch character {
      case "\u{2018}", "\u{2019}": result.append("'")
      case "\u{201C}", "\u{201D}": result.append("\"")
      case "\u{2026}": result.append("...")
      default: result.append(character)
      }
    }
    return result
  }
}
