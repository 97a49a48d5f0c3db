import Foundation
import Synchronization

/// How a comparison is judged.
package enum JudgeMethod: String, Sendable, Hashable, CaseIterable {
  /// The model writes criteria and an evaluation, then the scores.
  case reasoning
  /// The model reads the same prompt and gives the scores at once.
  case verdict
  /// How much likelier the model finds each response after the exemplars than without them.
  case likelihood
}

/// A text whose probability under the model is asked for.
package struct LikelihoodRequest: Sendable, Equatable {
  /// What comes before it, as plain text; may be empty.
  package var prefix: String
  /// Has a token at least, where its likelihood is asked for.
  package var text: String
  package var priority: Priority
  package var queueDeadline: ContinuousClock.Instant?
  package var deadline: ContinuousClock.Instant?

  package init(
    prefix: String, text: String, priority: Priority = .interactive, queueDeadline: ContinuousClock.Instant? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) {
    self.prefix = prefix
    self.text = text
    self.priority = priority
    self.queueDeadline = queueDeadline
    self.deadline = deadline
  }
}

/// What a generator says of a text.
package struct Likelihood: Sendable, Equatable {
  /// Mean over the text's tokens of ln p(token | everything before it), nats.
  package var meanLogProbability: Double
  package var promptTokens: Int
  package var cachedTokens: Int
  package var timings: GenerationTimings

  package init(
    meanLogProbability: Double, promptTokens: Int, cachedTokens: Int = 0,
    timings: GenerationTimings = GenerationTimings()
  ) {
    self.meanLogProbability = meanLogProbability
    self.promptTokens = promptTokens
    self.cachedTokens = cachedTokens
    self.timings = timings
  }
}

/// The method `likelihood`: what is asked, and what the answers mean.
///
/// For each response, mean ln p(response | exemplars) - mean ln p(response): how many nats a token the exemplars help.
/// What is likely anyway (plain words, a common topic) cancels out. Each response is looked at by itself, so there is
/// no first and second slot. The query is not shown: with it both halves would know the topic, and a response that
/// follows the query would gain nothing from its author's texts.
package enum LikelihoodScale {
  /// Changes with the form of the texts or the constants; part of `scorer_version`.
  package static let version = "likelihood-1"

  /// What stands before a response: the exemplars that are left, each followed by a blank line.
  package static func prefix(_ comparison: Comparison, dropping: Int) -> String {
    comparison.exemplars.dropFirst(dropping).map { $0 + "\n\n" }.joined()
  }

  /// Nats a token at which a score is half way, and that move it from there to 73 % of the way.
  static let scoreCenter = 0.10
  static let scoreWidth = 0.12
  /// Log odds that A is preferred, for each nat a token by which its gain is larger.
  static let oddsPerNat = 20.0

  /// A score 1...10 in tenths for a gain in nats a token.
  package static func tenths(gain: Double) -> Int {
    Int((10 + 90 * logistic((gain - scoreCenter) / scoreWidth)).rounded())
  }

  /// P(A is preferred).
  package static func probabilityA(gainA: Double, gainB: Double) -> Double { logistic(oddsPerNat * (gainA - gainB)) }

  static func logistic(_ x: Double) -> Double {
    // For large negative x, exp(-x) is infinity and the quotient is 0, as it should be.
    1 / (1 + exp(-x))
  }
}

/// Likelihoods of responses without exemplars, which every request about the same response shares.
///
/// Two generations: a new entry goes into the young one; when that is full it becomes the old one, whose predecessor is
/// forgotten. What is used stays.
package final class LikelihoodCache: Sendable {
  /// Entries of one generation: a few hundred bytes each.
  package static let generationMax = 4096

  private struct Generations {
    var young: [[UInt8]: Likelihood] = [:]
    var old: [[UInt8]: Likelihood] = [:]
  }

  private let generations = Mutex(Generations())

  package init() {}

  package func find(_ key: [UInt8]) -> Likelihood? {
    generations.withLock { generations in
      if let found = generations.young[key] { return found }
      guard let found = generations.old[key] else { return nil }
      Self.insert(found, key, &generations)
      return found
    }
  }

  package func store(_ likelihood: Likelihood, for key: [UInt8]) {
    generations.withLock { Self.insert(likelihood, key, &$0) }
  }

  private static func insert(_ likelihood: Likelihood, _ key: [UInt8], _ generations: inout Generations) {
    if generations.young.count >= generationMax {
      generations.old = generations.young
      generations.young = [:]
    }
    generations.young[key] = likelihood
  }
}
