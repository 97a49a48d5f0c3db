/// What cleaning takes out of a corpus.
package struct CleaningOptions: Sendable, Equatable {
  /// Curly quotes, dashes and the like become what a keyboard has.
  package var plainsTypography = true
  /// By-lines, lines with the author's name, and lines of contact data go; addresses elsewhere are masked.
  package var removesNamesAndContacts = true
  /// A sentence in so many of an author's texts is boilerplate and goes from all; nil leaves it.
  package var boilerplateTextsMin: Int? = 3
  /// Texts with fewer words go. A response needs some hundred for its style to show.
  package var wordsMin = 100
  /// Texts with more words go.
  package var wordsMax = 20_000
  /// A text whose runs of five words are at least this similar to an earlier one's goes; nil keeps all.
  package var duplicateSimilarity: Double? = 0.5
  /// Texts that are not English go.
  package var skipsOtherLanguages = false

  package init() {}

  /// Shorter sentences may recur by chance: "He declined to comment."
  static let boilerplateWordsMin = 4
}
