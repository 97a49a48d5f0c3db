/// What low-rank adaptation trains: W + scale * B A in place of W, with A [rank, inputs] and B [outputs, rank].
///
/// - Source: Hu et al. 2021 (arXiv:2106.09685); rsLoRA: Kalajdzievski 2023 (arXiv:2312.03732).
package struct LoRASettings: Sendable, Equatable, Codable {
  /// The linear layers of a decoder, by their names in Hugging Face's models.
  package enum Target: String, Sendable, Codable, CaseIterable {
    case queries = "q_proj"
    case keys = "k_proj"
    case values = "v_proj"
    case attentionOutput = "o_proj"
    case gate = "gate_proj"
    case up = "up_proj"
    case down = "down_proj"
  }

  package var rank: Int
  package var alpha: Double
  /// Share of an adapter's inputs that a step leaves out at random.
  package var dropout: Double
  package var targets: [Target]
  /// Scale by alpha / sqrt(rank) instead of alpha / rank.
  package var usesRSLoRA: Bool

  package init(
    rank: Int = 16, alpha: Double = 32, dropout: Double = 0, targets: [Target] = Target.allCases,
    usesRSLoRA: Bool = false
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
    self.usesRSLoRA = usesRSLoRA
  }

  /// The rank above which an adapter is no smaller than what it adapts, in any model there is.
  package static let rankMax = 1024

  package var scale: Float { Float(usesRSLoRA ? alpha / Double(rank).squareRoot() : alpha / Double(rank)) }

  /// What is wrong, naming the flag; nil where nothing is.
  package var fault: String? {
    if !(1...Self.rankMax).contains(rank) { return "--lora-rank must be 1 to \(Self.rankMax), not \(rank)" }
    if !(alpha > 0 && alpha.isFinite) { return "--lora-alpha must be more than 0, not \(alpha)" }
    if !(dropout >= 0 && dropout < 1) { return "--lora-dropout must be at least 0 and below 1, not \(dropout)" }
    if targets.isEmpty { return "--lora-targets names no layer" }
    if Set(targets).count < targets.count { return "--lora-targets names a layer twice" }
    return nil
  }
}

/// What of a model is trained.
package enum TrainedPart: Sendable, Equatable {
  /// Low-rank adapters over weights that stay as they are.
  case adapters(LoRASettings)
  /// Every weight.
  case everything
}
