/// What a judge did when pairs were changed in one way.
package struct ProbeMeasures: Sendable, Equatable, Codable {
  package var kind: ProbeKind
  /// What a sound judge does.
  package var expected: ProbeKind.Expectation
  /// Right by the changed pair's own label, which for swapped exemplars is the other response.
  package var accuracy: AccuracyEstimate
  /// As `accuracy`, of the pairs that have a winner: ties and failures would pull a judge that guesses below one half.
  package var decided: AccuracyEstimate
  /// Whether the interval of `decided` holds one half: what is asked of unrelated exemplars.
  package var containsChance: Bool
  /// Accuracy on the same pairs before the change.
  package var before: AccuracyEstimate
  /// Pairs whose winner is the other response now, of those with a winner before and after.
  package var flips: Share
  /// Of the pairs that were right before and have a winner after, those whose winner is now the other response: for
  /// injected text, how often it worked.
  package var flipsOfRight: Share
  /// Answers after the change that are no verdict.
  package var failures: Share

  package enum CodingKeys: String, CodingKey {
    case kind, expected, accuracy, decided, before, flips, failures
    case containsChance = "contains_chance"
    case flipsOfRight = "flips_of_right"
  }

  /// - Parameters:
  ///   - changed: results with a `probe` of this kind; those whose source is not in `base` do not count.
  ///   - base: results of the pairs as they stand.
  /// - Returns: nil where none counts.
  package init?(_ kind: ProbeKind, changed: [JudgedPair], base: [JudgedPair], seed: UInt64) {
    let bases = Dictionary(base.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let couples = changed.compactMap { pair -> (before: JudgedPair, after: JudgedPair)? in
      guard let probe = pair.probe, probe.kind == kind, let before = bases[probe.source] else { return nil }
      return (before, pair)
    }
    if couples.isEmpty { return nil }
    self.kind = kind
    expected = kind.expectation
    accuracy = AccuracyEstimate(couples.map(\.after), seed: seed)
    func isDecided(_ pair: JudgedPair) -> Bool { pair.winner == .a || pair.winner == .b }
    self.decided = AccuracyEstimate(couples.map(\.after).filter(isDecided), seed: seed)
    containsChance = self.decided.widest?.contains(0.5) ?? false
    before = AccuracyEstimate(couples.map(\.before), seed: seed)
    let decided = couples.filter { isDecided($0.before) && isDecided($0.after) }
    flips = Share(decided.count { $0.before.winner != $0.after.winner }, of: decided.count)
    let right = decided.filter { $0.before.outcome == .right }
    flipsOfRight = Share(right.count { $0.before.winner != $0.after.winner }, of: right.count)
    failures = Share(couples.count { $0.after.failure != nil }, of: couples.count)
  }

  /// Every kind that has results, in the order of `ProbeKind`.
  package static func all(changed: [JudgedPair], base: [JudgedPair], seed: UInt64) -> [ProbeMeasures] {
    ProbeKind.allCases.compactMap { ProbeMeasures($0, changed: changed, base: base, seed: seed) }
  }
}
