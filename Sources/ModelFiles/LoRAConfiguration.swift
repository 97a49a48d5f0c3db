/// What an adapter is beside its matrices.
package struct LoRAConfiguration: Sendable, Equatable {
  /// Rows of A and columns of B.
  package var rank: Int
  /// Strength: the change is scaled by alpha / rank, or alpha / sqrt(rank).
  package var alpha: Double
  /// Share of A's inputs that training sets to zero; 0 up to, not including, 1. Without effect on a trained adapter.
  package var dropout: Double
  /// The last parts of the names of the modules it changes, sorted: "k_proj", "q_proj".
  package var targetModules: [String]
  /// Rank-stabilised scaling: alpha / sqrt(rank).
  package var usesRSLoRA: Bool
  /// What the model it was trained on is called; for people, and for other programs to find it.
  package var baseModelName: String?
  /// SHA-256, hexadecimal, of the files of the model it was trained on (`ModelCheckpoint.fileFingerprint`).
  package var baseFingerprint: String?

  /// The linear projections of a layer: all that an adapter can change.
  package static let projections = [
    "down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj",
  ]

  package init(
    rank: Int, alpha: Double, dropout: Double = 0, targetModules: [String] = projections, usesRSLoRA: Bool = false,
    baseModelName: String? = nil, baseFingerprint: String? = nil
  ) {
    precondition(rank > 0 && alpha.isFinite && alpha > 0 && dropout >= 0 && dropout < 1)
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targetModules = targetModules.sorted()
    self.usesRSLoRA = usesRSLoRA
    self.baseModelName = baseModelName
    self.baseFingerprint = baseFingerprint
  }

  /// What B A is multiplied by.
  ///
  /// - Source: Kalajdzievski 2023 (arXiv:2312.03732) for the square root.
  package var scale: Float {
    Float(usesRSLoRA ? alpha / Double(rank).squareRoot() : alpha / Double(rank))
  }
}
