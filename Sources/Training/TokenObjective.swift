/// What one target token adds to a loss.
package struct TokenTerm: Sendable, Equatable {
  /// Its share of the loss.
  package var loss: Double
  /// d loss / d log p(token).
  package var gradient: Float

  package init(loss: Double, gradient: Float) {
    self.loss = loss
    self.gradient = gradient
  }
}

/// A loss that is a sum over target tokens of a function of their log probabilities.
///
/// Likelihood and clipped policy gradients are such sums, with weights known beforehand. That makes the output head
/// cheap: a strip of rows of logits is made, turned into a gradient and forgotten.
package protocol TokenObjective: Sendable {
  /// - Parameters:
  ///   - target: index among the targets of the micro-batch.
  ///   - logProbability: natural logarithm, under the current parameters.
  func term(target: Int, logProbability: Float) -> TokenTerm
}

/// Negative log likelihood: sum of -weight * log p.
package struct CrossEntropy: TokenObjective {
  /// Of each target; 1 / targets of the whole batch for a mean over tokens.
  package var weights: [Float]

  package init(weights: [Float]) { self.weights = weights }

  /// The same weight for all.
  package init(count: Int, weight: Float) { weights = [Float](repeating: weight, count: count) }

  package func term(target: Int, logProbability: Float) -> TokenTerm {
    TokenTerm(loss: -Double(weights[target]) * Double(logProbability), gradient: -weights[target])
  }
}
