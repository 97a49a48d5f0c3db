import Corpora
package import Stylometry

/// What was measured of a pair: each feature in the exemplars, in both responses and in writers at large.
package struct StyleEvidence: Sendable {
  /// One feature of which all is known.
  package struct Row: Sendable, Equatable {
    package let feature: StyleFeature
    /// Mean over the exemplars.
    package let exemplars: Double
    package let a: Double
    package let b: Double
    /// Mean over writers at large.
    package let others: Double
    /// How far the writer is from others, in spreads of one writer's texts; negative where they have less of it.
    package let distinction: Double
    /// How much likelier A's value is from this writer than B's, as a difference of log densities.
    package let advantageOfA: Double

    /// Whether the first of two responses is nearer to the exemplars, by the numbers as they are printed.
    package func isNearer(_ one: Double, than other: Double) -> Bool {
      let (one, other, exemplars) = (rounded(one), rounded(other), rounded(self.exemplars))
      return abs(one - exemplars) < abs(other - exemplars)
    }

    private func rounded(_ value: Double) -> Double { Double(feature.printed(value)) ?? value }
  }

  /// In the order of the features; features that cannot be measured in all texts are left out.
  package let rows: [Row]
  /// Likeness of character sequences between each response and the exemplars, 0...1.
  package let similarityA: Double
  package let similarityB: Double
  /// The probability that A is the writer's, by a model fitted to training authors.
  package let probabilityA: Double

  /// Measures a pair.
  package init(exemplars: [String], responseA: String, responseB: String, regression: StylometricRegression = .standard)
  {
    let profile = AuthorProfile(exemplars: exemplars.map { StyleText($0) })
    let (a, b) = (StyleText(responseA), StyleText(responseB))
    let rows = StyleFeature.allCases.compactMap { feature -> Row? in
      guard let habit = profile.habit(feature), let ownA = feature.value(in: a), let ownB = feature.value(in: b),
        let closeA = profile.closeness(feature, of: a), let closeB = profile.closeness(feature, of: b)
      else { return nil }
      return Row(
        feature: feature, exemplars: habit.mean, a: ownA, b: ownB, others: Population.row(feature).mean,
        distinction: habit.distinction, advantageOfA: closeA - closeB)
    }
    self.init(
      rows: rows, similarityA: profile.gramSimilarity(of: a), similarityB: profile.gramSimilarity(of: b),
      probabilityA: regression.probability(profile: profile, responseA: a, responseB: b))
  }

  package init(rows: [Row], similarityA: Double, similarityB: Double, probabilityA: Double) {
    self.rows = rows
    self.similarityA = similarityA
    self.similarityB = similarityB
    self.probabilityA = probabilityA
  }
}
