package import Stylometry

/// How a feature is spoken of: with a number, and without.
///
/// The words behind a number are what `NumberClaims` finds a claim by, so each is unique and none begins another.
package struct FeatureWording: Sendable {
  /// What stands behind a number: "commas per 100 words" of "5.6 commas per 100 words".
  package let counted: String
  /// The start of `counted` by which a claim is known; what follows may be left out.
  package let anchor: String
  /// A habit of much of it, and of little: "long sentences", "short sentences".
  package let much: String
  package let little: String

  private init(_ anchor: String, _ rest: String = "", much: String, little: String) {
    self.anchor = anchor
    counted = anchor + rest
    self.much = much
    self.little = little
  }

  /// A rate per 100 words.
  private static func rate(_ noun: String, much: String? = nil, little: String? = nil) -> FeatureWording {
    FeatureWording(noun, " per 100 words", much: much ?? "many \(noun)", little: little ?? "few \(noun)")
  }

  package static func of(_ feature: StyleFeature) -> FeatureWording { table[feature.index] }

  private static let table = StyleFeature.allCases.map(wording)

  private static func wording(_ feature: StyleFeature) -> FeatureWording {
    switch feature {
    case .sentenceLength:
      FeatureWording("words per sentence", much: "long sentences", little: "short sentences")
    case .sentenceSpread:
      FeatureWording(
        "words of spread in sentence length", much: "sentences of very different length",
        little: "sentences of even length")
    case .shortSentences:
      FeatureWording(
        "% of sentences with 5 words or fewer", much: "many clipped sentences", little: "hardly any clipped sentence")
    case .longSentences:
      FeatureWording(
        "% of sentences with 30 words or more", much: "many drawn-out sentences", little: "few drawn-out sentences")
    case .paragraphLength:
      FeatureWording("words per paragraph", much: "long paragraphs", little: "short paragraphs")
    case .wordLength: FeatureWording("letters per word", much: "long words on average", little: "short, plain words")
    case .longWords:
      FeatureWording("% of words with 8 letters or more", much: "a heavy share of long words", little: "few long words")
    case .vocabulary:
      FeatureWording(
        "different words in 50", much: "a varied vocabulary", little: "a vocabulary that repeats itself")
    case .quotedShare:
      FeatureWording(
        "% of words inside quotation marks", much: "much quoted speech", little: "little quoted speech")
    case .smallOpeners:
      FeatureWording(
        "% of sentences begun in lower case", much: "sentences begun in lower case",
        little: "capitals at the start of sentences")
    case .openersI:
      FeatureWording("% of sentences begun with I", much: "sentences that begin with I", little: "few openings with I")
    case .openersConjunction:
      FeatureWording(
        "% of sentences begun with And, But, Or or So", much: "sentences that begin with And, But or So",
        little: "few openings with And, But or So")
    case .openersArticle:
      FeatureWording(
        "% of sentences begun with A, An or The", much: "sentences that begin with an article",
        little: "few openings with an article")
    default: wordingOfRate(feature)
    }
  }

  private static func wordingOfRate(_ feature: StyleFeature) -> FeatureWording {
    switch feature {
    case .exclamations: rate("exclamation marks")
    case .questions: rate("question marks", much: "many questions", little: "few questions")
    case .quotationMarks:
      rate("double quotation marks", much: "frequent quotation marks", little: "few quotation marks")
    case .hyphenated: rate("hyphenated words")
    case .numbers: rate("numbers", much: "many figures", little: "few figures")
    case .allCapitals: rate("words in capitals", much: "words set in capitals", little: "few words in capitals")
    case .capitalsInside:
      rate("capitalised words inside sentences", much: "many names", little: "few names")
    case .smallI: rate("lower-case i for I", much: "a lower-case i for I", little: "a capital I throughout")
    case .bareContractions:
      rate(
        "contractions without apostrophe", much: "contractions without their apostrophe", little: "apostrophes in place"
      )
    case .repeatedLetters:
      rate("words with a letter three times in a row", much: "drawn-out spellings", little: "no drawn-out spellings")
    case .firstSingular: rate("forms of I, me or my", much: "much talk of I and me", little: "little talk of I and me")
    case .firstPlural: rate("forms of we, us or our", much: "a frequent we", little: "hardly any we")
    case .secondPerson:
      rate("forms of you or your", much: "a reader addressed as you", little: "a reader seldom addressed")
    case .thirdPerson:
      rate("forms of he, she or they", much: "many a he, she or they", little: "few of he, she or they")
    case .modals: rate("modal verbs")
    case .beingForms: rate("forms of to be", much: "many forms of to be", little: "few forms of to be")
    case .relatives:
      rate("uses of that, which or who", much: "many clauses with that, which or who", little: "few relative clauses")
    case .hedges: rate("hedges", much: "frequent hedging", little: "little hedging")
    case .intensifiers: rate("intensifiers")
    case .opinions: rate("opinion verbs", much: "much thinking and feeling", little: "few opinion verbs")
    case .attributions: rate("attribution verbs", much: "statements attributed to speakers", little: "few attributions")
    case .fillers: rate("fillers", much: "spoken fillers", little: "few fillers")
    case .slang: rate("slang words", much: "slang", little: "no slang to speak of")
    case .lyWords: rate("words in -ly", much: "many words in -ly", little: "few words in -ly")
    case .ingWords: rate("words in -ing", much: "many words in -ing", little: "few words in -ing")
    case .edWords: rate("words in -ed", much: "many words in -ed", little: "few words in -ed")
    case .parentheses: rate("parentheses", much: "asides in parentheses", little: "few parentheses")
    default: rate(feature.name)
    }
  }

  /// A number of it: "5.6 commas per 100 words", "23 % of sentences begun with I".
  package static func claim(_ feature: StyleFeature, _ value: Double) -> String {
    "\(feature.printed(value)) \(of(feature).counted)"
  }
}
