/// Whether a judge goes by length.
package struct LengthMeasures: Sendable, Equatable, Codable {
  package struct Bin: Sendable, Equatable, Codable {
    /// Words of the preferred response less those of the other: at least this; nil for no end.
    package var low: Int?
    /// Less than this; nil for no end.
    package var high: Int?
    package var accuracy: AccuracyEstimate

    /// For people.
    package var name: String {
      switch (low, high) {
      case (nil, let high?): "below \(high)"
      case (let low?, nil): "\(low) and more"
      case (let low?, let high?): "\(low) to \(high - 1)"
      case (nil, nil): "all"
      }
    }
  }

  /// Verdicts for the longer response, of verdicts that name one where lengths differ: 0.5 is without preference where
  /// neither response is the longer one more often.
  package var longerChosen: Share
  /// Pairs whose preferred response is the longer, of those whose lengths differ: what `longerChosen` would be of a
  /// judge that is always right.
  package var longerPreferred: Share
  /// By words of the preferred response less those of the other.
  package var bins: [Bin]
  /// Correlation (Pearson) of the margin of A over B with the words of A less those of B; nil where one of them does
  /// not vary.
  package var correlation: Double?

  package enum CodingKeys: String, CodingKey {
    case bins, correlation
    case longerChosen = "longer_chosen"
    case longerPreferred = "longer_preferred"
  }

  static let edges = [-50, -10, 11, 51]

  package init(_ pairs: [JudgedPair], seed: UInt64) {
    let uneven = pairs.filter { $0.wordsA != $0.wordsB }
    let named = uneven.filter { $0.winner == .a || $0.winner == .b }
    longerChosen = Share(named.count { ($0.winner == .a) == ($0.wordsA > $0.wordsB) }, of: named.count)
    longerPreferred = Share(uneven.count { $0.extraWords > 0 }, of: uneven.count)
    let lows = [Int?.none] + Self.edges.map { $0 }
    let highs = Self.edges.map { Int?.some($0) } + [nil]
    bins = zip(lows, highs).map { low, high in
      let inside = pairs.filter { pair in
        (low.map { pair.extraWords >= $0 } ?? true) && (high.map { pair.extraWords < $0 } ?? true)
      }
      return Bin(low: low, high: high, accuracy: AccuracyEstimate(inside, seed: seed))
    }
    correlation = Self.correlation(
      pairs.compactMap { pair in pair.margin.map { (x: Double(pair.wordsA - pair.wordsB), y: $0) } })
  }

  static func correlation(_ points: [(x: Double, y: Double)]) -> Double? {
    guard points.count > 1 else { return nil }
    let count = Double(points.count)
    let (meanX, meanY) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for point in points {
      let (x, y) = (point.x - meanX, point.y - meanY)
      xx += x * x
      yy += y * y
      xy += x * y
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
  }
}
