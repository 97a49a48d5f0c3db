private import Glibc

/// Two judges on the same pairs: whether one is better, by a test that looks at the pairs they disagree on.
package struct PairedComparison: Sendable, Equatable, Codable {
  package var n: Int
  package var first: AccuracyEstimate
  package var second: AccuracyEstimate
  /// Accuracy of the second less that of the first.
  package var difference: Double
  /// 95 % about `difference`, by author: [low, high]; nil for fewer than two authors.
  package var differenceInterval: [Double]?
  package var bothRight: Int
  package var bothWrong: Int
  /// Ids of the pairs that only the first has right, in the first's order.
  package var lost: [String]
  /// Ids of the pairs that only the second has right.
  package var gained: [String]
  /// How likely a split at least this uneven would be, were both equally good: McNemar's exact test, two-sided.
  package var pValue: Double
  package var authors: Int

  package enum CodingKeys: String, CodingKey {
    case n, first, second, difference, lost, gained, authors
    case differenceInterval = "difference_interval"
    case bothRight = "both_right"
    case bothWrong = "both_wrong"
    case pValue = "p_value"
  }

  /// - Throws: `empty` for no pairs, `differentPairs` unless both have the same ids, `differentPair` where one id
  ///   stands for pairs of different authors or answers, `duplicate` where an id is there twice.
  package init(_ first: [JudgedPair], _ second: [JudgedPair], seed: UInt64) throws(EvaluationError) {
    let firstByID = try Self.byID(first, "first set")
    let secondByID = try Self.byID(second, "second set")
    let onlyFirst = firstByID.keys.filter { secondByID[$0] == nil }.sorted()
    let onlySecond = secondByID.keys.filter { firstByID[$0] == nil }.sorted()
    guard onlyFirst.isEmpty, onlySecond.isEmpty else {
      throw .differentPairs(onlyFirst: onlyFirst, onlySecond: onlySecond)
    }
    if first.isEmpty { throw .empty("pairs to compare") }
    var differences: [(author: String, value: Double)] = []
    var (bothRight, bothWrong, lost, gained) = (0, 0, [String](), [String]())
    for pair in first {
      guard let other = secondByID[pair.id] else { continue }
      if pair.preferred != other.preferred { throw .differentPair(id: pair.id, field: "preferred") }
      if pair.author != other.author { throw .differentPair(id: pair.id, field: "author") }
      let (was, isNow) = (pair.outcome == .right, other.outcome == .right)
      switch (was, isNow) {
      case (true, true): bothRight += 1
      case (false, false): bothWrong += 1
      case (true, false): lost.append(pair.id)
      case (false, true): gained.append(pair.id)
      }
      differences.append((author: pair.author, value: (isNow ? 1 : 0) - (was ? 1 : 0)))
    }
    n = first.count
    self.first = AccuracyEstimate(first, seed: seed)
    self.second = AccuracyEstimate(second, seed: seed)
    difference = Double(gained.count - lost.count) / Double(n)
    let tallies = Intervals.tallies(differences)
    differenceInterval = Intervals.byAuthor(tallies, seed: seed).map { [$0.lowerBound, $0.upperBound] }
    authors = tallies.count
    pValue = Self.mcNemar(lost.count, gained.count)
    (self.bothRight, self.bothWrong, self.lost, self.gained) = (bothRight, bothWrong, lost, gained)
  }

  private static func byID(_ pairs: [JudgedPair], _ name: String) throws(EvaluationError) -> [String: JudgedPair] {
    var byID: [String: JudgedPair] = [:]
    for pair in pairs where byID.updateValue(pair, forKey: pair.id) != nil {
      throw .duplicate(file: name, id: pair.id)
    }
    return byID
  }

  /// P(a split of lost + gained fair coin throws at least as uneven as this one), both sides.
  ///
  /// - Complexity: O(min(lost, gained)).
  /// - Source: McNemar 1947, Psychometrika 12; exact form as the sign test.
  package static func mcNemar(_ lost: Int, _ gained: Int) -> Double {
    let (n, few) = (lost + gained, min(lost, gained))
    if lost == gained { return 1 }
    // ln of n choose k, from one k to the next.
    var logChoose = 0.0
    var sum = 0.0
    for k in 0...few {
      if k > 0 { logChoose += log(Double(n - k + 1) / Double(k)) }
      sum += exp(logChoose - Double(n) * log(2))
    }
    return min(1, 2 * sum)
  }
}
