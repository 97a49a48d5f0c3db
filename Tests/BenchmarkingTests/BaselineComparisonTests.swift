import Benchmarking
import Testing

/// Which rows fail a comparison, and what is said of them.
@Suite struct BaselineComparisonTests {
  private func compare(
    _ before: [BenchmarkRow], _ after: [BenchmarkRow]
  ) throws -> BaselineComparison {
    try BaselineComparison(RecordFixture.record(after), against: RecordFixture.record(before))
  }

  @Test func namesTheRowThatBecameSlowerAndTheDirection() throws {
    let comparison = try compare(
      [RecordFixture.row("pp512", [1200]), RecordFixture.row("tg128", [100])],
      [RecordFixture.row("pp512", [1000]), RecordFixture.row("tg128", [150])])
    #expect(comparison.regressions.map(\.name) == ["pp512"])
    #expect(comparison.text.contains("pp512: 1200 -> 1000 tokens/s, 16.7 % lower, which is worse"))
    #expect(comparison.text.contains("1 of 2 rows are more than 10 % worse"))
  }

  @Test func aLatencyIsWorseWhenItIsHigher() throws {
    let before = try [RecordFixture.row("p50", [2], goal: .lower, unit: "s")]
    let slower = try compare(before, [RecordFixture.row("p50", [3], goal: .lower, unit: "s")])
    #expect(slower.regressions.map(\.sentence) == ["p50: 2.000 -> 3.000 s, 50.0 % higher, which is worse"])
    let faster = try compare(before, [RecordFixture.row("p50", [1], goal: .lower, unit: "s")])
    #expect(faster.regressions.isEmpty)
    #expect(faster.changes.map(\.sentence) == ["p50: 2.000 -> 1.000 s, 50.0 % lower, which is better"])
  }

  @Test func tenPerCentIsAllowedAndMoreIsNot() throws {
    let before = try [RecordFixture.row("tg", [100])]
    #expect(try compare(before, [RecordFixture.row("tg", [90])]).regressions.isEmpty)
    #expect(try compare(before, [RecordFixture.row("tg", [89.9])]).regressions.count == 1)
  }

  @Test func countsThatAreOnlyToldAreNeverCompared() throws {
    let rows = { (tokens: Double) in
      try [RecordFixture.row("tokens", [tokens], goal: .none), RecordFixture.row("tg", [1])]
    }
    #expect(try compare(rows(1000), rows(10)).changes.map(\.name) == ["tg"])
  }

  @Test func saysWhatWasNotMeasuredAndWhatDiffers() throws {
    let before = try [RecordFixture.row("a", [1]), RecordFixture.row("b", [1])]
    let comparison = try BaselineComparison(
      RecordFixture.record([RecordFixture.row("b", [1])], model: "other"), against: RecordFixture.record(before))
    #expect(comparison.missing == ["a"])
    #expect(comparison.differences == ["model: the baseline's is tiny, this one's other"])
    #expect(comparison.text.contains("none of 1 rows is more than 10 % worse"))
  }

  @Test func refusesAnotherKindAndNothingInCommon() throws {
    let engine = try RecordFixture.record([RecordFixture.row("a", [1])])
    let score = try RecordFixture.record([RecordFixture.row("a", [1])], kind: .score)
    let other = try RecordFixture.record([RecordFixture.row("b", [1])])
    #expect(throws: BenchmarkError.self) { try BaselineComparison(score, against: engine) }
    #expect(throws: BenchmarkError.self) { try BaselineComparison(other, against: engine) }
  }
}
