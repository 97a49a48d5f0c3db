/// How much better each completion of a group did than its fellows: what takes the place of a critic.
///
/// Theory of operation. The completions of one prompt are compared with each other alone, so that an easy prompt does
/// not look like a good answer. A group whose rewards are all equal says nothing: its advantages are exactly zero, and
/// it is marked, so that it can be counted or replaced (`GroupCollection`).
///
/// - Source: Shao et al. 2024 (GRPO, arXiv 2402.03300) section 4.1.2 for mean and deviation; Liu et al. 2025
///   (Dr. GRPO, arXiv 2503.20783) for leaving the deviation out, which weighs hard and easy prompts alike; Ahmadian et
///   al. 2024 (RLOO, arXiv 2402.14740) for leave-one-out.
package struct GroupAdvantages: Sendable, Equatable {
  /// What a reward is compared with.
  package enum Baseline: String, Sendable, Codable, CaseIterable {
    /// The mean of the whole group.
    case mean
    /// The mean of the others, which makes the estimate unbiased: n/(n-1) times the difference from the whole mean.
    case leaveOneOut = "leave-one-out"
  }

  /// What the difference is divided by.
  package enum Scale: String, Sendable, Codable, CaseIterable {
    /// Nothing.
    case none
    /// The deviation of a sample: squares divided by n - 1. This is what PyTorch's `std` gives by default.
    case sample
    /// The deviation of the whole: squares divided by n.
    case population
  }

  /// What is done with rewards.
  package struct Settings: Sendable, Equatable, Codable {
    package var baseline: Baseline
    package var scale: Scale
    /// Added to the deviation, so that a small one does not make large advantages; above 0.
    package var epsilon: Double

    package init(baseline: Baseline = .mean, scale: Scale = .sample, epsilon: Double = 1e-6) {
      self.baseline = baseline
      self.scale = scale
      self.epsilon = epsilon
    }
  }

  /// One for each reward; they sum to zero.
  package let values: [Double]
  /// Of the rewards.
  package let mean: Double
  /// Of the rewards, by the settings' scale; that of the sample where they scale by nothing, for the log.
  package let deviation: Double
  /// Whether the rewards differ. Where not, all values are exactly 0.
  package let hasVariance: Bool

  /// - Parameter rewards: of one group's completions; finite, at least one. One alone has no variance.
  /// - Complexity: O(rewards).
  package init(_ rewards: [Double], settings: Settings) {
    precondition(!rewards.isEmpty && rewards.allSatisfy(\.isFinite), "rewards are numbers")
    precondition(settings.epsilon > 0)
    let count = Double(rewards.count)
    let mean = rewards.reduce(0, +) / count
    self.mean = mean
    // By comparison: the mean of equal numbers may be off in its last bit, and its deviation with it.
    hasVariance = rewards.contains { $0 != rewards[0] }
    guard hasVariance else {
      deviation = 0
      values = rewards.map { _ in 0 }
      return
    }
    let squares = rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / (settings.scale == .population ? count : count - 1)).squareRoot()
    self.deviation = deviation
    let stretch = settings.baseline == .leaveOneOut ? count / (count - 1) : 1
    let divisor = settings.scale == .none ? 1 : deviation + settings.epsilon
    values = rewards.map { stretch * ($0 - mean) / divisor }
  }
}
