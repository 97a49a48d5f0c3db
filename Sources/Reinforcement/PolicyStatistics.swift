/// Sums over the tokens of an update, from which its rates are read. Parts add up, in any grouping.
package struct PolicyStatistics: Sendable, Equatable {
  package private(set) var tokens = 0
  /// Of the weighted losses: the loss itself, once all parts are added.
  package private(set) var loss = 0.0
  private var divergence = 0.0
  private var ratio = 0.0
  private var importance = 0.0
  private var clippedLow = 0
  private var clippedHigh = 0
  private var clippedDual = 0
  private var importanceCapped = 0
  /// Of |ln q - ln e|, the difference of the two computations of the same token.
  private var mismatch = 0.0
  private var mismatchTokens = 0
  private var entropy = 0.0
  private var entropyTokens = 0
  /// The largest |ln q - ln e|.
  package private(set) var mismatchMax = 0.0
  /// The largest ratio; 0 where there is no token.
  package private(set) var ratioMax = 0.0

  package init() {}

  /// Counts a token.
  package mutating func add(_ term: PolicyObjective.Term, of token: PolicyObjective.Token) {
    tokens += 1
    loss += term.loss
    divergence += term.divergence
    ratio += term.ratio
    importance += term.importance
    ratioMax = max(ratioMax, term.ratio)
    if term.isImportanceCapped { importanceCapped += 1 }
    switch term.clip {
    case .none: break
    case .low: clippedLow += 1
    case .high: clippedHigh += 1
    case .dual: clippedDual += 1
    }
    if let rollout = token.rollout {
      mismatch += abs(token.old - rollout)
      mismatchMax = max(mismatchMax, abs(token.old - rollout))
      mismatchTokens += 1
    }
  }

  /// Counts the entropies, in nats, of the whole distributions that tokens were drawn from.
  package mutating func add(entropies: some Sequence<Float>) {
    for value in entropies {
      entropy += Double(value)
      entropyTokens += 1
    }
  }

  /// Adds another part.
  package mutating func add(_ other: PolicyStatistics) {
    tokens += other.tokens
    loss += other.loss
    divergence += other.divergence
    ratio += other.ratio
    importance += other.importance
    clippedLow += other.clippedLow
    clippedHigh += other.clippedHigh
    clippedDual += other.clippedDual
    importanceCapped += other.importanceCapped
    mismatch += other.mismatch
    mismatchTokens += other.mismatchTokens
    entropy += other.entropy
    entropyTokens += other.entropyTokens
    mismatchMax = max(mismatchMax, other.mismatchMax)
    ratioMax = max(ratioMax, other.ratioMax)
  }

  /// Mean k3 of a token, in nats.
  package var divergenceMean: Double { mean(divergence, tokens) }
  package var ratioMean: Double { mean(ratio, tokens) }
  package var importanceMean: Double { mean(importance, tokens) }
  /// Shares of tokens, 0...1.
  package var clippedShare: Double { mean(Double(clippedLow + clippedHigh + clippedDual), tokens) }
  package var clippedLowShare: Double { mean(Double(clippedLow), tokens) }
  package var clippedHighShare: Double { mean(Double(clippedHigh), tokens) }
  package var clippedDualShare: Double { mean(Double(clippedDual), tokens) }
  package var importanceCappedShare: Double { mean(Double(importanceCapped), tokens) }
  /// Mean |ln q - ln e|, over the tokens whose e is known; nil where there is none.
  package var mismatchMean: Double? { mismatchTokens == 0 ? nil : mean(mismatch, mismatchTokens) }
  /// Mean entropy in nats; nil where none was counted.
  package var entropyMean: Double? { entropyTokens == 0 ? nil : mean(entropy, entropyTokens) }

  private func mean(_ sum: Double, _ count: Int) -> Double { count == 0 ? 0 : sum / Double(count) }
}
