package import Stylometry

/// How a feature is named beside its number.
///
/// The words are what `NumberClaim` finds a claim by, so each is unique and none begins another's.
package struct FeatureWording: Sendable {
  /// What stands behind a number: "commas per 100 words" of "5.6 commas per 100 words".
  package let counted: String
  /// The start of `counted` by which a claim is known; what follows may be left out.
  package let anchor: String
  /// Other names by which a claim is known, such as the label of the evidence block.
  package let aliases: [String]

  private init(_ anchor: String, _ rest: String = "", aliases: [String] = []) {
    self.anchor = anchor
    counted = anchor + rest
    self.aliases = aliases
  }

  /// A rate per 100 words.
  private static func rate(_ noun: String) -> FeatureWording { FeatureWording(noun, " per 100 words") }

  package static func of(_ feature: StyleFeature) -> FeatureWording { table[feature.index] }

  private static let table = StyleFeature.allCases.map(wording)

  private static func wording(_ feature: StyleFeature) -> FeatureWording {
    switch feature {
    case .sentenceLength: FeatureWording("words per sentence")
    case .sentenceSpread: FeatureWording("words of spread in sentence length")
    case .shortSentences: FeatureWording("% of sentences with 5 words or fewer")
    case .longSentences: FeatureWording("% of sentences with 30 words or more")
    case .paragraphLength: FeatureWording("words per paragraph")
    case .wordLength: FeatureWording("letters per word")
    case .longWords:
      FeatureWording("% of words with 8 letters or more", aliases: ["% long words", "long words"])
    case .vocabulary: FeatureWording("different words in 50")
    case .quotedShare: FeatureWording("% of words inside quotation marks")
    case .smallOpeners:
      FeatureWording("% of sentences begun in lower case", aliases: ["% lower-case starts", "lower-case starts"])
    case .openersI: FeatureWording("% of sentences begun with I")
    case .openersConjunction: FeatureWording("% of sentences begun with And, But, Or or So")
    case .openersArticle: FeatureWording("% of sentences begun with A, An or The")
    case .exclamations: rate("exclamation marks")
    case .questions: rate("question marks")
    case .quotationMarks: rate("double quotation marks")
    case .smallI: rate("uses of lower-case i for I")
    case .firstSingular: rate("forms of I, me or my")
    case .firstPlural: rate("forms of we, us or our")
    case .secondPerson: rate("forms of you or your")
    case .thirdPerson: rate("forms of he, she or they")
    case .modals: rate("modal verbs")
    case .relatives: rate("uses of that, which or who")
    case .hedges: rate("hedges")
    case .intensifiers: rate("intensifiers")
    case .opinions: rate("opinion verbs")
    case .attributions: rate("attribution verbs")
    case .fillers: rate("fillers")
    case .slang: rate("slang words")
    default: rate(feature.name)
    }
  }

  /// A number of it: "5.6 commas per 100 words", "23 % of sentences begun with I".
  package static func claim(_ feature: StyleFeature, _ value: Double) -> String {
    "\(feature.printed(value)) \(of(feature).counted)"
  }
}
