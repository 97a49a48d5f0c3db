import Corpora
package import Stylometry

/// What a prompt with evidence shows of a pair, and what each line of it says of who wrote which response.
package struct StyleEvidence: Sendable {
  /// One feature of the evidence block, measured in all texts.
  package struct Row: Sendable, Equatable {
    package let feature: StyleFeature
    /// Over the exemplars.
    package let exemplars: Double
    package let a: Double
    package let b: Double
    /// Mean over writers at large.
    package let others: Double
    /// How far the writer is from others, in spreads of one writer's texts; negative where they have less of it.
    package let distinction: Double
    /// Log odds that A is the writer's, from this feature alone; 0 where the printed numbers do not show it.
    package let leadOfA: Double
    /// How many words, marks or sentences the responses differ by; nil of a length.
    package let tokensApart: Int?

    package init(
      feature: StyleFeature, exemplars: Double, a: Double, b: Double, others: Double, distinction: Double,
      leadOfA: Double, tokensApart: Int?
    ) {
      self.feature = feature
      self.exemplars = exemplars
      self.a = a
      self.b = b
      self.others = others
      self.distinction = distinction
      self.leadOfA = leadOfA
      self.tokensApart = tokensApart
    }
  }

  /// In the order of the evidence block; features that cannot be measured in all texts are left out.
  package let rows: [Row]
  /// Likeness of character sequences between each response and the exemplars, 0...1.
  package let similarityA: Double
  package let similarityB: Double
  /// Log odds that A is the writer's, from the similarity alone; 0 where both are printed alike.
  package let similarityLeadOfA: Double

  /// Measures a pair.
  ///
  /// - Parameter regression: weighs `StylometricRegression.evidenceDifferences`.
  package init(exemplars: [String], responseA: String, responseB: String, regression: StylometricRegression = .evidence)
  {
    let profile = AuthorProfile(exemplars: exemplars.map { StyleText($0) })
    let (a, b) = (StyleText(responseA), StyleText(responseB))
    let differences = StylometricRegression.evidenceDifferences(profile: profile, responseA: a, responseB: b)
    let rows = EvidenceBlock.features.compactMap { feature -> Row? in
      guard let habit = profile.habit(feature), let ownA = feature.value(in: a), let ownB = feature.value(in: b)
      else { return nil }
      return Row(
        feature: feature, exemplars: habit.mean, a: ownA, b: ownB, others: Population.row(feature).mean,
        distinction: habit.distinction,
        leadOfA: regression.weights[feature.index] * differences[feature.index],
        tokensApart: Self.tokensApart(feature, a, b))
    }
    let gram = StylometricRegression.gramMeanIndex
    self.init(
      rows: rows, similarityA: profile.gramSimilarity(of: a), similarityB: profile.gramSimilarity(of: b),
      similarityLeadOfA: regression.weights[gram] * differences[gram])
  }

  package init(rows: [Row], similarityA: Double, similarityB: Double, similarityLeadOfA: Double) {
    self.rows = rows
    self.similarityA = similarityA
    self.similarityB = similarityB
    self.similarityLeadOfA = similarityLeadOfA
  }

  private static func tokensApart(_ feature: StyleFeature, _ a: StyleText, _ b: StyleText) -> Int? {
    func count(_ text: StyleText) -> Double? {
      switch feature.unit {
      case .per100Words, .percentOfWords: Double(feature.occurrences(in: text))
      case .percentOfSentences: (feature.value(in: text) ?? 0) * Double(text.sentences.count) / 100
      case .words, .letters: nil
      }
    }
    guard let one = count(a), let other = count(b) else { return nil }
    return Int(abs(one - other).rounded())
  }
}
