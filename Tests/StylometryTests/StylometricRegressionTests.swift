import Foundation
import Stylometry
import Testing

/// Fitting: against the conditions of an optimum, by seed, and the committed weights.
@Suite struct StylometricRegressionTests {
  private static let width = StylometricRegression.inputNames.count

  /// Inputs drawn evenly from -1 to 1, labels by the sign of the first two with some noise.
  private static func examples(seed: UInt64, count: Int = 120) -> [StylometricRegression.Example] {
    var generator = RandomText.Generator(seed: seed)
    return (0..<count).map { _ in
      let inputs = (0..<width).map { _ in Double.random(in: -1...1, using: &generator) }
      let score = inputs[0] - 2 * inputs[1] + Double.random(in: -0.5...0.5, using: &generator)
      return StylometricRegression.Example(
        differences: inputs, prefersA: score > 0, weight: Double.random(in: 0.5...2, using: &generator))
    }
  }

  @Test func findsWhatDecides() {
    let regression = StylometricRegression.fit(examples: Self.examples(seed: 1, count: 400), penalty: 0.01)
    #expect(regression.weights[0] > 0.5 && regression.weights[1] < -1)
    let held = Self.examples(seed: 2, count: 400)
    let right = held.count { (regression.margin(differences: $0.differences) > 0) == $0.prefersA }
    #expect(right > 340)
  }

  @Test(arguments: 0..<3) func endsWhereTheGradientIsZero(seed: Int) {
    let examples = Self.examples(seed: UInt64(seed))
    let penalty = 0.05
    let regression = StylometricRegression.fit(examples: examples, penalty: penalty)
    let total = examples.reduce(0) { $0 + $1.weight }
    for input in 0..<Self.width {
      let scale = (examples.reduce(0) { $0 + $1.weight * $1.differences[input] * $1.differences[input] } / total)
        .squareRoot()
      var gradient = penalty * regression.weights[input] * scale
      for example in examples {
        let sign = example.prefersA ? 1.0 : -1.0
        let miss = 1 / (1 + exp(sign * regression.margin(differences: example.differences)))
        gradient -= example.weight / total * miss * sign * example.differences[input] / scale
      }
      #expect(abs(gradient) < 1e-9, "input \(input), seed \(seed)")
    }
  }

  @Test func exchangingEveryPairGivesTheSameWeights() {
    let examples = Self.examples(seed: 4)
    let exchanged = examples.map {
      StylometricRegression.Example(
        differences: $0.differences.map { -$0 }, prefersA: !$0.prefersA, weight: $0.weight)
    }
    #expect(StylometricRegression.fit(examples: examples) == StylometricRegression.fit(examples: exchanged))
  }

  @Test func aWeightOfTwoIsTheSameAsTwice() {
    let once = Self.examples(seed: 5, count: 80).map { ($0.differences, $0.prefersA) }
    let heavy = once.enumerated().map {
      StylometricRegression.Example(
        differences: $1.0, prefersA: $1.1, weight: $0.isMultiple(of: 2) ? 2 : 1)
    }
    let twice = once.enumerated().flatMap {
      [StylometricRegression.Example](
        repeating: StylometricRegression.Example(differences: $1.0, prefersA: $1.1),
        count: $0.isMultiple(of: 2) ? 2 : 1)
    }
    let left = StylometricRegression.fit(examples: heavy).weights
    let right = StylometricRegression.fit(examples: twice).weights
    #expect(zip(left, right).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test func inputsThatNeverVaryAndNoExamplesHaveNoWeight() {
    #expect(StylometricRegression.fit(examples: []).weights.allSatisfy { $0 == 0 })
    let constant = Self.examples(seed: 6).map {
      StylometricRegression.Example(differences: [0] + $0.differences.dropFirst(), prefersA: $0.prefersA)
    }
    let weights = StylometricRegression.fit(examples: constant).weights
    #expect(weights[0] == 0 && weights.allSatisfy(\.isFinite) && weights[1] != 0)
  }

  @Test func separablePairsStayFinite() {
    let examples = (0..<20).map { _ in
      StylometricRegression.Example(differences: [Double](repeating: 1, count: Self.width), prefersA: true)
    }
    let regression = StylometricRegression.fit(examples: examples, penalty: 1e-6)
    #expect(regression.weights.allSatisfy { $0.isFinite && $0 > 0 })
  }

  @Test func probabilitiesOfBothOrdersAddUpToOne() {
    for seed in 0..<10 {
      let profile = AuthorProfile(exemplars: [StyleText(RandomText.ordinary(seed: UInt64(seed)))])
      let a = StyleText(RandomText.ordinary(seed: UInt64(seed + 50)))
      let b = StyleText(RandomText.hostile(seed: UInt64(seed + 60)))
      let forth = StylometricRegression.standard.probability(profile: profile, responseA: a, responseB: b)
      let back = StylometricRegression.standard.probability(profile: profile, responseA: b, responseB: a)
      #expect((0...1).contains(forth) && abs(forth + back - 1) < 1e-12, "seed \(seed)")
    }
  }

  @Test func committedTablesFitTheCode() {
    #expect(Population.features.map(\.name) == StyleFeature.allCases.map(\.rawValue))
    #expect(Set(StyleText.functionWords).count == StyleText.functionWords.count)
    for row in Population.features {
      #expect(row.within > 0 && row.between > 0 && row.rootWithin > 0 && row.rootBetween > 0, "\(row.name)")
      #expect(row.mean > 0, "\(row.name)")
    }
    #expect(StylometricRegression.committedNames == StylometricRegression.inputNames)
    #expect(StylometricRegression.standard.weights.allSatisfy { $0.isFinite && $0 != 0 })
  }

  @Test(arguments: 0..<20) func evidenceIsWhatIsPrintedAndTurnsWithTheResponses(seed: Int) throws {
    func text(_ place: Int) -> StyleText { StyleText(RandomText.ordinary(seed: UInt64(10 * seed + place))) }
    let profile = AuthorProfile(exemplars: [text(0), text(1)])
    let (a, b) = (text(2), text(3))
    let one = StylometricRegression.evidenceDifferences(profile: profile, responseA: a, responseB: b)
    let other = StylometricRegression.evidenceDifferences(profile: profile, responseA: b, responseB: a)
    #expect(one == other.map { -$0 } && one.contains { $0 != 0 })
    let shown = Set(EvidenceBlock.features.map(\.index) + [StylometricRegression.gramMeanIndex])
    #expect(StylometricRegression.inputNames[StylometricRegression.gramMeanIndex] == "gram_mean")
    for (index, difference) in one.enumerated() where difference != 0 {
      #expect(shown.contains(index))
      guard index < StyleFeature.allCases.count else { continue }
      let feature = StyleFeature.allCases[index]
      let mean = try #require(profile.habit(feature)).mean
      let (ownA, ownB) = (try #require(feature.value(in: a)), try #require(feature.value(in: b)))
      #expect(feature.isNearer(difference > 0 ? ownA : ownB, than: difference > 0 ? ownB : ownA, to: mean))
    }
  }

  @Test func everyLineOfTheEvidenceSpeaksForTheNearerResponse() {
    let weights = StylometricRegression.evidence.weights
    for feature in EvidenceBlock.features { #expect(weights[feature.index] > 0, "\(feature)") }
    #expect(weights[StylometricRegression.gramMeanIndex] > 0)
    #expect(weights.count { $0 != 0 } == EvidenceBlock.features.count + 1)
  }
}
