/// How the scores a judge gives spread, by where the response was shown. A judge without preference gives both slots
/// the same spread.
package struct SlotScores: Sendable, Equatable, Codable {
  package struct Slot: Sendable, Equatable, Codable {
    package var n: Int
    package var mean: Double?
    /// Scores from 1 to 10 in steps of half a point, the last with 10 itself.
    package var histogram: [Int]

    init(_ scores: [Double]) {
      n = scores.count
      mean = scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
      histogram = Array(repeating: 0, count: SlotScores.bins)
      for score in scores { histogram[min(max(Int((score - 1) * 2), 0), SlotScores.bins - 1)] += 1 }
    }
  }

  static let bins = 18

  /// Of the response shown first.
  package var first: Slot
  package var second: Slot

  package init(_ pairs: [JudgedPair]) {
    first = Slot(Self.scores(pairs, isFirst: true))
    second = Slot(Self.scores(pairs, isFirst: false))
  }

  /// All scores of one slot.
  static func scores(_ pairs: [JudgedPair], isFirst: Bool) -> [Double] {
    pairs.flatMap { pair in
      pair.answers.compactMap { ($0.order == .ab) == isFirst ? $0.scoreA : $0.scoreB }
    }
  }
}
