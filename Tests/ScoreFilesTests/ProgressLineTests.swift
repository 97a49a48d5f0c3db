import Judge
import ScoreFiles
import Testing

/// What is shown, and how often.
@Suite struct ProgressLineTests {
  private func summary(_ count: Int, seconds: Double, correct: Int? = nil, resumed: Int = 0) -> ScoreSummary {
    var summary = ScoreSummary()
    for number in 0..<count {
      summary.add(
        ScoreOutcome(winner: .a, failureKind: nil, isCorrect: correct.map { number < $0 }), isResumed: number < resumed)
    }
    summary.wallSeconds = seconds
    return summary
  }

  @Test func drawsABarOnATerminal() {
    var line = ProgressLine(total: 8, isTerminal: true)
    #expect(line.update(summary(0, seconds: 0), now: 0) == "\r[------------------------] 0/8\u{1B}[K")
    #expect(
      line.update(summary(2, seconds: 4, correct: 1), now: 4)
        == "\r[######------------------] 2/8  2.0 s each  12 s left  accuracy 50.0 %\u{1B}[K")
    #expect(
      line.update(summary(8, seconds: 90), now: 90)
        == "\r[########################] 8/8  11.3 s each  in 1:30\u{1B}[K\n")
  }

  @Test func writesPlainLinesToALog() {
    var line = ProgressLine(total: 10_000, isTerminal: false)
    #expect(line.update(summary(0, seconds: 0), now: 0) == "0/10000\n")
    #expect(line.update(summary(1, seconds: 9.9), now: 9.9) == nil)
    #expect(line.update(summary(10, seconds: 10), now: 10) == "10/10000  1.0/s  2:46:30 left\n")
    #expect(line.update(summary(11, seconds: 11), now: 11) == nil)
  }

  @Test func theTimeLeftCountsOnlyThisRunsSpeed() {
    var line = ProgressLine(total: 100, isTerminal: false)
    #expect(line.update(summary(90, seconds: 10, resumed: 80), now: 0) == "90/100  1.0/s  10 s left\n")
  }

  @Test func neverShowsMoreThanTenPerSecondButAlwaysTheLast() {
    var line = ProgressLine(total: 1000, isTerminal: true)
    let shown = (0...1000).count { line.update(summary($0, seconds: 1), now: Double($0) / 1000) != nil }
    #expect((10...12).contains(shown))
  }
}
