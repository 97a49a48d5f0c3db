/// How often a judge is right, and how sure that number is.
package struct AccuracyEstimate: Sendable, Equatable, Codable {
  /// Pairs.
  package var n: Int
  package var right: Int
  /// Right of n, 0...1; nil for n = 0.
  package var accuracy: Double?
  /// 95 %, by author: [low, high]; nil for fewer than two authors.
  package var interval: [Double]?
  /// 95 %, as if all pairs were independent: [low, high]; nil for n = 0.
  package var binomialInterval: [Double]?
  package var authors: Int

  package enum CodingKeys: String, CodingKey {
    case n, right, accuracy, interval, authors
    case binomialInterval = "binomial_interval"
  }

  /// - Parameter results: whose pair it was and whether the judge was right.
  package init(_ results: some Collection<(author: String, isRight: Bool)>, seed: UInt64) {
    n = results.count
    right = results.count(where: \.isRight)
    accuracy = n > 0 ? Double(right) / Double(n) : nil
    let tallies = Intervals.tallies(results.map { (author: $0.author, value: $0.isRight ? 1 : 0) })
    authors = tallies.count
    interval = Intervals.byAuthor(tallies, seed: seed).map { [$0.lowerBound, $0.upperBound] }
    binomialInterval = Intervals.wilson(right: right, of: n).map { [$0.lowerBound, $0.upperBound] }
  }

  /// Of pairs by what became of them over all orders.
  package init(_ pairs: some Collection<JudgedPair>, seed: UInt64) {
    self.init(pairs.map { (author: $0.author, isRight: $0.outcome == .right) }, seed: seed)
  }

  /// The interval by author, or, where there are too few for one, the binomial.
  package var widest: ClosedRange<Double>? {
    guard let ends = interval ?? binomialInterval else { return nil }
    return ends[0]...ends[1]
  }

  /// Estimates by a name, such as the negative kind, in the order of names.
  package static func by(
    _ pairs: [JudgedPair], seed: UInt64, _ name: (JudgedPair) -> String?
  ) -> [String: AccuracyEstimate] {
    var groups: [String: [JudgedPair]] = [:]
    for pair in pairs { if let name = name(pair) { groups[name, default: []].append(pair) } }
    return groups.mapValues { AccuracyEstimate($0, seed: seed) }
  }
}

/// A number of all and what share it is.
package struct Share: Sendable, Equatable, Codable {
  package var count: Int
  package var n: Int
  /// Nil for n = 0.
  package var rate: Double?

  package init(_ count: Int, of n: Int) {
    self.count = count
    self.n = n
    rate = n > 0 ? Double(count) / Double(n) : nil
  }
}
