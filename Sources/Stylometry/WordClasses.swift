/// What is known of one word: its shape as written, and the word lists it stands in.
///
/// Every bit is countable, so a feature that says "per 100 words" is a bit's tally over the number of words, and
/// whoever re-checks a printed number counts the same bit.
package struct WordClasses: OptionSet, Sendable, Hashable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  private init(bit: UInt64) { rawValue = 1 << bit }

  // Shape, as written.

  /// First character is an upper-case letter.
  package static let startsUpper = WordClasses(bit: 0)
  /// First character is a lower-case letter.
  package static let startsLower = WordClasses(bit: 1)
  /// Two letters or more, all upper case, no digit and no dot: "WTO", not "I", not "U.S".
  package static let allCapitals = WordClasses(bit: 2)
  /// Holds a digit: "1997", "3,000", "10:30", "20th".
  package static let number = WordClasses(bit: 3)
  /// Parts joined by a hyphen, with a letter in it: "high-level", not "2-1".
  package static let hyphenated = WordClasses(bit: 4)
  /// Eight letters or more.
  package static let long = WordClasses(bit: 5)
  /// Four letters or more, and one of them three times or more in a row, in any case: "soooo", not "www" or "III".
  package static let repeatedLetters = WordClasses(bit: 6)
  /// Ends in "ly" and has five letters or more: "really".
  package static let endsInLy = WordClasses(bit: 7)
  /// Ends in "ing" and has five letters or more: "going".
  package static let endsInIng = WordClasses(bit: 8)
  /// Ends in "ed" and has four letters or more: "used".
  package static let endsInEd = WordClasses(bit: 9)
  /// Shortened with an apostrophe: "don't", "I'm", "that's"; a possessive such as "Anna's" is none.
  package static let contraction = WordClasses(bit: 10)

  // Place in the text.

  /// Between double quotation marks.
  package static let quoted = WordClasses(bit: 12)
  /// First word of its sentence.
  package static let opener = WordClasses(bit: 13)
  /// Begins with a capital though it does not begin its sentence; "I" and all-capital words left out.
  package static let capitalInside = WordClasses(bit: 14)
  /// The pronoun "I", alone or in a contraction, written as "i".
  package static let smallI = WordClasses(bit: 15)

  // Word lists (`WordListTable`).

  package static let firstSingular = WordClasses(bit: 20)
  package static let firstPlural = WordClasses(bit: 21)
  package static let secondPerson = WordClasses(bit: 22)
  package static let thirdPerson = WordClasses(bit: 23)
  package static let article = WordClasses(bit: 24)
  package static let preposition = WordClasses(bit: 25)
  package static let conjunction = WordClasses(bit: 26)
  package static let negation = WordClasses(bit: 27)
  package static let modal = WordClasses(bit: 28)
  package static let hedge = WordClasses(bit: 29)
  package static let intensifier = WordClasses(bit: 30)
  package static let attribution = WordClasses(bit: 31)
  package static let filler = WordClasses(bit: 32)
  package static let slang = WordClasses(bit: 33)
  /// A contraction without its apostrophe: "dont", "im".
  package static let bareContraction = WordClasses(bit: 34)
  /// A form of "to be".
  package static let being = WordClasses(bit: 35)
  /// "who", "which", "that" and their like.
  package static let relative = WordClasses(bit: 36)
  /// "think", "believe", "feel" and their like.
  package static let opinion = WordClasses(bit: 37)
  /// A word of grammar, not of topic: what content-word similarity leaves out.
  package static let grammatical = WordClasses(bit: 38)
}
