/// What of a text can be found again in another one.
struct SharedText {
  private let text: String
  /// Runs of five words.
  private let runs: Set<ArraySlice<Substring>>

  static let runWords = 5
  /// Two texts overlap where they share more than this part of the runs of the one with fewer: the rule by which the
  /// corpora we use were made.
  static let shareMax = 0.05

  init(_ text: String) {
    self.text = text
    let words = text.split(whereSeparator: \.isWhitespace)
    var runs: Set<ArraySlice<Substring>> = []
    if words.count >= Self.runWords {
      for start in 0...(words.count - Self.runWords) { runs.insert(words[start..<start + Self.runWords]) }
    }
    self.runs = runs
  }

  /// Whether one shares runs with the other, or, for texts too short to have some, holds it.
  func overlaps(_ other: SharedText) -> Bool {
    let (few, many) = runs.count < other.runs.count ? (runs, other.runs) : (other.runs, runs)
    if few.isEmpty { return Self.holds(text, other.text) || Self.holds(other.text, text) }
    return Double(few.count(where: many.contains)) > Self.shareMax * Double(few.count)
  }

  private static func holds(_ text: String, _ part: String) -> Bool {
    text.utf8.count >= part.utf8.count && text.contains(part)
  }
}
