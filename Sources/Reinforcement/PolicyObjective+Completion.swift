/// A completion's log probabilities, as a trainer has them.
package struct ScoredCompletion: Sendable, Equatable {
  /// Of each drawn token, the end of turn included: ln p. See `PolicyObjective`.
  package var current: [Float]
  /// ln q.
  package var old: [Float]
  /// ln e; nil where it is not known.
  package var rollout: [Float]?
  /// ln f; nil where beta is 0.
  package var reference: [Float]?
  /// In nats, of the distribution each token was drawn from; nil where it was not computed. Only for the log.
  package var entropies: [Float]?
  package var advantage: Double
  /// Of each of its tokens: `LossWeights`.
  package var weight: Double

  package init(
    current: [Float], old: [Float], rollout: [Float]? = nil, reference: [Float]? = nil, entropies: [Float]? = nil,
    advantage: Double, weight: Double
  ) {
    self.current = current
    self.old = old
    self.rollout = rollout
    self.reference = reference
    self.entropies = entropies
    self.advantage = advantage
    self.weight = weight
  }
}

/// Why a loss cannot be computed.
package enum PolicyObjectiveError: Error, Sendable, Equatable {
  /// A log probability is not a number, or is infinite: weights went wrong. The token counts from 0 in its completion.
  case notFinite(name: String, token: Int)
}

extension PolicyObjectiveError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFinite(let name, let token):
      "the \(name) log probability of token \(token) of a completion is not a finite number: the weights, or those of "
        + "the adapter, are broken, or the learning rate is far too high"
    }
  }
}

extension PolicyObjective {
  /// The derivatives of the batch's loss by the log probabilities of one completion's tokens.
  ///
  /// - Parameter statistics: its loss and its tokens are added.
  /// - Returns: [tokens] d loss / d ln p, what a backward pass starts from.
  /// - Throws: `notFinite`, with `statistics` unchanged.
  /// - Precondition: all arrays have one element for each token; there is a reference where beta is above 0.
  /// - Complexity: O(tokens).
  package func gradients(
    of completion: ScoredCompletion, adding statistics: inout PolicyStatistics
  ) throws(PolicyObjectiveError) -> [Float] {
    let count = completion.current.count
    let parts = [
      ("current", completion.current), ("old", completion.old), ("rollout", completion.rollout),
      ("reference", completion.reference),
    ]
    for (name, values) in parts {
      guard let values else { continue }
      precondition(values.count == count, "one log probability for each token")
      if let token = values.firstIndex(where: { !$0.isFinite }) { throw .notFinite(name: name, token: token) }
    }
    var sums = PolicyStatistics()
    let gradients = (0..<count).map { index in
      let token = Token(
        current: Double(completion.current[index]), old: Double(completion.old[index]),
        rollout: completion.rollout.map { Double($0[index]) },
        reference: completion.reference.map { Double($0[index]) }, advantage: completion.advantage,
        weight: completion.weight)
      let term = term(token)
      sums.add(term, of: token)
      return Float(term.gradient)
    }
    if let entropies = completion.entropies { sums.add(entropies: entropies) }
    statistics.add(sums)
    return gradients
  }
}
