import Benchmarking
import Testing

/// Records as JSON and as tables.
@Suite struct BenchmarkRecordTests {
  @Test func whatIsWrittenIsReadAgain() throws {
    var record = try RecordFixture.record([
      RecordFixture.row("pp128", [10, 30, 20], share: 0.25), RecordFixture.row("p50", [2], goal: .lower, unit: "s"),
    ])
    #expect(try BenchmarkRecord(bytes: record.bytes) == record)
    record.origin.precision = nil
    record.origin.threads = nil
    #expect(try BenchmarkRecord(bytes: record.bytes) == record)
  }

  @Test func keepsMedianExtremesAndTheSlowEnd() throws {
    let row = try RecordFixture.row("x", [10, 30, 20])
    #expect([row.median, row.minimum, row.maximum] == [20, 10, 30])
    #expect(row.p99 < 11 && row.p99 > 10)
    #expect(row.repeats == 3)
  }

  @Test func refusesWhatIsNoRecord() throws {
    #expect(throws: BenchmarkError.self) { try BenchmarkRecord(bytes: Array(#"{"format":1}"#.utf8)) }
    var record = try RecordFixture.record([RecordFixture.row("x", [1])])
    record.format = 2
    let bytes = try record.bytes
    #expect { try BenchmarkRecord(bytes: bytes) } throws: { "\($0)".contains("format 2") }
  }

  @Test func theTableLinesUpItsColumns() throws {
    let record = try RecordFixture.record([
      RecordFixture.row("pp512", [1234.4, 1000, 2000], share: 0.456), RecordFixture.row("a longer name", [0.5]),
    ])
    #expect(
      record.table == """
        persrm 1.2.3 (abc), 2025-01-02T03:04:05Z
        tiny, balanced, threads 2
        Test CPU, 2 cores, 24.0 GB
        measured on one/all threads: memory 40/50 GB/s, float32 200/400, bfloat16 400/800, int8 800/1600 Gop/s \
        (avx512 avx512bf16 avx512vnni)

        engine         median  unit        min    max    p99  n  of limit
        pp512            1234  tokens/s   1000   2000   1005  3  46 % memory
        a longer name   0.500  tokens/s  0.500  0.500  0.500  1
        """)
  }
}
