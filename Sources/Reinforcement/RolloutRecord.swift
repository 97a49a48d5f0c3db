import Randomness

/// One completion of a step, as logs know it.
package struct RolloutRecord: Sendable, Equatable {
  /// What was asked, such as a pair's id.
  package var name: String
  /// What its reward is also reported under, such as `corpus/letters` and `kind/near_topic`.
  package var labels: [String]
  /// The group's place in the run.
  package var group: Int
  /// From 0, in its group.
  package var sample: Int
  package var outcome: VerdictReward.Outcome
  /// Tokens drawn, the end of turn included.
  package var tokens: Int
  /// The model's own output.
  package var text: String

  package init(
    name: String, labels: [String] = [], group: Int, sample: Int, outcome: VerdictReward.Outcome, tokens: Int,
    text: String
  ) {
    self.name = name
    self.labels = labels
    self.group = group
    self.sample = sample
    self.outcome = outcome
    self.tokens = tokens
    self.text = text
  }

  /// Some records to be read by a person: of each kind of outcome one in turn, rare kinds first, until they suffice.
  ///
  /// Which ones is decided by a hash of their place and the step, so that it is the same in every run and favours
  /// nothing.
  ///
  /// - Parameter count: of records to choose; fewer where there are fewer.
  /// - Returns: in the order of `records`.
  package static func samples(of records: [RolloutRecord], count: Int, step: Int) -> [RolloutRecord] {
    let kinds = Dictionary(grouping: records.indices) { records[$0].outcome.kind }
    let queues = VerdictReward.Kind.allCases.compactMap { kinds[$0] }
      .sorted { $0.count != $1.count ? $0.count < $1.count : $0[0] < $1[0] }
      .map { indices in
        indices.map { index in
          let record = records[index]
          return (index: index, hash: StableHash.hash("\(record.group)/\(record.sample)", seed: UInt64(step)))
        }.sorted { ($0.hash, $0.index) < ($1.hash, $1.index) }.map(\.index)
      }
    let turns = (0..<(queues.map(\.count).max() ?? 0)).flatMap { turn in
      queues.compactMap { turn < $0.count ? $0[turn] : nil }
    }
    return turns.prefix(count).sorted().map { records[$0] }
  }
}
