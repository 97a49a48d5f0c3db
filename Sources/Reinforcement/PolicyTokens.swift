package import Training

/// The policy loss of a micro-batch, as a trainer asks for it: token by token, in the order of the batch's targets.
package struct PolicyTokens: Sendable, Equatable {
  package let objective: PolicyObjective
  /// Of each target, all that does not depend on the policy as it is now.
  package private(set) var tokens: [Known] = []

  /// What is known of a target beforehand.
  package struct Known: Sendable, Equatable {
    /// ln q; nil where the step began with the policy as it is now, so that q is p: the ratio is then exactly 1.
    package var old: Float?
    package var rollout: Float?
    package var reference: Float?
    package var advantage: Double
    package var weight: Double
  }

  package init(_ objective: PolicyObjective) { self.objective = objective }

  /// Adds a completion's tokens.
  ///
  /// - Parameter weight: of each of its tokens: `LossWeights`.
  /// - Precondition: what is known of it has one element for each of its tokens.
  package mutating func append(_ sequence: PolicySequence, weight: Double) {
    let count = sequence.completion.count
    precondition(
      [sequence.old, sequence.rollout, sequence.reference].allSatisfy { $0.map { $0.count == count } ?? true })
    for index in 0..<count {
      tokens.append(
        Known(
          old: sequence.old?[index], rollout: sequence.rollout?[index], reference: sequence.reference?[index],
          advantage: sequence.advantage, weight: weight))
    }
  }

  /// The part of a target's token; nil where one of its log probabilities is no finite number.
  package func term(of target: Int, logProbability: Float) -> (
    term: PolicyObjective.Term, token: PolicyObjective.Token
  )? {
    let known = tokens[target]
    let old = known.old ?? logProbability
    guard [logProbability, old, known.rollout ?? 0, known.reference ?? 0].allSatisfy(\.isFinite) else { return nil }
    let token = PolicyObjective.Token(
      current: Double(logProbability), old: Double(old), rollout: known.rollout.map { Double($0) },
      reference: known.reference.map { Double($0) }, advantage: known.advantage, weight: known.weight)
    return (objective.term(token), token)
  }

  /// What a pass over the micro-batch found.
  ///
  /// - Parameters:
  ///   - logProbabilities: of the targets, as the pass had them.
  ///   - entropies: of the targets' distributions.
  package func statistics(logProbabilities: [Float], entropies: [Float]) -> PolicyStatistics {
    precondition(logProbabilities.count == tokens.count)
    var statistics = PolicyStatistics()
    for (target, logProbability) in logProbabilities.enumerated() {
      guard let (term, token) = term(of: target, logProbability: logProbability) else { continue }
      statistics.add(term, of: token)
    }
    statistics.add(entropies: entropies)
    return statistics
  }
}

extension PolicyTokens: TokenObjective {
  /// A token whose log probabilities are broken makes loss and gradient NaN, which the trainer refuses before the
  /// weights are touched.
  package func term(target: Int, logProbability: Float) -> TokenTerm {
    guard let (term, _) = term(of: target, logProbability: logProbability) else {
      return TokenTerm(loss: .nan, gradient: .nan)
    }
    return TokenTerm(loss: term.loss, gradient: Float(term.gradient))
  }
}
