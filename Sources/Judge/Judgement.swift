/// Why there is no verdict. The words are those of other services where they have one, so that a trainer can count them
/// together; ours begin with `persrm:`.
package enum FailureKind: String, Sendable, Hashable, CaseIterable {
  /// The model or its host failed.
  case judgeFailed = "judge_failed"
  /// The output ended by itself and is not a verdict.
  case judgeUnparseable = "judge_unparseable"
  /// A deadline passed, while waiting or while running.
  case transportTimeout = "transport_timeout"
  /// The caller left.
  case cancelled = "cancelled"
  /// The process is ending, or has no place for the request.
  case shutdown = "shutdown"
  /// Even with one exemplar the prompt does not fit.
  case promptTooLong = "persrm:prompt_too_long"
  /// A response has no token that the model knows, so it has no likelihood.
  case noTokens = "persrm:no_tokens"
  /// The output reached `max_tokens` before it was a verdict.
  case length = "persrm:length"
}

/// Which response the exemplars' writer is thought to have written.
package enum Winner: String, Sendable, Hashable, CaseIterable {
  case a
  case b
  case tie
}

/// One of the caller's responses.
package enum ResponseName: String, Sendable, Hashable, CaseIterable {
  case a
  case b
}

/// Scores of the caller's responses, 1...10.
package struct ScorePair: Sendable, Hashable {
  package let a: Double
  /// Nil where only A was judged.
  package let b: Double?

  package init(a: Double, b: Double?) {
    self.a = a
    self.b = b
  }
}

/// One draw in one order.
package struct JudgeRun: Sendable, Equatable {
  package let order: SlotOrder
  /// Which draw of this order, from 0.
  package let sample: Int
  /// The model's own output, in which A and B are the model's response A and B: swapped in order `ba`.
  package let raw: String
  package let finishReason: FinishReason
  /// What the model wrote, still in its own A and B; nil where it is not a verdict.
  package let verdict: VerdictParser.Verdict?
  /// Distributions of the two numbers in the model's own A and B, whose means are the scores; nil where the scores are
  /// what the model wrote.
  let expected: [ScoreDistribution]?
  /// P(the caller's A wins) by the distributions of the two numbers; nil where there are none.
  package let probabilityA: Double?

  /// The caller's A and B, in tenths.
  var tenths: (a: Int, b: Int)? {
    guard let verdict else { return nil }
    let (first, second) =
      expected.map { ($0[0].meanTenths, $0[1].meanTenths) } ?? (verdict.a.tenths, verdict.b.tenths)
    return order == .ab ? (first, second) : (second, first)
  }

  /// The caller's A minus B, in tenths; of means before they are rounded.
  var leadTenths: Double? {
    guard let expected, verdict != nil else { return tenths.map { Double($0.a - $0.b) } }
    let lead = 10 * (expected[0].mean - expected[1].mean)
    return order == .ab ? lead : -lead
  }

  /// Scores of the caller's A and B; nil where the output is not a verdict.
  package var scores: ScorePair? { tenths.map { ScorePair(a: Double($0.a) / 10, b: Double($0.b) / 10) } }

  package var failureKind: FailureKind? {
    if verdict != nil { nil } else { finishReason == .length ? .length : .judgeUnparseable }
  }
}

/// Tokens over all runs.
package struct Usage: Sendable, Equatable {
  package var promptTokens = 0
  /// Of `promptTokens`, those a prefix cache had.
  package var cachedTokens = 0
  package var completionTokens = 0

  package init(promptTokens: Int = 0, cachedTokens: Int = 0, completionTokens: Int = 0) {
    self.promptTokens = promptTokens
    self.cachedTokens = cachedTokens
    self.completionTokens = completionTokens
  }

  package var totalTokens: Int { promptTokens + completionTokens }
}

/// What became of a comparison. `scores` is nil exactly where `failureKind` is not nil; so are `winner` and `margin`,
/// but for one response by itself, where there is nothing to win.
package struct Judgement: Sendable, Equatable {
  package let method: JudgeMethod
  /// In the order they were asked: all draws of `ab`, then all draws of `ba`.
  package let runs: [JudgeRun]
  package let scores: ScorePair?
  package let winner: Winner?
  /// Score of A minus score of B, -9...9.
  package let margin: Double?
  /// P(A is preferred), 0...1; nil where a run is not a verdict or had no distributions, and for one response by
  /// itself.
  package let probabilityA: Double?
  /// Nil unless both orders were judged and every run is a verdict.
  package let orderConsistent: Bool?
  package let exemplarsDropped: Int
  package let exemplarsUsed: Int
  package let usage: Usage
  /// Of the slowest run, part by part.
  package let timings: GenerationTimings

  /// The winner by the runs of one order alone; nil where there are none or one is not a verdict.
  package func winner(in order: SlotOrder) -> Winner? { Aggregation.winner(of: runs.filter { $0.order == order }) }

  package var isWellFormed: Bool { failureKind == nil }
  /// The first failure among the runs.
  package var failureKind: FailureKind? { runs.lazy.compactMap(\.failureKind).first }
  /// `length` where any run ended so.
  package var finishReason: FinishReason { runs.contains { $0.finishReason == .length } ? .length : .stop }
  /// The first run's; its A and B are the caller's unless that run's order is `ba`. Nil where that run is no verdict,
  /// and with methods that write none.
  package var criteria: String? { method == .reasoning ? runs.first?.verdict?.criteria : nil }
  /// As `criteria`.
  package var eval: String? { method == .reasoning ? runs.first?.verdict?.eval : nil }
}
