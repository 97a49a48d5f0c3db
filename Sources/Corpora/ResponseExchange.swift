/// Exchanges the two responses in what was written about them.
///
/// Theory of operation. Where a sentence gives both responses a value in one breath ("A 7.1, B 4.2"; "Response A has 18
/// and Response B 15"), the values change places, so that A still comes first; everywhere else the names do. Quotations
/// are left as they are: they stand in a text, and the text moves with its name. What cannot be exchanged with
/// certainty is not exchanged: "the former", "the second one", "Response 1", a capital A that may be a name or the
/// article. Exchanging twice gives the text back.
package enum ResponseExchange {
  /// The text with the responses exchanged; nil where it names one in a way that cannot be exchanged with certainty.
  ///
  /// - Complexity: O(length).
  package static func exchanged(_ text: String) -> String? {
    // What does not come back names a response where the exchanged text does not, or gives values to three.
    guard let once = exchangedOnce(text), exchangedOnce(once) == text else { return nil }
    return once
  }

  private static func exchangedOnce(_ text: String) -> String? {
    guard let spans = Quotations.spans(in: text) else { return nil }
    var characters = Array(text)
    var bare = characters
    for span in spans { for index in span.start..<span.end { bare[index] = "_" } }
    let mentions = ResponseMention.all(in: String(bare))
    let words = ResponseMention.Word.all(in: bare)
    guard isCertain(words, mentions, bare) else { return nil }
    // Back to front, so that places before stay what they are.
    var index = mentions.count - 1
    while index >= 0 {
      if index > 0, let values = values(of: mentions[index - 1], mentions[index], bare) {
        let (one, other) = (Array(characters[values.0]), Array(characters[values.1]))
        characters.replaceSubrange(values.1, with: one)
        characters.replaceSubrange(values.0, with: other)
        index -= 2
      } else {
        let letter = mentions[index].range.lowerBound
        characters[letter] = exchangedLetter(characters[letter])
        index -= 1
      }
    }
    return String(characters)
  }

  private static func exchangedLetter(_ letter: Character) -> Character {
    switch letter {
    case "A": "B"
    case "B": "A"
    case "a": "b"
    default: "a"
    }
  }

  // MARK: Values

  /// Words that may stand between a response and its value, and behind the value.
  private static let wordsBetweenMax = 6

  /// The numbers that two responses are given one after the other in a sentence; nil where it is not so.
  private static func values(
    of one: ResponseMention, _ other: ResponseMention, _ text: [Character]
  ) -> (Range<Int>, Range<Int>)? {
    guard one.slot != other.slot, let first = value(behind: one, text), let second = value(behind: other, text),
      first.upperBound < other.range.lowerBound
    else { return nil }
    // Between the first value and the second response: words of what is counted, and a comma, semicolon or "and".
    var between = text[first.upperBound..<other.range.lowerBound]
    let name = Array("Response ")
    if between.count > name.count, between.suffix(name.count).elementsEqual(name) {
      between = between.dropLast(name.count)
    }
    return isPlain(between, joints: ",;%", count: wordsBetweenMax) && hasJoint(between) ? (first, second) : nil
  }

  /// The number behind a response, with plain words at most between.
  private static func value(behind mention: ResponseMention, _ text: [Character]) -> Range<Int>? {
    var start = mention.range.upperBound
    while start < text.count, text[start].isLowercase || text[start] == " " { start += 1 }
    guard start > mention.range.upperBound, text[start - 1] == " ",
      isPlain(text[mention.range.upperBound..<start], joints: "", count: wordsBetweenMax)
    else { return nil }
    let isDigit = { (place: Int) in place < text.count && text[place].isASCII && text[place].isNumber }
    var end = start
    while isDigit(end) || (end > start && end < text.count && text[end] == "." && isDigit(end + 1)) { end += 1 }
    return end > start ? start..<end : nil
  }

  private static func isPlain(_ text: ArraySlice<Character>, joints: String, count: Int) -> Bool {
    text.allSatisfy { $0.isLowercase || $0 == " " || $0 == "-" || joints.contains($0) }
      && text.split(separator: " ").count <= count
  }

  private static func hasJoint(_ text: ArraySlice<Character>) -> Bool {
    text.contains(",") || text.contains(";") || text.split(separator: " ").last.map { String($0) } == "and"
  }

  // MARK: Certainty

  private static let uncertain: Set<String> = [
    "former", "latter", "first", "second", "respectively", "1st", "2nd", "vice",
  ]
  private static let nouns: Set<String> = ["response", "responses", "candidate", "option", "answer"]

  private static func isCertain(
    _ words: [ResponseMention.Word], _ mentions: [ResponseMention], _ text: [Character]
  ) -> Bool {
    let named = Set(mentions.map(\.range.lowerBound))
    for (index, word) in words.enumerated() {
      if uncertain.contains(word.lower) { return false }
      let next = index + 1 < words.count ? words[index + 1] : nil
      if nouns.contains(word.lower), let next, next.range.lowerBound == word.range.upperBound + 1,
        next.text.allSatisfy(\.isNumber)
      {
        return false
      }
      guard word.text == "A" || word.text == "B", !named.contains(word.range.lowerBound) else { continue }
      if word.text == "B" || !isArticle(word, next, text) { return false }
    }
    // A mention that is more than a letter has a name that cannot be exchanged.
    return mentions.allSatisfy { $0.range.count == 1 }
  }

  /// Whether a capital A begins a sentence and a word in lower case follows.
  private static func isArticle(
    _ word: ResponseMention.Word, _ next: ResponseMention.Word?, _ text: [Character]
  ) -> Bool {
    guard word.behind == " ", let next, next.range.lowerBound == word.range.upperBound + 1,
      next.text.first?.isLowercase == true
    else { return false }
    let before = text[..<word.range.lowerBound].last { !$0.isWhitespace }
    return before.map { ".!?:_".contains($0) } ?? true
  }
}

extension Trace {
  /// The same trace of the same pair with its responses exchanged, in texts, words, scores and preference: what its
  /// teacher would have written of the exchanged pair, so that training shows each pair in both orders.
  ///
  /// `order` says what the teacher saw, so it turns too.
  ///
  /// - Returns: nil where the words name a response in a way that cannot be exchanged with certainty
  ///   (`ResponseExchange`).
  package func swapped() -> Trace? {
    guard let criteria = ResponseExchange.exchanged(criteria), let eval = ResponseExchange.exchanged(eval) else {
      return nil
    }
    var trace = self
    trace.pair = pair.swapped
    trace.criteria = criteria
    trace.eval = eval
    trace.scores = Scores(a: scores.b, b: scores.a)
    trace.order = order.map { $0 == .ab ? .ba : .ab }
    return trace
  }
}
