/// Names of what is measured, the same in `metrics.jsonl`, in TensorBoard and in the report.
///
/// `train/…` is of the steps' own data, `eval/…` of held-out data, as OpenRLHF, TRL and verl name theirs. Rates and
/// accuracies are fractions of 1. A run may log any other tag; the report shows those in its last section.
package enum MetricTag {
  /// Mean over the step's loss tokens, nats per token; with reinforcement, the policy objective.
  package static let loss = "train/loss"
  package static let learningRate = "train/learning_rate"
  /// Before clipping, over all trained parameters.
  package static let gradientNorm = "train/gradient_norm"
  /// Tokens of the step that went forward and backward, per second of its wall time.
  package static let tokensPerSecond = "train/tokens_per_second"
  /// Passes over the data, with fraction.
  package static let epoch = "train/epoch"

  /// Mean over held-out loss tokens, nats per token.
  package static let evalLoss = "eval/loss"
  package static let evalAccuracy = "eval/accuracy"
  package static let evalMalformedRate = "eval/malformed_rate"
  package static let evalTieRate = "eval/tie_rate"

  package static let reward = "train/reward"
  /// Standard deviation over the step's samples.
  package static let rewardDeviation = "train/reward_std"
  /// Mean of the groups' standard deviations.
  package static let rewardGroupDeviation = "train/reward_group_std"
  /// Groups whose samples all have one reward, so that nothing is learnt of them.
  package static let zeroVarianceRate = "train/zero_variance_rate"
  package static let accuracy = "train/accuracy"
  package static let formatRate = "train/format_rate"
  package static let tieRate = "train/tie_rate"
  package static let truncationRate = "train/truncation_rate"
  /// Of decided samples, those that prefer the response shown first.
  package static let aRate = "train/a_rate"
  /// To the reference policy, nats per token.
  package static let kl = "train/kl"
  /// Of the policy, nats per token.
  package static let entropy = "train/entropy"
  /// Tokens whose objective was clipped.
  package static let clipRate = "train/clip_rate"
  package static let clipLowRate = "train/clip_low_rate"
  package static let clipHighRate = "train/clip_high_rate"
  /// Tokens of a sample: mean and longest.
  package static let length = "train/length"
  package static let lengthMax = "train/length_max"

  /// What a line says of itself, no tag: these names are taken.
  static let reserved: Set<String> = ["step", "time", "wall_seconds", "not_finite"]

  /// Why a tag cannot be used; nil where it can.
  static func fault(_ tag: String) -> String? {
    if tag.isEmpty { return "a tag is empty" }
    if reserved.contains(tag) { return "the tag \(tag) has a meaning of its own" }
    return tag.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? nil : "the tag \(tag) has other than visible ASCII"
  }
}
