/// What asking more than once is worth: accuracy by the number of draws.
package struct VotingMeasures: Sendable, Equatable, Codable {
  package struct Step: Sendable, Equatable, Codable {
    /// Draws of each order that count.
    package var k: Int
    /// By the winner that most of the first k draws name. Draws that tie or are no verdict name none; as many votes for
    /// either is a tie, and wrong.
    package var majority: AccuracyEstimate
    /// By the mean margin of those of the first k draws that are verdicts; none of them: malformed, and wrong.
    package var meanScore: AccuracyEstimate

    package enum CodingKeys: String, CodingKey {
      case k, majority
      case meanScore = "mean_score"
    }
  }

  package var steps: [Step]
  /// Pairs that are in no step, for they were asked once only.
  package var leftOut: Int

  package enum CodingKeys: String, CodingKey {
    case steps
    case leftOut = "left_out"
  }

  /// All steps are of the same pairs, those asked more than once, up to the least number of draws that one of them has.
  ///
  /// - Returns: nil where no pair was asked more than once.
  package init?(_ pairs: [JudgedPair], seed: UInt64) {
    func draws(_ pair: JudgedPair) -> Int { pair.answers.map { $0.votes?.count ?? 1 }.min() ?? 0 }
    let asked = pairs.filter { draws($0) > 1 }
    guard let most = asked.map(draws).min() else { return nil }
    leftOut = pairs.count - asked.count
    steps = (1...most).map { k in
      Step(
        k: k,
        majority: AccuracyEstimate(
          asked.map { (author: $0.author, isRight: Self.majority($0, k) == JudgedPair.Choice($0.preferred)) },
          seed: seed),
        meanScore: AccuracyEstimate(
          asked.map { (author: $0.author, isRight: Self.meanScore($0, k) == JudgedPair.Choice($0.preferred)) },
          seed: seed))
    }
  }

  private static func votes(_ pair: JudgedPair, _ k: Int) -> [JudgedPair.Vote] {
    pair.answers.flatMap { ($0.votes ?? []).prefix(k) }
  }

  static func majority(_ pair: JudgedPair, _ k: Int) -> JudgedPair.Choice {
    let votes = votes(pair, k)
    let (a, b) = (votes.count { $0.winner == .a }, votes.count { $0.winner == .b })
    return a == b ? .tie : a > b ? .a : .b
  }

  static func meanScore(_ pair: JudgedPair, _ k: Int) -> JudgedPair.Choice? {
    let margins = votes(pair, k).compactMap(\.margin)
    if margins.isEmpty { return nil }
    let mean = margins.reduce(0, +) / Double(margins.count)
    return abs(mean) < JudgedPair.tieMargin ? .tie : mean > 0 ? .a : .b
  }
}
