import Reinforcement
import Testing

@Suite struct RolloutStatisticsTests {
  private func record(
    _ kind: VerdictReward.Kind, group: Int = 0, sample: Int = 0, prefersFirst: Bool? = nil, margin: Double? = nil,
    tokens: Int = 10, labels: [String] = [], dense: Double = 0
  ) -> RolloutRecord {
    RolloutRecord(
      name: "pair \(group)", labels: labels, group: group, sample: sample,
      outcome: VerdictReward.Outcome(kind: kind, prefersFirst: prefersFirst, margin: margin, dense: dense),
      tokens: tokens, text: "\(kind) \(group) \(sample)")
  }

  /// Two groups of four: right, right, wrong, tie; malformed, truncated, right, wrong.
  private var records: [RolloutRecord] {
    [
      record(.right, sample: 0, prefersFirst: true, margin: 4, tokens: 10, labels: ["corpus/letters"]),
      record(.right, sample: 1, prefersFirst: true, margin: 2, tokens: 20, labels: ["corpus/letters"]),
      record(.wrong, sample: 2, prefersFirst: false, margin: -3, tokens: 30, labels: ["corpus/letters"]),
      record(.tie, sample: 3, margin: 0, tokens: 40, labels: ["corpus/letters"]),
      record(.malformed, group: 1, sample: 0, tokens: 50, labels: ["corpus/posts", "kind/random"]),
      record(.truncated, group: 1, sample: 1, tokens: 60, labels: ["corpus/posts", "kind/random"]),
      record(.right, group: 1, sample: 2, prefersFirst: false, margin: 1, tokens: 70, labels: ["corpus/posts"]),
      record(.wrong, group: 1, sample: 3, prefersFirst: true, margin: -1, tokens: 80, labels: ["corpus/posts"]),
    ]
  }

  private func statistics(_ policy: PolicyStatistics? = nil) -> RolloutStatistics {
    RolloutStatistics(
      records: records, deviations: [0.5, 1], groupsKept: 2, groupsWithoutVariance: 1, policy: policy)
  }

  @Test func ratesAreOfWhatTheySay() throws {
    let found = statistics()
    // Rewards 1, 1, 0, 0, -1, -1, 1, 0: mean 1/8; squares sum to 5, less 8/64: sqrt(4.875 / 7).
    let expected: [(String, Double)] = [
      ("reward", 0.125), ("reward_std", (4.875 / 7.0).squareRoot()), ("reward_group_std", 0.75),
      ("zero_variance_rate", 0.5), ("groups", 2), ("prompts_tried", 2), ("accuracy", 3.0 / 8),
      ("format_rate", 6.0 / 8), ("tie_rate", 1.0 / 8), ("truncation_rate", 1.0 / 8),
      // Of the five with a winner three prefer the first.
      ("a_rate", 3.0 / 5),
      // (4 + 2 - 3 + 0 + 1 - 1) / 6.
      ("margin", 0.5), ("length", 45), ("length_max", 80), ("reward/corpus/letters", 0.5),
      ("accuracy/corpus/letters", 0.5), ("reward/corpus/posts", -0.25), ("accuracy/corpus/posts", 0.25),
      ("reward/kind/random", -1), ("accuracy/kind/random", 0),
    ]
    for (name, value) in expected {
      let metric = try #require(found["train/\(name)"], "\(name)")
      #expect(abs(metric - value) < 1e-12, "\(name)")
    }
    #expect(found.metrics.count == expected.count)
    #expect(Set(found.metrics.map(\.tag)).count == found.metrics.count)
  }

  @Test func whatIsNotKnownHasNoNumber() {
    let silent = RolloutStatistics(
      records: [record(.malformed)], deviations: [0], groupsKept: 0, groupsWithoutVariance: 1, policy: nil,
      prefix: "validation")
    for tag in ["a_rate", "margin", "reward_std", "reward_dense", "kl", "entropy"] {
      #expect(silent["validation/\(tag)"] == nil, "\(tag)")
    }
    #expect(silent["validation/reward"] == -1 && silent["validation/format_rate"] == 0)
    let updated = statistics(PolicyStatistics())
    #expect(updated["train/entropy"] == nil && updated["train/engine_mismatch"] == nil && updated["train/kl"] == 0)
  }

  @Test func updatesAreReportedBesideRollouts() throws {
    var policy = PolicyStatistics()
    let completion = ScoredCompletion(
      current: [-1, -1], old: [-1, -2], rollout: [-1.5, -2], reference: [-1, -1], entropies: [0.25, 0.75], advantage: 2,
      weight: 0.5)
    _ = try PolicyObjective().gradients(of: completion, adding: &policy)
    let found = statistics(policy)
    // Ratios 1 and e; the second is clipped at 1.2: losses -1 and -1.2.
    #expect(abs((found["train/loss"] ?? 0) + 2.2) < 1e-12)
    #expect(
      found["train/clip_rate"] == 0.5 && found["train/clip_high_rate"] == 0.5 && found["train/clip_low_rate"] == 0)
    #expect(found["train/entropy"] == 0.5 && found["train/kl"] == 0)
    #expect(found["train/engine_mismatch"] == 0.25 && found["train/engine_mismatch_max"] == 0.5)
  }

  @Test func partsOfTheRewardAreReportedWhereThereAreAny() {
    let found = RolloutStatistics(
      records: [record(.right, margin: 3, dense: 0.2), record(.malformed)], deviations: [1], groupsKept: 1,
      groupsWithoutVariance: 0, policy: nil)
    #expect(found["train/reward_dense"] == 0.1 && found["train/reward_length"] == nil)
    #expect(abs((found["train/reward"] ?? 0) - 0.1) < 1e-15)
  }

  @Test func samplesShowEveryKindAndAreTheSameInEveryRun() {
    let many =
      (0..<90).map { record($0 % 3 == 0 ? .right : .wrong, group: $0 / 8, sample: $0 % 8) }
      + [record(.truncated, group: 20), record(.malformed, group: 21), record(.malformed, group: 22)]
    let chosen = RolloutRecord.samples(of: many, count: 6, step: 3)
    #expect(chosen.count == 6)
    // Rare kinds first, one each in turn: truncated, malformed, right, wrong, then malformed, right.
    let kinds = Dictionary(grouping: chosen) { $0.outcome.kind }.mapValues(\.count)
    #expect(kinds == [.truncated: 1, .malformed: 2, .right: 2, .wrong: 1])
    #expect(chosen == RolloutRecord.samples(of: many, count: 6, step: 3))
    let steps = (0..<10).map { RolloutRecord.samples(of: many, count: 6, step: $0).map(\.text) }
    #expect(Set(steps).count > 5)
    #expect(RolloutRecord.samples(of: many, count: 500, step: 1) == many)
    #expect(RolloutRecord.samples(of: [], count: 3, step: 1).isEmpty)
  }
}
