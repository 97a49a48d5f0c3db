private import Glibc
import Randomness

/// How many of how many, for one author.
struct AuthorTally: Sendable, Equatable {
  var sum: Double
  var count: Int
}

/// Intervals of 95 % for a rate.
package enum Intervals {
  /// As in the literature on such benchmarks; the ends are steady to about 0.2 points.
  package static let resamples = 2000
  /// With fewer authors an interval by author is itself unsure, and too narrow more often than not.
  package static let authorsFew = 10

  /// Wilson's score interval of a binomial rate: what the interval would be if all pairs were independent. They are not
  /// where authors have many pairs each, so it is shown beside the one by author and is mostly narrower.
  ///
  /// - Returns: nil for n = 0.
  /// - Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.
  package static func wilson(right: Int, of n: Int) -> ClosedRange<Double>? {
    guard n > 0 else { return nil }
    let z = 1.959963984540054
    let (count, rate) = (Double(n), Double(right) / Double(n))
    let scale = 1 + z * z / count
    let middle = (rate + z * z / (2 * count)) / scale
    let half = z / scale * (rate * (1 - rate) / count + z * z / (4 * count * count)).squareRoot()
    // At the ends rounding can leave the rate itself just outside.
    return min(max(0, middle - half), rate)...max(min(1, middle + half), rate)
  }

  /// The percentile interval of sum/count when authors are drawn anew, each with all of their pairs.
  ///
  /// - Parameter tallies: one for each author, in an order that does not depend on the order of the pairs.
  /// - Returns: nil for fewer than two authors with pairs: one author says nothing of how authors differ.
  /// - Complexity: O(resamples * authors).
  /// - Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", 13.3; whole clusters as in Davison and
  ///   Hinkley 1997, 3.8.
  static func byAuthor(_ tallies: [AuthorTally], seed: UInt64) -> ClosedRange<Double>? {
    let tallies = tallies.filter { $0.count > 0 }
    guard tallies.count > 1 else { return nil }
    var random = SeededRandom(seed: seed)
    var rates: [Double] = []
    rates.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var (sum, count) = (0.0, 0)
      for _ in tallies {
        let tally = tallies[random.below(tallies.count)]
        sum += tally.sum
        count += tally.count
      }
      rates.append(sum / Double(count))
    }
    rates.sort()
    return quantile(rates, 0.025)...quantile(rates, 0.975)
  }

  /// Between the two nearest ranks, linearly.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }

  /// Tallies by author, authors by name.
  static func tallies(_ values: some Sequence<(author: String, value: Double)>) -> [AuthorTally] {
    var byAuthor: [String: AuthorTally] = [:]
    for (author, value) in values {
      byAuthor[author, default: AuthorTally(sum: 0, count: 0)].sum += value
      byAuthor[author, default: AuthorTally(sum: 0, count: 0)].count += 1
    }
    return byAuthor.sorted { $0.key < $1.key }.map(\.value)
  }
}
