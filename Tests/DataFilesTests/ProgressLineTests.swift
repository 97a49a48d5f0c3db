import DataFiles
import Testing

/// What is shown, and how often.
@Suite struct ProgressLineTests {
  private func state(
    _ count: Int, seconds: Double, resumed: Int = 0, notes: [String] = []
  ) -> ProgressLine.State {
    ProgressLine.State(count: count, resumedCount: resumed, wallSeconds: seconds, notes: notes)
  }

  @Test func drawsABarOnATerminal() {
    var line = ProgressLine(total: 8, isTerminal: true)
    #expect(line.update(state(0, seconds: 0), now: 0) == "\r[------------------------] 0/8\u{1B}[K")
    #expect(
      line.update(state(2, seconds: 4, notes: ["accuracy 50.0 %", "malformed 1"]), now: 4)
        == "\r[######------------------] 2/8  2.0 s each  12 s left  accuracy 50.0 %  malformed 1\u{1B}[K")
    #expect(
      line.update(state(8, seconds: 90), now: 90)
        == "\r[########################] 8/8  11.3 s each  in 1:30\u{1B}[K\n")
  }

  @Test func writesPlainLinesToALog() {
    var line = ProgressLine(total: 10_000, isTerminal: false)
    #expect(line.update(state(0, seconds: 0), now: 0) == "0/10000\n")
    #expect(line.update(state(1, seconds: 9.9), now: 9.9) == nil)
    #expect(line.update(state(10, seconds: 10), now: 10) == "10/10000  1.0/s  2:46:30 left\n")
    #expect(line.update(state(11, seconds: 11), now: 11) == nil)
  }

  @Test func theTimeLeftCountsOnlyThisRunsSpeed() {
    var line = ProgressLine(total: 100, isTerminal: false)
    #expect(line.update(state(90, seconds: 10, resumed: 80), now: 0) == "90/100  1.0/s  10 s left\n")
  }

  @Test func neverShowsMoreThanTenPerSecondButAlwaysTheLast() {
    var line = ProgressLine(total: 1000, isTerminal: true)
    let shown = (0...1000).count { line.update(state($0, seconds: 1), now: Double($0) / 1000) != nil }
    #expect((10...12).contains(shown))
  }

  @Test(arguments: [
    (0.0, 0, "0"), (2.5, 0, "3"), (-0.04, 1, "0.0"), (-1.25, 1, "-1.3"), (3.14159, 3, "3.142"), (0.05, 2, "0.05"),
  ])
  func writesAFixedCountOfDecimals(value: Double, digits: Int, text: String) {
    #expect(FixedDecimal.text(value, digits: digits) == text)
  }
}
