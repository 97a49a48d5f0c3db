/// How likely each pair of integer parts is: the first number's distribution, and for each value of it the second's.
///
/// A model writes the second number knowing the first, and a model that is undecided between "A: 8, B: 3" and "A: 3,
/// B: 8" gives A's 8 and 3 about the same share; what it thinks of B is then neither what it says after 8 nor after 3,
/// but both in their shares. The table holds just that, without drawing or picking a first number.
package struct ScoreTable: Sendable, Equatable {
  /// Of the first number and, by row, of the second where the first is that number; rows of share 0 are not looked at.
  private let first: [Double]
  private let rows: [[Double]]

  /// - Parameter seconds: the second number's distribution by the first number, 1...10; first numbers that are not
  ///   there count as impossible, and the others' shares are scaled up in their place.
  /// - Returns: nil where no first number with a share above zero has a second.
  package init?(first: ScoreDistribution, seconds: [Int: ScoreDistribution]) {
    let shares = (1...10).map { seconds[$0] == nil ? 0 : first.probabilities[$0 - 1] }
    let sum = shares.reduce(0, +)
    guard sum > 0 else { return nil }
    self.first = shares.map { $0 / sum }
    rows = (1...10).map { seconds[$0]?.probabilities ?? [] }
  }

  /// The second number's distribution, whatever the first is.
  package var second: ScoreDistribution? {
    ScoreDistribution(
      weights: (0..<10).map { value in
        zip(first, rows).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * $1.1[value] : 0) }
      })
  }

  /// P(first > second) + P(first = second)/2.
  package var probabilityFirst: Double {
    var probability = 0.0
    for (value, (share, row)) in zip(first, rows).enumerated() where share > 0 {
      probability += share * (row[..<value].reduce(0, +) + row[value] / 2)
    }
    return min(max(probability, 0), 1)
  }

  /// The first numbers worth asking the second of: the likeliest ones, until their shares together reach `coverage`.
  ///
  /// - Returns: in ascending order, at least one and at most `countMax`; of equally likely ones the smaller go first.
  package static func firstNumbers(of first: ScoreDistribution, coverage: Double, countMax: Int) -> [Int] {
    let ranked = (1...10).sorted {
      let (one, other) = (first.probabilities[$0 - 1], first.probabilities[$1 - 1])
      return one != other ? one > other : $0 < $1
    }
    var chosen: [Int] = []
    var covered = 0.0
    for number in ranked where chosen.count < countMax && covered < coverage {
      chosen.append(number)
      covered += first.probabilities[number - 1]
    }
    return chosen.sorted()
  }
}
