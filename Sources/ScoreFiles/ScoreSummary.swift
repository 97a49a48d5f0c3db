package import BoundedJSON
import DataFiles
package import Judge

/// What one comparison adds to the summary.
package struct ScoreOutcome: Sendable, Equatable {
  /// Nil where there is no verdict.
  package var winner: Winner?
  /// Nil where there is a verdict.
  package var failureKind: String?
  /// Nil where the right answer is not known. A tie and a missing verdict are wrong.
  package var isCorrect: Bool?

  package init(winner: Winner?, failureKind: String?, isCorrect: Bool?) {
    self.winner = winner
    self.failureKind = failureKind
    self.isCorrect = isCorrect
  }
}

/// Counts over a run, and what they say of the judge.
package struct ScoreSummary: Sendable, Equatable {
  /// Answers in the output, those of earlier runs included.
  package private(set) var count = 0
  /// Of `count`, those that an earlier run had written.
  package private(set) var resumedCount = 0
  /// Of `count`, those whose right answer is known.
  package private(set) var labelledCount = 0
  package private(set) var correctCount = 0
  /// How often each was named the winner.
  package private(set) var winners: [Winner: Int] = [:]
  /// How often there was no verdict, by the reason.
  package private(set) var failures: [String: Int] = [:]
  /// Time this run took, without loading the model.
  package var wallSeconds = 0.0

  package init() {}

  package mutating func add(_ outcome: ScoreOutcome, isResumed: Bool = false) {
    count += 1
    if isResumed { resumedCount += 1 }
    if let winner = outcome.winner { winners[winner, default: 0] += 1 }
    if let kind = outcome.failureKind { failures[kind, default: 0] += 1 }
    if let isCorrect = outcome.isCorrect {
      labelledCount += 1
      if isCorrect { correctCount += 1 }
    }
  }

  package var malformedCount: Int { failures.values.reduce(0, +) }
  package var tieCount: Int { winners[.tie, default: 0] }
  /// Right answers among those known, 0...1; nil where none is known.
  package var accuracy: Double? { labelledCount > 0 ? Double(correctCount) / Double(labelledCount) : nil }
  /// The 95 % interval of `accuracy`.
  package var accuracyInterval: WilsonInterval? { WilsonInterval(successes: correctCount, trials: labelledCount) }
  /// Comparisons judged per second by this run; nil where it judged none.
  package var perSecond: Double? { progress.perSecond }

  /// The summary as an object for other programs; rates are fractions of 1.
  package var json: JSONValue {
    let interval = accuracyInterval.map { JSONValue.array([.number($0.low), .number($0.high)]) }
    var winnerCounts: [String: JSONValue] = [:]
    for winner in Winner.allCases { winnerCounts[winner.rawValue] = .integer(Int64(winners[winner, default: 0])) }
    return .object([
      "n": .integer(Int64(count)), "resumed": .integer(Int64(resumedCount)), "labelled": .integer(Int64(labelledCount)),
      "correct": .integer(Int64(correctCount)), "accuracy": accuracy.map { .number($0) } ?? .null,
      "accuracy_interval": interval ?? .null, "ties": .integer(Int64(tieCount)),
      "malformed": .integer(Int64(malformedCount)),
      "failure_kinds": .object(failures.mapValues { .integer(Int64($0)) }), "winners": .object(winnerCounts),
      "wall_seconds": .number(wallSeconds), "per_second": perSecond.map { .number($0) } ?? .null,
    ])
  }

  /// The summary as lines for a person.
  package var text: String {
    var lines = ["comparisons  \(count)" + (resumedCount > 0 ? " (\(resumedCount) from an earlier run)" : "")]
    if let accuracy, let interval = accuracyInterval {
      let (low, high) = (100 * interval.low, 100 * interval.high)
      lines.append(
        "accuracy     \(FixedDecimal.text(100 * accuracy, digits: 1)) %, 95 % interval "
          + "\(FixedDecimal.text(low, digits: 1)) to \(FixedDecimal.text(high, digits: 1)) "
          + "(\(correctCount) of \(labelledCount); ties and malformed verdicts count as wrong)")
    }
    let named = Winner.allCases.map { "\($0.rawValue) \(winners[$0, default: 0])" }
    lines.append("winners      " + named.joined(separator: ", "))
    let kinds = failures.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    lines.append("malformed    \(malformedCount)" + (kinds.isEmpty ? "" : " (\(kinds.joined(separator: ", ")))"))
    let speed = perSecond.map { ", " + ProgressLine.speed(perSecond: $0) } ?? ""
    lines.append("time         \(FixedDecimal.text(wallSeconds, digits: 1)) s\(speed)")
    return lines.joined(separator: "\n")
  }
}

/// The score interval of a proportion, which holds its 95 % also near 0 and 1 and for few trials.
///
/// - Source: Wilson 1927, Journal of the American Statistical Association 22(158), 209-212.
package struct WilsonInterval: Sendable, Equatable {
  package let low: Double
  package let high: Double

  /// The 97.5 % quantile of the standard normal distribution.
  private static let z = 1.959963984540054

  /// Nil without trials.
  package init?(successes: Int, trials: Int) {
    precondition((0...max(0, trials)).contains(successes))
    guard trials > 0 else { return nil }
    let n = Double(trials)
    let rate = Double(successes) / n
    let squared = Self.z * Self.z
    let center = (rate + squared / (2 * n)) / (1 + squared / n)
    let half = Self.z / (1 + squared / n) * (rate * (1 - rate) / n + squared / (4 * n * n)).squareRoot()
    low = successes == 0 ? 0 : max(0, center - half)
    high = successes == trials ? 1 : min(1, center + half)
  }
}
