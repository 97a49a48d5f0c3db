private import Glibc

/// Which of two responses is by the writer of the exemplars, from measurements alone: a logistic regression on the
/// differences between them.
///
/// Inputs are, for each response, how much likelier each feature's value is from this author than from any
/// (`AuthorProfile.closeness`), and its similarities to the exemplars; what enters is A's minus B's. There is no
/// intercept, so exchanging the responses negates the result exactly. An input that one response lacks is 0.
///
/// The committed weights (`standard`) are fitted on the training authors of three corpora, each with the same weight,
/// the penalty chosen on validation authors, by `swift run stylometry-tables`. `fit` makes others for another corpus.
package struct StylometricRegression: Sendable, Hashable {
  /// A pair whose author is known.
  package struct Example: Sendable {
    /// `StylometricRegression.differences` of the pair.
    package let differences: [Double]
    package let prefersA: Bool
    /// How much it counts, more than 0.
    package let weight: Double

    /// - Precondition: `differences` are as many as the inputs; `weight` > 0.
    package init(differences: [Double], prefersA: Bool, weight: Double = 1) {
      precondition(differences.count == StylometricRegression.inputNames.count && weight > 0, "a whole example")
      self.differences = differences
      self.prefersA = prefersA
      self.weight = weight
    }

    package init(profile: AuthorProfile, responseA: StyleText, responseB: StyleText, prefersA: Bool) {
      self.init(
        differences: StylometricRegression.differences(profile: profile, responseA: responseA, responseB: responseB),
        prefersA: prefersA)
    }
  }

  /// The inputs, in their order: features by raw value, then similarities.
  package static let inputNames: [String] =
    StyleFeature.allCases.map(\.rawValue) + [
      "gram_mean", "gram_max", "content_mean", "delta", "function_log_ratio",
    ]

  /// By `inputNames`, for inputs in their own units.
  package let weights: [Double]

  /// - Precondition: as many finite weights as inputs.
  package init(weights: [Double]) {
    precondition(weights.count == Self.inputNames.count && weights.allSatisfy(\.isFinite), "a weight for each input")
    self.weights = weights
  }

  /// The committed weights.
  package static let standard = StylometricRegression(
    weights: {
      let byName = Dictionary(
        RegressionTable.weights.map { ($0.name, $0.weight) }, uniquingKeysWith: { first, _ in first })
      return inputNames.map { byName[$0] ?? 0 }
    }())

  /// The committed weights of what a prompt with evidence shows (`evidenceDifferences`): the lines of the evidence
  /// block and nothing else, so that whoever reads these numbers can follow the judgement. Right on validation authors
  /// nearly as often as `standard`.
  package static let evidence = StylometricRegression(
    weights: {
      let byName = Dictionary(
        RegressionTable.evidence.map { ($0.name, $0.weight) }, uniquingKeysWith: { first, _ in first })
      return inputNames.map { byName[$0] ?? 0 }
    }())

  /// Inputs of the committed weights; other than `inputNames` where the table is older than the code.
  package static var committedNames: [String] { RegressionTable.weights.map(\.name) }

  /// The inputs of a pair: A's minus B's.
  package static func differences(profile: AuthorProfile, responseA: StyleText, responseB: StyleText) -> [Double] {
    var differences = StyleFeature.allCases.map { feature -> Double in
      guard let a = profile.closeness(feature, of: responseA), let b = profile.closeness(feature, of: responseB)
      else { return 0 }
      return a - b
    }
    let a = profile.similarity(of: responseA)
    let b = profile.similarity(of: responseB)
    differences += [
      a.gramMean - b.gramMean, a.gramMax - b.gramMax, a.contentMean - b.contentMean, a.delta - b.delta,
      a.functionLogRatio - b.functionLogRatio,
    ]
    return differences
  }

  /// The inputs of a pair that the evidence block shows: A's minus B's of its features and of the similarity, as far as
  /// the printed numbers show which response is nearer to the exemplars; all others are 0. A measurement whose
  /// densities favour the response that is farther in print counts for nothing, since no reader could follow.
  package static func evidenceDifferences(
    profile: AuthorProfile, responseA: StyleText, responseB: StyleText
  ) -> [Double] {
    var differences = [Double](repeating: 0, count: inputNames.count)
    for feature in EvidenceBlock.features {
      guard let habit = profile.habit(feature), let ownA = feature.value(in: responseA),
        let ownB = feature.value(in: responseB), let a = profile.closeness(feature, of: responseA),
        let b = profile.closeness(feature, of: responseB)
      else { continue }
      let isShown =
        a > b
        ? feature.isNearer(ownA, than: ownB, to: habit.mean) : feature.isNearer(ownB, than: ownA, to: habit.mean)
      if isShown { differences[feature.index] = a - b }
    }
    let (a, b) = (profile.gramSimilarity(of: responseA), profile.gramSimilarity(of: responseB))
    if EvidenceBlock.printedSimilarity(a) != EvidenceBlock.printedSimilarity(b) {
      differences[gramMeanIndex] = a - b
    }
    return differences
  }

  /// Place of the similarity in character sequences among the inputs.
  package static let gramMeanIndex = StyleFeature.allCases.count

  /// Log odds that A is the author's.
  package func margin(differences: [Double]) -> Double {
    zip(weights, differences).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Log odds that A is the author's; exchanging the responses negates it.
  package func margin(profile: AuthorProfile, responseA: StyleText, responseB: StyleText) -> Double {
    margin(differences: Self.differences(profile: profile, responseA: responseA, responseB: responseB))
  }

  /// Probability that A is the author's, 0 to 1.
  package func probability(profile: AuthorProfile, responseA: StyleText, responseB: StyleText) -> Double {
    Self.sigmoid(margin(profile: profile, responseA: responseA, responseB: responseB))
  }

  static func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
}
