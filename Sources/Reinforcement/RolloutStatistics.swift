/// What one step has to say of itself, as numbers under the names they have in a metrics log.
///
/// Rates of completions are over every prompt that was tried, those without variance too: over the groups that were
/// kept they would only tell of prompts that are neither easy nor hard. What is not known has no number: a rate of
/// nothing, an entropy that nobody computed.
package struct RolloutStatistics: Sendable, Equatable {
  /// A number of a metrics log.
  package struct Metric: Sendable, Equatable {
    /// Such as `train/reward`.
    package let tag: String
    package let value: Double

    package init(tag: String, value: Double) {
      self.tag = tag
      self.value = value
    }
  }

  /// In a fixed order, no tag twice.
  package let metrics: [Metric]

  package subscript(_ tag: String) -> Double? { metrics.first { $0.tag == tag }?.value }

  /// - Parameters:
  ///   - records: all completions of all prompts tried; at least one.
  ///   - deviations: of the rewards of each group tried: `GroupAdvantages.deviation`.
  ///   - groupsKept: groups that the loss is of.
  ///   - groupsWithoutVariance: of the groups tried.
  ///   - policy: of the step's updates; nil for a step without one.
  ///   - prefix: what all tags begin with.
  /// - Precondition: `deviations` has one element for each group.
  package init(
    records: [RolloutRecord], deviations: [Double], groupsKept: Int, groupsWithoutVariance: Int,
    policy: PolicyStatistics?, prefix: String = "train"
  ) {
    precondition(!records.isEmpty && !deviations.isEmpty)
    var metrics: [Metric] = []
    func add(_ name: String, _ value: Double?) {
      if let value { metrics.append(Metric(tag: "\(prefix)/\(name)", value: value)) }
    }
    let outcomes = records.map(\.outcome)
    let rewards = outcomes.map(\.reward)
    add("reward", Self.mean(rewards))
    add("reward_std", Self.deviation(rewards))
    add("reward_group_std", Self.mean(deviations))
    add("zero_variance_rate", Double(groupsWithoutVariance) / Double(deviations.count))
    add("groups", Double(groupsKept))
    add("prompts_tried", Double(deviations.count))
    add("accuracy", Self.share(outcomes) { $0.kind == .right })
    add("format_rate", Self.share(outcomes) { $0.kind.isWellFormed })
    add("tie_rate", Self.share(outcomes) { $0.kind == .tie })
    add("truncation_rate", Self.share(outcomes) { $0.kind == .truncated })
    add("a_rate", Self.share(outcomes.compactMap(\.prefersFirst)) { $0 })
    add("margin", Self.mean(outcomes.compactMap(\.margin)))
    let lengths = records.map { Double($0.tokens) }
    add("length", Self.mean(lengths))
    add("length_max", lengths.max())
    for (name, part) in [
      ("reward_dense", outcomes.map(\.dense)), ("reward_agreement", outcomes.map(\.agreement)),
      ("reward_length", outcomes.map(\.length)),
    ] where part.contains(where: { $0 != 0 }) {
      add(name, Self.mean(part))
    }
    for (name, value) in Self.byLabel(records) { add(name, value) }
    if let policy { for (name, value) in Self.ofUpdates(policy) { add(name, value) } }
    self.metrics = metrics
  }

  private static func byLabel(_ records: [RolloutRecord]) -> [(String, Double?)] {
    var labelled: [String: [RolloutRecord]] = [:]
    for record in records {
      for label in record.labels { labelled[label, default: []].append(record) }
    }
    return labelled.sorted { $0.key < $1.key }.flatMap { label, records in
      [
        ("reward/\(label)", mean(records.map(\.outcome.reward))),
        ("accuracy/\(label)", share(records) { $0.outcome.kind == .right }),
      ]
    }
  }

  private static func ofUpdates(_ policy: PolicyStatistics) -> [(String, Double?)] {
    [
      ("loss", policy.loss), ("kl", policy.divergenceMean), ("entropy", policy.entropyMean),
      ("clip_rate", policy.clippedShare), ("clip_low_rate", policy.clippedLowShare),
      ("clip_high_rate", policy.clippedHighShare), ("clip_dual_rate", policy.clippedDualShare),
      ("ratio", policy.ratioMean), ("ratio_max", policy.ratioMax), ("importance", policy.importanceMean),
      ("importance_capped_rate", policy.importanceCappedShare), ("engine_mismatch", policy.mismatchMean),
      ("engine_mismatch_max", policy.mismatchMean == nil ? nil : policy.mismatchMax),
    ]
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Of a sample; nil for fewer than two values.
  private static func deviation(_ values: [Double]) -> Double? {
    guard values.count > 1, let mean = mean(values) else { return nil }
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
  }

  private static func share<Value>(_ values: [Value], where isCounted: (Value) -> Bool) -> Double? {
    values.isEmpty ? nil : Double(values.count(where: isCounted)) / Double(values.count)
  }
}
