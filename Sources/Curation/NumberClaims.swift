package import Corpora
package import Stylometry

/// The numbers that a teacher states about texts, and of which text and measurement each is.
///
/// A number belongs to the measurement whose words follow it ("5.6 commas per 100 words"); where none do, to the one
/// last named in the same sentence ("against 3.1"). It is of whom was named last before it in the sentence: a response,
/// the exemplars or their writer, other writers; at the start of a text or after a sentence that names none, of whom
/// the sentence before was about.
package struct NumberClaim: Sendable, Equatable {
  /// Of whom something is said.
  package enum Subject: Sendable, Hashable {
    /// The mean over the exemplars.
    case exemplars
    /// How far apart the exemplars are.
    case spread
    case response(PreferencePair.Slot)
    /// Writers in general.
    case others
  }

  /// What was measured.
  package enum Measurement: Sendable, Hashable {
    case feature(StyleFeature)
    /// Likeness of a response to the exemplars.
    case similarity
  }

  /// As written, without a sign.
  package let number: String
  package let measurement: Measurement?
  package let subject: Subject?

  package init(number: String, measurement: Measurement?, subject: Subject?) {
    self.number = number
    self.measurement = measurement
    self.subject = subject
  }

  /// All claims of a text, in order; numbers inside quotations are none.
  ///
  /// - Parameter subject: of whom the text is at its start; nil where it must say so.
  package static func all(in text: String, subject start: Subject?) -> [NumberClaim] {
    var subject = start
    return Sentences.split(withoutQuotations(text)).flatMap { claims(in: $0, &subject) }
  }

  /// The text with quotations blanked out, so that what others wrote is not taken for a claim.
  private static func withoutQuotations(_ text: String) -> String {
    var characters = Array(text)
    for span in Quotations.spans(in: text) ?? [] {
      for index in span.start..<span.end { characters[index] = "_" }
    }
    return String(characters)
  }

  private static func claims(in sentence: String, _ subject: inout Subject?) -> [NumberClaim] {
    var claims: [NumberClaim] = []
    var measurement: Measurement?
    let text = Array(sentence)
    let responses = ResponseMention.all(in: sentence)
    var index = 0
    while index < text.count {
      let atWordStart = index == 0 || !(text[index - 1].isLetter || text[index - 1].isNumber || text[index - 1] == "_")
      if let response = responses.first(where: { $0.range.lowerBound == index }) {
        subject = .response(response.slot)
        index = response.range.upperBound
      } else if atWordStart, let (mention, length) = mention(text[index...]) {
        subject = mention
        index += length
      } else if atWordStart, begins(text[index...], with: rateWords) {
        // The unit of a rate, not a number of anything.
        index += rateWords.count
      } else if atWordStart, let (named, length) = anchor(text[index...]) {
        // Words of a measurement without a number before them: what follows may be its numbers.
        measurement = named
        index += length
      } else if text[index].isNumber, !text[index].isASCII {
        // A fraction or a digit of another script: no number that was given.
        claims.append(NumberClaim(number: String(text[index]), measurement: nil, subject: subject))
        index += 1
      } else if atWordStart, let number = number(text[index...], behind: index > 0 ? text[index - 1] : " ") {
        index += number.count
        var behind = index
        while behind < text.count, text[behind] == " " { behind += 1 }
        if behind < text.count, let (named, length) = anchor(text[behind...]) {
          measurement = named
          index = behind + length
        }
        claims.append(NumberClaim(number: String(number), measurement: measurement, subject: subject))
      } else if atWordStart, let (word, length) = numberWord(text[index...]) {
        // "Five commas" counts what was given as a rate.
        claims.append(NumberClaim(number: word, measurement: nil, subject: subject))
        index += length
      } else {
        index += 1
      }
    }
    return claims
  }

  /// The number that a text begins with, with its sign and what else belongs to it.
  ///
  /// - Parameter previous: the character before.
  private static func number(_ text: ArraySlice<Character>, behind previous: Character) -> ArraySlice<Character>? {
    let isDigit = { (index: Int) in index < text.endIndex && text[index].isASCII && text[index].isNumber }
    var end = text.startIndex
    // No measurement is negative and none is printed without its first digit: such a number is never a true one.
    let mayHaveSign = previous.isWhitespace || previous == "("
    if mayHaveSign, end < text.endIndex, "-\u{2212}+.".contains(text[end]) { end += 1 }
    guard isDigit(end) else { return nil }
    while isDigit(end) || (end < text.endIndex && ".,/".contains(text[end]) && isDigit(end + 1)) { end += 1 }
    return text[text.startIndex..<end]
  }

  /// A number in words right before the words of a measurement.
  private static func numberWord(_ text: ArraySlice<Character>) -> (word: String, length: Int)? {
    guard let word = numberWords.first(where: { begins(text, with: $0) }) else { return nil }
    let behind = text.startIndex + word.count + 1
    guard behind < text.endIndex, anchor(text[behind...]) != nil else { return nil }
    return (String(word), word.count)
  }

  // MARK: Words

  private static let mentions: [(words: [Character], subject: Subject)] = mentionTable.map { (Array($0.0), $0.1) }

  private static let numberWords: [[Character]] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty", "hundred",
    "dozen", "double", "twice", "half",
  ].map(Array.init)

  private static let rateWords = Array("per 100 words")

  private static let mentionTable: [(String, Subject)] = [
    ("other writers", .others), ("most writers", .others), ("writers in general", .others), ("elsewhere", .others),
    ("exemplars differ by", .spread), ("give or take", .spread), ("exemplars", .exemplars), ("this writer", .exemplars),
    ("the writer", .exemplars), ("this author", .exemplars), ("the author", .exemplars),
    ("this person", .exemplars),
  ]

  /// Longest first, so that no phrase hides a longer one that begins with it.
  private static let anchors: [(words: [Character], measurement: Measurement)] = {
    var anchors: [(words: [Character], measurement: Measurement)] = StyleFeature.allCases.flatMap { feature in
      let wording = FeatureWording.of(feature)
      return ([wording.anchor] + wording.aliases).map { (Array($0.lowercased()), Measurement.feature(feature)) }
    }
    anchors += ["similarity to the exemplars", "similarity"].map { (Array($0), Measurement.similarity) }
    return anchors.sorted { $0.words.count > $1.words.count }
  }()

  private static func mention(_ text: ArraySlice<Character>) -> (Subject, length: Int)? {
    mentions.first { begins(text, with: $0.words) }.map { ($0.subject, $0.words.count) }
  }

  private static func anchor(_ text: ArraySlice<Character>) -> (Measurement, length: Int)? {
    anchors.first { begins(text, with: $0.words) }.map { ($0.measurement, $0.words.count) }
  }

  /// Whether a text begins with words in lower case, and they end there.
  private static func begins(_ text: ArraySlice<Character>, with words: [Character]) -> Bool {
    guard text.count >= words.count else { return false }
    for (offset, character) in words.enumerated()
    where text[text.startIndex + offset].lowercased() != String(character) { return false }
    let end = text.startIndex + words.count
    return end == text.endIndex || !(text[end].isLetter || text[end].isNumber)
  }
}
