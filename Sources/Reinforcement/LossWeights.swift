/// How much each token of a batch counts in its loss, decided before anything is computed.
///
/// A loss over completions of different lengths is a mean of some kind. Written as one weight for each token, known
/// from the lengths alone, it no longer matters how a batch is cut into passes, packed, or shared out among ranks: each
/// part adds its weighted sum, and the parts add up to the same loss.
package enum LossWeights: String, Sendable, Codable, CaseIterable {
  /// The mean over completions of the mean over each one's tokens: every completion counts alike, and so a token of a
  /// long one less.
  case sequenceMean = "sequence-mean"
  /// The mean over all tokens of the batch: every token counts alike, and so a long completion more.
  case tokenMean = "token-mean"

  /// The weight of each token of each completion; over all tokens they sum to 1.
  ///
  /// - Parameter lengths: tokens of each completion of the whole batch, over all ranks; each 1 or more.
  /// - Source: Shao et al. 2024 (arXiv 2402.03300) equation 3 for sequences; Yu et al. 2025 (arXiv 2503.14476)
  ///   section 3.3 for tokens.
  package func weights(lengths: [Int]) -> [Double] {
    precondition(lengths.allSatisfy { $0 >= 1 }, "a completion has a token")
    switch self {
    case .sequenceMean: return lengths.map { 1 / (Double(lengths.count) * Double($0)) }
    case .tokenMean:
      let total = Double(lengths.reduce(0, +))
      return lengths.map { _ in 1 / total }
    }
  }
}
