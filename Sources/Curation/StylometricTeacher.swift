package import Corpora
import Judge
package import Stylometry

/// The teacher that needs no language model: it measures, and words what it measured.
///
/// It does not know which response is preferred. Its scores follow from the measurements it cites, weighed by a
/// regression fitted to training authors alone, and a judgement that turns out wrong is dropped by the filter as
/// anybody else's would be. Exchanging the responses of a pair exchanges them in the judgement, in words and scores.
package struct StylometricTeacher: Sendable {
  package static let name = "stylometric"

  private let regression: StylometricRegression

  /// - Parameter regression: weighs what the evidence block shows.
  package init(regression: StylometricRegression = .evidence) { self.regression = regression }

  /// The judgement of a pair, and whether its own words bear it out; one that is not borne out is right or wrong for
  /// reasons that it does not show, and nothing to learn from.
  ///
  /// - Parameter seed: varies the wording, not what is said.
  package func judge(_ pair: PreferencePair, seed: UInt64) -> (judgement: TaughtJudgement, isBorneOut: Bool) {
    let evidence = StyleEvidence(
      exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB, regression: regression)
    let argument = StyleArgument(evidence)
    var writer = TraceWriter(pair: pair, evidence: evidence, argument: argument, seed: seed)
    let (a, b) = Self.scores(argument)
    let judgement = TaughtJudgement(criteria: writer.criteria(), eval: writer.evaluation(), a: a, b: b)
    return (judgement, argument.winner == nil || argument.isBorneOut)
  }

  /// Two scores with a sum of 11 points whose difference grows with the strength of what was cited: 6 and 5 where it
  /// decides slightly, 9 and 2 where by far. Even where nothing decides, which the filter drops as a tie.
  private static func scores(_ argument: StyleArgument) -> (a: Score, b: Score) {
    guard let winner = argument.winner else {
      return (Score(clampingTenths: 55), Score(clampingTenths: 55))
    }
    let points = argument.strength.scores
    let (closer, other) = (Score(clampingTenths: 10 * points.closer), Score(clampingTenths: 10 * points.other))
    return winner == .a ? (closer, other) : (other, closer)
  }
}
