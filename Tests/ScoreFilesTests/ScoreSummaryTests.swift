import BoundedJSON
import Judge
import ScoreFiles
import Testing

/// Counting, the interval against published values, and both forms of the summary.
@Suite struct ScoreSummaryTests {
  /// Newcombe 1998, Statistics in Medicine 17, table I, method 3.
  @Test(arguments: [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)])
  func intervalsAgreeWithPublishedOnes(successes: Int, trials: Int, low: Double, high: Double) throws {
    let interval = try #require(WilsonInterval(successes: successes, trials: trials))
    #expect(abs(interval.low - low) < 0.00005 && abs(interval.high - high) < 0.00005)
    let mirrored = try #require(WilsonInterval(successes: trials - successes, trials: trials))
    #expect(abs(mirrored.low - (1 - interval.high)) < 1e-12 && abs(mirrored.high - (1 - interval.low)) < 1e-12)
  }

  @Test func thereIsNoIntervalWithoutTrials() {
    #expect(WilsonInterval(successes: 0, trials: 0) == nil)
  }

  static var summary: ScoreSummary {
    var summary = ScoreSummary()
    summary.add(ScoreOutcome(winner: .a, failureKind: nil, isCorrect: true), isResumed: true)
    summary.add(ScoreOutcome(winner: .b, failureKind: nil, isCorrect: false))
    summary.add(ScoreOutcome(winner: .tie, failureKind: nil, isCorrect: false))
    summary.add(ScoreOutcome(winner: nil, failureKind: "persrm:length", isCorrect: false))
    summary.add(ScoreOutcome(winner: .a, failureKind: nil, isCorrect: nil))
    summary.wallSeconds = 8
    return summary
  }

  @Test func countsTiesAndMissingVerdictsAsWrong() {
    let summary = Self.summary
    #expect(summary.count == 5 && summary.labelledCount == 4 && summary.correctCount == 1)
    #expect(summary.accuracy == 0.25 && summary.tieCount == 1 && summary.malformedCount == 1)
    #expect(summary.perSecond == 0.5, "what an earlier run judged is not this run's speed")
  }

  @Test func writesJSONForPrograms() throws {
    let json = Self.summary.json
    #expect(json["n"]?.integer == 5 && json["resumed"]?.integer == 1 && json["accuracy"]?.number == 0.25)
    #expect(json["winners"] == .object(["a": .integer(2), "b": .integer(1), "tie": .integer(1)]))
    #expect(json["failure_kinds"] == .object(["persrm:length": .integer(1)]))
    let interval = try #require(json["accuracy_interval"]?.array)
    #expect(interval.count == 2)
    let nothing = ScoreSummary().json
    #expect(nothing["accuracy"] == .null && nothing["accuracy_interval"] == .null && nothing["per_second"] == .null)
    _ = try JSONWriter.text(nothing)
  }

  @Test func writesTextForPeople() {
    #expect(
      Self.summary.text == """
        comparisons  5 (1 from an earlier run)
        accuracy     25.0 %, 95 % interval 4.6 to 69.9 (1 of 4; ties and malformed verdicts count as wrong)
        winners      a 2, b 1, tie 1
        malformed    1 (persrm:length 1)
        time         8.0 s, 2.0 s each
        """)
    #expect(
      ScoreSummary().text == """
        comparisons  0
        winners      a 0, b 0, tie 0
        malformed    0
        time         0.0 s
        """)
  }
}
