/// Cuts texts to the length of a response, and says how much text two of them share.
package enum TextCut {
  /// The words of a response: what fits three exemplars and two responses into a small model's context.
  package static let wordsMax = 220
  /// The most of the shorter text's runs of words that two texts of a pair may share.
  package static let sharedRunsMax = 0.05

  /// The start of a text, at most `wordsMax` words of it, ended where a sentence or line ends.
  ///
  /// Where no end lies in the second half of those words (speech without punctuation), it is cut between two words.
  package static func cut(_ text: String, wordsMax: Int = wordsMax) -> Substring {
    precondition(wordsMax > 0)
    let bytes = Array(text.utf8)
    let words = words(in: bytes)
    guard words.count > wordsMax else { return text[utf8: 0..<(words.last?.upperBound ?? 0)] }
    let limit = words[wordsMax - 1].upperBound
    let least = words[wordsMax / 2].lowerBound
    let end = Sentences.ranges(in: bytes).last { $0.upperBound <= limit }?.upperBound ?? 0
    return text[utf8: 0..<(end > least ? end : limit)]
  }

  /// The first sentence and what follows it; nil where nothing follows.
  package static func splitOpening(_ text: String) -> (opening: Substring, rest: Substring)? {
    let ranges = Sentences.ranges(in: Array(text.utf8))
    guard let first = ranges.first, let last = ranges.last, ranges.count > 1 else { return nil }
    return (text[utf8: first], text[utf8: ranges[1].lowerBound..<last.upperBound])
  }

  /// Words, as white space separates them.
  package static func wordCount(_ text: some StringProtocol) -> Int { words(in: Array(text.utf8)).count }

  /// The share of the shorter text's different runs of five words that occur in the other, 0...1.
  ///
  /// 0 where a text has no word. - Complexity: O(n log n).
  package static func sharedRuns(_ left: some StringProtocol, _ right: some StringProtocol) -> Double {
    sharedRuns(WordRuns(left), WordRuns(right))
  }

  /// The same, of texts whose words are known already.
  package static func sharedRuns(_ left: WordRuns, _ right: WordRuns) -> Double {
    let length = min(WordRuns.runWords, left.words.count, right.words.count)
    if length == 0 { return 0 }
    let (leftRuns, rightRuns) = (left.runs(of: length), right.runs(of: length))
    return Double(WordRuns.common(leftRuns, rightRuns)) / Double(min(leftRuns.count, rightRuns.count))
  }

  /// The words as ranges of UTF-8 offsets.
  private static func words(in bytes: [UInt8]) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    for (offset, byte) in bytes.enumerated() {
      if Sentences.isSpace(byte) {
        if let begun = start { words.append(begun..<offset) }
        start = nil
      } else if start == nil {
        start = offset
      }
    }
    if let start { words.append(start..<bytes.count) }
    return words
  }
}
