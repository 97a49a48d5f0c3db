private import Glibc

/// The score of RewardBench 2's subset `Ties`: prompts with several equally good answers, each beside a prompt of the
/// same kind with one.
///
/// A judge should put all good answers above all bad ones, and the good ones close together: closer than the good are
/// to the bad.
///
/// - Source: Malik et al. 2025 (arXiv:2506.01937); allenai/reward-bench, `rewardbench/utils.py`,
///   `process_single_model`.
package struct TiesScore: Sendable, Equatable {
  /// The answers of one prompt; a score is nil where the judge gave none.
  package struct Prompt: Sendable, Equatable {
    package enum Kind: String, Sendable {
      /// One good answer.
      case ref
      /// Several.
      case tied
    }
    package var kind: Kind
    /// What a `ref` and its `tied` prompt share.
    package var number: Int
    package var good: [Double?]
    package var bad: [Double?]

    package init(kind: Kind, number: Int, good: [Double?], bad: [Double?]) {
      self.kind = kind
      self.number = number
      self.good = good
      self.bad = bad
    }

    /// Worst good less best bad; nil where a score is missing.
    var gap: Double? {
      let (good, bad) = (good.compactMap { $0 }, bad.compactMap { $0 })
      guard good.count == self.good.count, bad.count == self.bad.count, let worst = good.min(), let best = bad.max()
      else { return nil }
      return worst - best
    }

    /// Best good less worst good; nil where a score is missing.
    var spread: Double? {
      let scores = good.compactMap { $0 }
      guard scores.count == good.count, let best = scores.max(), let worst = scores.min() else { return nil }
      return best - worst
    }
  }

  /// Share of prompts of each kind whose good answers all stand above the bad ones; nil where there is none.
  package var refAccuracy: Double?
  package var tiedAccuracy: Double?
  /// Share of prompt couples where the gap of the tied prompt is larger than its spread; nil without couples.
  package var preferred: Double?
  /// The same of the smaller gap of both prompts of the couple.
  package var preferredHard: Double?
  /// Mean of tanh(smaller gap / spread - 1); 0 where that is 0/0.
  package var margin: Double?
  /// .30 tied + .30 ref + .20 preferred + .20 hard + .01 margin; nil without couples.
  package var overall: Double?

  /// A prompt with a missing score is not accurate, its couple is not preferred, and it adds 0 to the margin.
  package init(_ prompts: [Prompt]) {
    func accuracy(_ kind: Prompt.Kind) -> Double? {
      BenchmarkPairs.mean(prompts.filter { $0.kind == kind }.map { ($0.gap ?? 0) > 0 ? 1 : 0 })
    }
    refAccuracy = accuracy(.ref)
    tiedAccuracy = accuracy(.tied)
    let refs = Dictionary(
      prompts.filter { $0.kind == .ref }.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    let couples = prompts.filter { $0.kind == .tied }.compactMap { tied in
      refs[tied.number].map { (ref: $0, tied: tied) }
    }
    preferred = BenchmarkPairs.mean(
      couples.map { couple in
        guard let gap = couple.tied.gap, let spread = couple.tied.spread else { return 0 }
        return gap > spread ? 1 : 0
      })
    let smaller = couples.map { couple -> (gap: Double, spread: Double)? in
      guard let gap = couple.tied.gap, let other = couple.ref.gap, let spread = couple.tied.spread else { return nil }
      return (min(gap, other), spread)
    }
    preferredHard = BenchmarkPairs.mean(smaller.map { item in item.map { $0.gap > $0.spread ? 1 : 0 } ?? 0 })
    margin = BenchmarkPairs.mean(
      smaller.map { item in
        guard let item else { return 0 }
        let value = tanh(item.gap / item.spread - 1)
        return value.isNaN ? 0 : value
      })
    if let refAccuracy, let tiedAccuracy, let preferred, let preferredHard, let margin {
      overall =
        0.30 * tiedAccuracy + 0.30 * refAccuracy + 0.20 * preferred + 0.20 * preferredHard + 0.01 * margin
    } else {
      overall = nil
    }
  }
}
