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
  /// the quotation, which a writer may have added. An ellipsis stands for any words left out. Words are whole: "he cat"
  /// does not stand in "the cat".
  package static func occurs(_ quotation: String, in text: String) -> Bool {
    let parts = normalised(quotation).split(separator: "...").map { Array(trimmed($0).unicodeScalars) }
      .filter { !$0.isEmpty }
    if parts.isEmpty { return false }
    let text = Array(normalised(text).unicodeScalars)
    var start = 0
    for (index, part) in parts.enumerated() {
      var found = place(of: part, in: text, from: start)
      if found == nil, index == parts.count - 1, let last = part.last, last == "," || last == "." {
        found = place(of: part.dropLast(), in: text, from: start)
      }
      guard let found else { return false }
      start = found.upperBound
    }
    return true
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }

  /// The first place of whole words in a text, by scalars.
  private static func place(
    of words: some RandomAccessCollection<Unicode.Scalar>, in text: [Unicode.Scalar], from start: Int
  ) -> Range<Int>? {
    let words = Array(words)
    guard let first = words.first, let last = words.last else { return nil }
    var index = start
    while index + words.count <= text.count {
      let end = index + words.count
      if text[index] == first, text[index..<end].elementsEqual(words),
        !(isWord(first) && index > 0 && isWord(text[index - 1])),
        !(isWord(last) && end < text.count && isWord(text[end]))
      {
        return index..<end
      }
      index += 1
    }
    return nil
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
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
