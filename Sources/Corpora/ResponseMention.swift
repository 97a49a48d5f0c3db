/// A place where a text names a response: "Response A", "response_b", "the first response", "B's".
package struct ResponseMention: Sendable, Equatable {
  package let slot: PreferencePair.Slot
  /// In characters from the start of the text.
  package let range: Range<Int>

  /// All mentions, in order.
  ///
  /// A letter by itself counts where it is a capital in a word of its own: B always, A where what stands around it
  /// shows that it is not the article ("A's", "than A", "A and B", "A is", "A 5.1, B 4").
  package static func all(in text: String) -> [ResponseMention] {
    let characters = Array(text)
    let words = Word.all(in: characters)
    var mentions: [ResponseMention] = []
    for (index, word) in words.enumerated() {
      let previous = index > 0 ? words[index - 1] : nil
      let isNamed = previous.map { nouns.contains($0.lower) && $0.joins(word) } ?? false
      let next = index + 1 < words.count ? words[index + 1] : nil
      let isOne = isNamed ? word.isName(next) : word.isLetter(previous, next: next) || hasValue(word, characters)
      if let slot = word.slot, isOne {
        mentions.append(ResponseMention(slot: slot, range: word.range))
      } else if word.lower == "response" || word.lower == "one", let slot = ordinals[previous?.lower ?? ""],
        !(next.map { $0.slot != nil && word.joins($0) } ?? false)
      {
        mentions.append(ResponseMention(slot: slot, range: word.range))
      }
    }
    return mentions
  }

  /// Whether a letter by itself is given a value: a number and then the end of what is said of it. "A 30-word text" has
  /// the article.
  private static func hasValue(_ word: Word, _ text: [Character]) -> Bool {
    guard word.text == "A" || word.text == "B", word.behind == " " else { return false }
    var index = word.range.upperBound + 1
    let start = index
    let isDigit = { (place: Int) in place < text.count && text[place].isASCII && text[place].isNumber }
    while isDigit(index) || (index > start && index < text.count && text[index] == "." && isDigit(index + 1)) {
      index += 1
    }
    guard index > start else { return false }
    if text[index...].starts(with: " %") { index += 2 }
    if index == text.count || text[index...].starts(with: " and B") { return true }
    return ",;:.)".contains(text[index]) && (index + 1 == text.count || text[index + 1].isWhitespace)
  }

  private static let nouns: Set<String> = ["response", "responses", "candidate", "option", "answer"]
  private static let ordinals: [String: PreferencePair.Slot] = ["first": .a, "second": .b]

  /// A run of letters, with where it stands.
  package struct Word: Sendable {
    package let text: String
    package let range: Range<Int>
    /// What stands right before and behind it; nil at the ends.
    package let before: Character?
    package let behind: Character?
    package var lower: String { text.lowercased() }

    var slot: PreferencePair.Slot? { PreferencePair.Slot(rawValue: text.uppercased()) }

    package static func all(in text: [Character]) -> [Word] {
      var words: [Word] = []
      var start: Int?
      for index in 0...text.count {
        if index < text.count, text[index].isLetter || text[index].isNumber {
          start = start ?? index
        } else if let begun = start {
          words.append(
            Word(
              text: String(text[begun..<index]), range: begun..<index, before: begun > 0 ? text[begun - 1] : nil,
              behind: index < text.count ? text[index] : nil))
          start = nil
        }
      }
      return words
    }

    /// Whether only one character, a space or an underscore, stands between this word and the next.
    func joins(_ next: Word) -> Bool {
      next.range.lowerBound == range.upperBound + 1 && (behind == " " || behind == "_" || behind == "-")
    }

    /// Whether it is the name of a response behind the word "response": "a" may be the article there.
    func isName(_ next: Word?) -> Bool {
      if text == "A" || slot == .b || before == "_" || before == "-" || behind != " " { return true }
      return next.map { Self.following.contains($0.lower) } ?? true
    }

    /// Whether it is the name of a response by itself.
    func isLetter(_ previous: Word?, next: Word?) -> Bool {
      guard text == "A" || text == "B", before != "-", behind != "-", before != "_", behind != "_" else { return false }
      if behind == "'" || behind == "\u{2019}" { return next?.text == "s" }
      if text == "B" { return true }
      // "A, An or The" are articles.
      if next?.text == "An" { return false }
      if let previous, Self.leading.contains(previous.lower), previous.range.upperBound + 1 == range.lowerBound {
        return behind == nil || behind != " " || next.map { Self.following.contains($0.lower) } ?? true
      }
      guard behind == " ", let next else { return false }
      return Self.following.contains(next.lower)
    }

    /// Words behind which a capital A is a name if it is one at all, and those before which it is no article.
    private static let leading: Set<String> = [
      "than", "to", "of", "for", "with", "and", "or", "in", "is", "favor", "favour", "prefer", "choose", "while",
    ]
    private static let following: Set<String> = [
      "and", "or", "is", "has", "was", "does", "wins", "uses", "matches", "fits", "reads", "sounds", "seems", "shows",
      "keeps", "comes", "than", "over", "because", "by", "in", "would", "aligns", "mirrors", "captures", "resembles",
      "feels", "looks", "stays", "lacks", "on", "as", "to", "the", "but",
    ]
  }
}
