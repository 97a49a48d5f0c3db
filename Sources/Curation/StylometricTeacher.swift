package import Corpora
import Judge
package import Stylometry

/// The teacher that needs no language model: it measures, and words what it measured.
///
/// It does not know which response is preferred. Its scores come from a regression fitted to training authors alone,
/// and a judgement that turns out wrong is dropped by the filter as anybody else's would be.
package struct StylometricTeacher: Sendable {
  package static let name = "stylometric"

  private let regression: StylometricRegression

  package init(regression: StylometricRegression = .standard) { self.regression = regression }

  /// The judgement of a pair.
  ///
  /// - Parameter seed: varies the wording, not what is said.
  package func judge(_ pair: PreferencePair, seed: UInt64) -> TaughtJudgement {
    let evidence = StyleEvidence(
      exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB, regression: regression)
    var writer = TraceWriter(
      exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB, evidence: evidence, seed: seed)
    let criteria = writer.criteria()
    // What its own words do not bear out is no preference, and the filter drops it as a tie.
    let (a, b) = Self.scores(probabilityA: writer.isSupported ? evidence.probabilityA : 0.5)
    return TaughtJudgement(criteria: criteria, eval: writer.evaluation(), a: a, b: b)
  }

  /// Two scores whose difference grows with the certainty: from 5.5 each at one half to 9.5 and 1.5 at certainty.
  ///
  /// - Returns: in tenths of a point, even halves, so that exchanging the responses exchanges the scores.
  static func scores(probabilityA: Double) -> (a: Score, b: Score) {
    let lead = Int((40 * (2 * probabilityA - 1)).rounded())
    return (Score(clampingTenths: 55 + lead), Score(clampingTenths: 55 - lead))
  }
}
