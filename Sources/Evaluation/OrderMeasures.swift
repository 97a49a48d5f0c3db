/// What the order of the responses does to a judge that was asked in both.
package struct OrderMeasures: Sendable, Equatable, Codable {
  /// Pairs asked in both orders.
  package var n: Int
  /// Pairs whose two orders name the same response, a tie in both included; of pairs with a verdict in both.
  package var consistency: Share
  /// Verdicts for the response shown first, of verdicts that name one: 0.5 is without preference.
  package var firstSlot: Share
  /// Right in both orders, each alone.
  package var bothRight: AccuracyEstimate
  /// Right in each order alone.
  package var ab: AccuracyEstimate
  package var ba: AccuracyEstimate
  /// Right by the mean of both orders' scores.
  package var averaged: AccuracyEstimate
  /// Pairs by what became of them in order ab (first index) and ba, each in the order of `Outcome.allCases`.
  package var confusion: [[Int]]

  package enum CodingKeys: String, CodingKey {
    case n, consistency, ab, ba, averaged, confusion
    case firstSlot = "first_slot"
    case bothRight = "both_right"
  }

  /// - Returns: nil where no pair was asked in both orders.
  package init?(_ pairs: [JudgedPair], seed: UInt64) {
    let both = pairs.filter { $0.answers.count == 2 }
    if both.isEmpty { return nil }
    n = both.count
    var (same, decided, first, named) = (0, 0, 0, 0)
    var confusion = Array(repeating: Array(repeating: 0, count: Outcome.allCases.count), count: Outcome.allCases.count)
    for pair in both {
      let winners = pair.answers.compactMap(\.winner)
      if winners.count == 2 {
        decided += 1
        if winners[0] == winners[1] { same += 1 }
      }
      for answer in pair.answers {
        guard let winner = answer.winner, winner != .tie else { continue }
        named += 1
        if (winner == .a) == (answer.order == .ab) { first += 1 }
      }
      if let ab = pair.outcome(in: .ab).flatMap(Outcome.allCases.firstIndex(of:)),
        let ba = pair.outcome(in: .ba).flatMap(Outcome.allCases.firstIndex(of:))
      {
        confusion[ab][ba] += 1
      }
    }
    consistency = Share(same, of: decided)
    firstSlot = Share(first, of: named)
    self.confusion = confusion
    func estimate(_ isRight: (JudgedPair) -> Bool) -> AccuracyEstimate {
      AccuracyEstimate(both.map { (author: $0.author, isRight: isRight($0)) }, seed: seed)
    }
    bothRight = estimate { $0.outcome(in: .ab) == .right && $0.outcome(in: .ba) == .right }
    ab = estimate { $0.outcome(in: .ab) == .right }
    ba = estimate { $0.outcome(in: .ba) == .right }
    averaged = estimate { $0.outcome == .right }
  }
}
