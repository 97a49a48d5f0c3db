import Foundation

/// The loss of one token of a completion under GRPO, with its derivative: a pure function of log probabilities.
///
/// Theory of operation. With ln p the token's log probability now, and ln q what it was when its step began:
/// ```
/// r    = exp(ln p - ln q)                                              ratio
/// s    = min(r A, clip(r, 1 - low, 1 + high) A)                        surrogate
/// s    = max(s, c A)  where A < 0 and a dual clip c is set
/// i    = min(exp(ln q - ln e), cap)                                    importance of the engine's sample
/// k    = exp(ln f - ln p) - (ln f - ln p) - 1                          divergence from the reference, k3
/// loss = weight (-i s + beta k)
/// ```
/// where e is the distribution that the engine drew the token from and f is the reference policy. The engine computes
/// with other precision than training does, so its samples are not quite those of the policy that is differentiated;
/// i, a constant to the derivative, corrects for that and is capped, since a single token must not rule a step. The
/// derivative by ln p is exact: what is clipped contributes none. Where both branches of the minimum are equal they are
/// so inside the clip range, where their derivatives are equal too (but for its two end points, where the unclipped one
/// is taken).
///
/// Everything is Double: a token costs nothing beside its forward pass.
///
/// - Source: Schulman et al. 2017 (PPO, arXiv 1707.06347) equation 7; Shao et al. 2024 (GRPO, arXiv 2402.03300)
///   equations 3 and 4; Schulman 2020, "Approximating KL divergence" (k3); Ye et al. 2020 (dual clip,
///   arXiv 1912.09729) equation 5; Yu et al. 2025 (clip-higher, arXiv 2503.14476) section 3.1; Yao et al. 2025,
///   "Your efficient RL framework secretly brings you off-policy RL training" (truncated importance sampling). Split by
///   topic after verl `core_algos.py`.
package struct PolicyObjective: Sendable, Equatable, Codable {
  /// How far below 1 a ratio may push; 0..<1.
  package var clipLow: Double
  /// How far above 1 a ratio may push; 0 or more.
  package var clipHigh: Double
  /// With negative advantages the surrogate is never below this many times them; above 1, nil for no such bound.
  package var dualClip: Double?
  /// beta, 0 or more; with 0 the reference's log probabilities are not used.
  package var klCoefficient: Double
  /// The most that a sample's importance counts, above 0; nil where the engine's log probabilities are not used.
  package var importanceCap: Double?

  /// Log ratios are held to this on both sides, so that a token the reference finds impossible makes no infinity.
  /// Beyond it the derivative is zero. e^20 is 5e8: nothing that happens in training is near it.
  package static let logRatioMax = 20.0

  package init(
    clipLow: Double = 0.2, clipHigh: Double = 0.2, dualClip: Double? = nil, klCoefficient: Double = 0,
    importanceCap: Double? = nil
  ) {
    self.clipLow = clipLow
    self.clipHigh = clipHigh
    self.dualClip = dualClip
    self.klCoefficient = klCoefficient
    self.importanceCap = importanceCap
  }

  /// What is known of a token of a completion. All log probabilities are natural and of the token itself.
  package struct Token: Sendable, Equatable {
    /// ln p, by the policy as it is now.
    package var current: Double
    /// ln q, by the policy when the step began, computed as `current` is.
    package var old: Double
    /// ln e, under the distribution that the engine drew from; nil where it is not known, and then i is 1.
    package var rollout: Double?
    /// ln f, by the reference policy; nil is allowed where beta is 0.
    package var reference: Double?
    /// The completion's.
    package var advantage: Double
    /// The token's share of the batch: `LossWeights`.
    package var weight: Double

    package init(
      current: Double, old: Double, rollout: Double? = nil, reference: Double? = nil, advantage: Double, weight: Double
    ) {
      self.current = current
      self.old = old
      self.rollout = rollout
      self.reference = reference
      self.advantage = advantage
      self.weight = weight
    }
  }

  /// Which bound held a token's surrogate, if one did.
  package enum Clip: Sendable, Equatable {
    case none
    /// The ratio is below 1 - low, and the advantage is negative.
    case low
    /// The ratio is above 1 + high, and the advantage is positive.
    case high
    /// The ratio is above the dual clip, and the advantage is negative.
    case dual
  }

  /// A token's part of the loss.
  package struct Term: Sendable, Equatable {
    /// Added to the batch's loss.
    package let loss: Double
    /// d loss / d ln p.
    package let gradient: Double
    /// r.
    package let ratio: Double
    /// i; 1 where it is not corrected for.
    package let importance: Double
    /// Whether the cap held i.
    package let isImportanceCapped: Bool
    /// k; 0 where there is no reference.
    package let divergence: Double
    package let clip: Clip
  }

  /// - Precondition: numbers are finite; there is a reference where beta is above 0.
  package func term(_ token: Token) -> Term {
    let advantage = token.advantage
    let (ratio, ratioSlope) = Self.exponential(token.current - token.old)
    var surrogate = ratio * advantage
    var slope = ratioSlope * advantage
    var clip = Clip.none
    let bounded = min(max(ratio, 1 - clipLow), 1 + clipHigh) * advantage
    if bounded < surrogate {
      surrogate = bounded
      slope = 0
      clip = advantage > 0 ? .high : .low
    }
    if let dualClip, advantage < 0, surrogate < dualClip * advantage {
      surrogate = dualClip * advantage
      slope = 0
      clip = .dual
    }
    let (importance, isCapped) = importance(of: token)
    let (divergence, divergenceSlope) = divergence(of: token)
    return Term(
      loss: token.weight * (klCoefficient * divergence - importance * surrogate),
      gradient: token.weight * (klCoefficient * divergenceSlope - importance * slope), ratio: ratio,
      importance: importance, isImportanceCapped: isCapped, divergence: divergence, clip: clip)
  }

  private func importance(of token: Token) -> (value: Double, isCapped: Bool) {
    guard let importanceCap, let rollout = token.rollout else { return (1, false) }
    let (value, _) = Self.exponential(token.old - rollout)
    return (min(value, importanceCap), value > importanceCap)
  }

  /// k3 and its derivative by ln p.
  private func divergence(of token: Token) -> (value: Double, slope: Double) {
    guard let reference = token.reference else {
      precondition(klCoefficient == 0, "a divergence needs a reference")
      return (0, 0)
    }
    let log = reference - token.current
    let (ratio, slope) = Self.exponential(log)
    let isHeld = abs(log) > Self.logRatioMax
    let held = min(max(log, -Self.logRatioMax), Self.logRatioMax)
    return (ratio - held - 1, isHeld ? 0 : 1 - slope)
  }

  /// e^x with x held to `logRatioMax`, and its derivative.
  private static func exponential(_ x: Double) -> (value: Double, slope: Double) {
    precondition(x.isFinite, "log probabilities are numbers")
    let value = exp(min(max(x, -logRatioMax), logRatioMax))
    return (value, abs(x) > logRatioMax ? 0 : value)
  }
}
