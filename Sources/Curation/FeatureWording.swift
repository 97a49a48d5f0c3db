package import Stylometry

/// How a feature is spoken of: with a number, and without.
///
/// The words behind a number are what `NumberClaims` finds a claim by, so each is unique and none begins another.
package struct FeatureWording: Sendable {
  /// What stands behind a number: "commas per 100 words" of "5.6 commas per 100 words".
  package let counted: String
  /// The start of `counted` by which a claim is known; what follows may be left out.
  package let anchor: String
  /// What is counted, as it is spoken of where single places are shown: "commas", "long words".
  package let noun: String
  /// A habit of more of it than others have, and of less: "longer sentences than usual".
  package let much: String
  package let little: String

  private init(_ anchor: String, _ rest: String = "", noun: String? = nil, much: String, little: String) {
    self.anchor = anchor
    counted = anchor + rest
    self.noun = noun ?? anchor
    self.much = much + " than usual"
    self.little = little + " than usual"
  }

  /// A rate per 100 words.
  private static func rate(_ noun: String, much: String? = nil, little: String? = nil) -> FeatureWording {
    FeatureWording(noun, " per 100 words", much: much ?? "more \(noun)", little: little ?? "fewer \(noun)")
  }

  package static func of(_ feature: StyleFeature) -> FeatureWording { table[feature.index] }

  private static let table = StyleFeature.allCases.map(wording)

  private static func wording(_ feature: StyleFeature) -> FeatureWording {
    switch feature {
    case .sentenceLength:
      FeatureWording("words per sentence", much: "longer sentences", little: "shorter sentences")
    case .sentenceSpread:
      FeatureWording(
        "words of spread in sentence length", much: "sentences of more varied length",
        little: "sentences of more even length")
    case .shortSentences:
      FeatureWording(
        "% of sentences with 5 words or fewer", much: "more clipped sentences", little: "fewer clipped sentences")
    case .longSentences:
      FeatureWording(
        "% of sentences with 30 words or more", much: "more drawn-out sentences", little: "fewer drawn-out sentences")
    case .paragraphLength:
      FeatureWording("words per paragraph", much: "longer paragraphs", little: "shorter paragraphs")
    case .wordLength:
      FeatureWording("letters per word", much: "a longer average word", little: "a shorter average word")
    case .longWords:
      FeatureWording(
        "% of words with 8 letters or more", noun: "long words", much: "more long words", little: "fewer long words")
    case .vocabulary:
      FeatureWording(
        "different words in 50", much: "a more varied vocabulary", little: "a more repetitive vocabulary")
    case .quotedShare:
      FeatureWording("% of words inside quotation marks", much: "more quoted speech", little: "less quoted speech")
    case .smallOpeners:
      FeatureWording(
        "% of sentences begun in lower case", much: "more sentences begun in lower case",
        little: "fewer sentences begun in lower case")
    case .openersI:
      FeatureWording(
        "% of sentences begun with I", much: "more sentences begun with I", little: "fewer sentences begun with I")
    case .openersConjunction:
      FeatureWording(
        "% of sentences begun with And, But, Or or So", much: "more openings with And, But, Or or So",
        little: "fewer openings with And, But, Or or So")
    case .openersArticle:
      FeatureWording(
        "% of sentences begun with A, An or The", much: "more openings with an article",
        little: "fewer openings with an article")
    default: wordingOfRate(feature)
    }
  }

  private static func wordingOfRate(_ feature: StyleFeature) -> FeatureWording {
    switch feature {
    case .exclamations: rate("exclamation marks")
    case .questions: rate("question marks")
    case .quotationMarks: rate("double quotation marks")
    case .hyphenated: rate("hyphenated words")
    case .numbers: rate("numbers")
    case .allCapitals: rate("words in capitals")
    case .capitalsInside: rate("capitalised words inside sentences")
    case .smallI: rate("uses of lower-case i for I")
    case .bareContractions: rate("contractions without apostrophe")
    case .repeatedLetters: rate("words with a letter three times in a row")
    case .firstSingular:
      rate("forms of I, me or my", much: "more talk of I and me", little: "less talk of I and me")
    case .firstPlural: rate("forms of we, us or our", much: "more talk of we and us", little: "less talk of we and us")
    case .secondPerson: rate("forms of you or your")
    case .thirdPerson: rate("forms of he, she or they")
    case .modals: rate("modal verbs")
    case .beingForms: rate("forms of to be")
    case .relatives: rate("uses of that, which or who")
    case .hedges: rate("hedges", much: "more hedging", little: "less hedging")
    case .intensifiers: rate("intensifiers")
    case .opinions: rate("opinion verbs")
    case .attributions: rate("attribution verbs")
    case .fillers: rate("fillers", much: "more spoken fillers", little: "fewer spoken fillers")
    case .slang: rate("slang words", much: "more slang", little: "less slang")
    case .lyWords: rate("words in -ly")
    case .ingWords: rate("words in -ing")
    case .edWords: rate("words in -ed")
    default: rate(feature.name)
    }
  }

  /// A number of it: "5.6 commas per 100 words", "23 % of sentences begun with I".
  package static func claim(_ feature: StyleFeature, _ value: Double) -> String {
    "\(feature.printed(value)) \(of(feature).counted)"
  }

  /// The same without the unit, where the measurement was named in full before: "5.6 commas".
  package static func shortClaim(_ feature: StyleFeature, _ value: Double) -> String {
    "\(feature.printed(value)) \(of(feature).anchor)"
  }
}
