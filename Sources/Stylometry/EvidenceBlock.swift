/// The measurements that a prompt shows, since a small model can neither count nor compare numbers: after the
/// exemplars, what their author does; after the responses, what each of them does, and which is nearer to the
/// exemplars.
///
/// The features are always the same ones in the same order, so that a model learns what each line means: those that,
/// beside the similarity, told training authors apart best (chosen forward, by the loss of a logistic regression), with
/// readable ones preferred to their equals. These eight and the similarity are nearly as often right on
/// validation authors as all inputs together, and no less often than as many chosen anew for each author. Both blocks
/// are ASCII, a line for each feature; together they are about 450 characters, or 225 tokens of a vocabulary that makes
/// a token of every digit.
package enum EvidenceBlock {
  /// Changes with the features, the wording, the numbers' form or what they measure; part of `scorer_version` where
  /// evidence is shown.
  package static let version = "evidence-3"

  /// In the order in which they are listed.
  package static let features: [StyleFeature] = [
    .sentenceLength, .longWords, .commas, .dashes, .parentheses, .ellipses, .contractions, .smallOpeners,
  ]

  /// What stands for a number that cannot be measured.
  package static let unmeasured = "n/a"

  /// What stands in the place of the nearer response where neither is, by the printed numbers.
  package static let even = "="

  /// The line of the similarity to the exemplars.
  package static let similarityLabel = "similarity"

  /// One line of measurements; everything that is printed, as numbers.
  package struct Row: Sendable, Hashable {
    package let feature: StyleFeature
    /// Over the exemplars; nil where none has it.
    package let mean: Double?
    package let spread: Double?
    /// Of the responses; nil where it cannot be measured.
    package let valueA: Double?
    package let valueB: Double?
  }

  /// What goes behind the exemplars: their mean and spread in each feature. The order of the exemplars does not matter.
  package static func exemplarText(exemplars: [StyleText]) -> String {
    // Only what is shown is measured; a whole profile takes several times as long.
    exemplarText { AuthorProfile.habit($0, of: exemplars) }
  }

  /// As `exemplarText(exemplars:)`, for a profile that is at hand.
  package static func exemplarText(profile: AuthorProfile) -> String { exemplarText { profile.habit($0) } }

  private static func exemplarText(habit: (StyleFeature) -> AuthorProfile.Habit?) -> String {
    var text = "Exemplars, mean (spread), counts per 100 words:"
    for feature in features {
      let habit = habit(feature)
      text += "\n\(label(feature)) \(printed(habit?.mean, feature))"
      if let habit { text += " (\(feature.printed(habit.spread)))" }
    }
    return text
  }

  /// What goes behind the responses: each feature in A and in B, then how similar each is to the exemplars, and behind
  /// each pair of numbers the response that is nearer to the exemplars. Exchanging the responses exchanges the two
  /// columns and the names of the nearer ones, and nothing else.
  package static func responseText(exemplars: [StyleText], responseA: StyleText, responseB: StyleText) -> String {
    let grams = exemplars.filter { !$0.words.isEmpty }.map { GramVector($0.source) }
    return responseText(
      responseA, responseB, mean: { AuthorProfile.habit($0, of: exemplars)?.mean },
      similarity: { AuthorProfile.gramSimilarity(of: $0, to: grams) })
  }

  /// As `responseText(exemplars:responseA:responseB:)`, for a profile that is at hand.
  package static func responseText(profile: AuthorProfile, responseA: StyleText, responseB: StyleText) -> String {
    responseText(
      responseA, responseB, mean: { profile.habit($0)?.mean }, similarity: { profile.gramSimilarity(of: $0) })
  }

  private static func responseText(
    _ a: StyleText, _ b: StyleText, mean: (StyleFeature) -> Double?, similarity: (StyleText) -> Double
  ) -> String {
    var text = "Response A | B, the nearer one:"
    for feature in features {
      let (ownA, ownB) = (feature.value(in: a), feature.value(in: b))
      text += "\n\(label(feature)) \(printed(ownA, feature)) | \(printed(ownB, feature))"
      text += " \(nearer(feature, ownA, ownB, to: mean(feature)))"
    }
    let (one, other) = (similarity(a), similarity(b))
    text += "\n\(similarityLabel) \(printedSimilarity(one)) | \(printedSimilarity(other))"
    if printedSimilarity(one) == printedSimilarity(other) { return text + " \(even)" }
    return text + (one > other ? " A" : " B")
  }

  /// The response whose printed number is nearer to the printed mean.
  private static func nearer(_ feature: StyleFeature, _ a: Double?, _ b: Double?, to mean: Double?) -> String {
    guard let a, let b, let mean else { return even }
    if feature.isNearer(a, than: b, to: mean) { return "A" }
    return feature.isNearer(b, than: a, to: mean) ? "B" : even
  }

  /// The numbers behind both texts, in the order of their lines.
  package static func rows(profile: AuthorProfile, responseA: StyleText, responseB: StyleText) -> [Row] {
    features.map { feature in
      let habit = profile.habit(feature)
      return Row(
        feature: feature, mean: habit?.mean, spread: habit?.spread, valueA: feature.value(in: responseA),
        valueB: feature.value(in: responseB))
    }
  }

  /// A cosine of 0 to 1 as it is printed: of 100, with one decimal.
  package static func printedSimilarity(_ cosine: Double) -> String { PrintedNumber.text(100 * cosine, decimals: 1) }

  /// What a feature's line begins with: its name, shorter.
  package static func label(_ feature: StyleFeature) -> String {
    switch feature {
    case .longWords: "% long words"
    case .smallOpeners: "% lower-case starts"
    default: feature.name
    }
  }

  private static func printed(_ value: Double?, _ feature: StyleFeature) -> String {
    value.map { feature.printed($0) } ?? unmeasured
  }
}
