package import Corpora
package import Stylometry

/// The numbers that a teacher states about texts, and of which text and measurement each is.
///
/// A number belongs to the measurement whose words follow it ("5.6 commas per 100 words"); where none do, to the one
/// last named in the same sentence ("against 3.1"). It is of whom was named last before it in the sentence: a response,
/// the exemplars or their writer, other writers; at the start of a text or after a sentence that names none, of whom the
/// sentence before was about.
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
    var index = 0
    while index < text.count {
      let atWordStart = index == 0 || !(text[index - 1].isLetter || text[index - 1].isNumber || text[index - 1] == "_")
      if atWordStart, let (mention, length) = mention(text[index...]) {
        subject = mention
        index += length
      } else if atWordStart, begins(text[index...], with: rateWords) {
        // The unit of a rate, not a number of anything.
        index += rateWords.count
      } else if atWordStart, let (named, length) = anchor(text[index...]) {
        // Words of a measurement without a number before them: what follows may be its numbers.
        measurement = named
        index += length
      } else if atWordStart, text[index].isASCII, text[index].isNumber {
        let number = number(text[index...])
        index += number.count
        var behind = index
        while behind < text.count, text[behind] == " " { behind += 1 }
        if behind < text.count, let (named, length) = anchor(text[behind...]) {
          measurement = named
          index = behind + length
        }
        claims.append(NumberClaim(number: String(number), measurement: measurement, subject: subject))
      } else {
        index += 1
      }
    }
    return claims
  }

  private static func number(_ text: ArraySlice<Character>) -> ArraySlice<Character> {
    var end = text.startIndex
    var hasPoint = false
    while end < text.endIndex {
      let character = text[end]
      if character.isASCII, character.isNumber {
        end += 1
      } else if character == ".", !hasPoint, end + 1 < text.endIndex, text[end + 1].isASCII, text[end + 1].isNumber {
        hasPoint = true
        end += 1
      } else {
        break
      }
    }
    return text[text.startIndex..<end]
  }

  // MARK: Words

  private static let mentions: [(words: [Character], subject: Subject)] = mentionTable.map { (Array($0.0), $0.1) }

  private static let rateWords = Array("per 100 words")

  private static let mentionTable: [(String, Subject)] = [
    ("other writers", .others), ("most writers", .others), ("writers in general", .others), ("elsewhere", .others),
    ("exemplars differ by", .spread), ("give or take", .spread), ("exemplars", .exemplars), ("this writer", .exemplars),
    ("the writer", .exemplars), ("this author", .exemplars), ("the author", .exemplars),
    ("this person", .exemplars), ("response a", .response(.a)), ("response b", .response(.b)),
  ]

  /// Longest first, so that no phrase hides a longer one that begins with it.
  private static let anchors: [(words: [Character], measurement: Measurement)] = {
    var anchors: [(words: [Character], measurement: Measurement)] = StyleFeature.allCases.map {
      (Array(FeatureWording.of($0).anchor.lowercased()), .feature($0))
    }
    anchors.append((Array("similarity to the exemplars"), .similarity))
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
