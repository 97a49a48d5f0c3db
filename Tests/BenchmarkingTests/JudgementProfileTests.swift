import Benchmarking
import Judge
import Kernels
import Models
import Synchronization
import Testing

/// Profiles as rows and as a table, from totals written by hand, and the loop that gathers them.
@Suite struct JudgementProfileTests {
  /// Four judgements in 2 s: a second and a half of writing, a quarter of reading, the rest outside.
  private static func measured() -> JudgementProfile.Repeat {
    func tally(_ milliseconds: Int, calls: Int, operations: Int = 0, bytes: Int = 0) -> PassProfile.Tally {
      var tally = PassProfile.Tally()
      tally.nanoseconds = milliseconds * 1_000_000
      tally.calls = calls
      tally.work = PassProfile.Work(operations: operations, bytes: bytes)
      return tally
    }
    var (prefill, decode) = (PassProfile.Totals(), PassProfile.Totals())
    (prefill.passes, prefill.tokens, prefill.positions) = (6, 2000, 2_000_000)
    prefill[.attention] = tally(100, calls: 180, operations: 40_000_000_000, bytes: 1_000_000)
    prefill[.gateUp] = tally(150, calls: 180, operations: 160_000_000_000, bytes: 400_000_000)
    (decode.passes, decode.tokens, decode.positions) = (640, 640, 900_000)
    decode[.gateUp] = tally(900, calls: 19_200, operations: 1_600_000_000, bytes: 20_000_000_000)
    decode[.sampling] = tally(600, calls: 640)
    return JudgementProfile.Repeat(
      seconds: 2, judgements: 4, usage: Usage(promptTokens: 5600, cachedTokens: 3600, completionTokens: 640),
      prefill: prefill, decode: decode)
  }

  private static let roofline = Roofline(RecordFixture.machine)
  private static let record = RecordFixture.record(
    JudgementProfile([measured()], roofline: roofline, precision: .balanced, keyValueType: .bfloat16).rows,
    kind: .profile)

  @Test func theTableSaysWhereAJudgementGoes() {
    #expect(
      Self.record.table.split(separator: "\n").dropFirst(4).joined(separator: "\n") == """
        profile                              ms    share  least ms  of limit
        judgement                        500.00  100.0 %                           \
        1400 prompt tokens, 900 of them cached, 160 written
        prefill                           62.50   12.5 %     37.50  60 % int8      \
        1.5 passes, 500.0 tokens, each at 1000 positions
        prefill, attention                25.00    5.0 %     12.50  50 % bfloat16  45 calls, 0.000 GB, 10.00 Gop
        prefill, gate and up product      37.50    7.5 %     25.00  67 % int8      45 calls, 0.100 GB, 40.00 Gop
        decode                           375.00   75.0 %    100.00  27 % memory    \
        160.0 passes, 160.0 tokens, each at 1406 positions
        decode, gate and up product      225.00   45.0 %    100.00  44 % memory    4800 calls, 5.000 GB, 0.400 Gop
        decode, constraint and sampling  150.00   30.0 %                           160 calls
        outside passes                    62.50   12.5 %                           \
        text to tokens and back, waiting for a pass
        """)
  }

  @Test func whatIsWrittenIsReadAgainAndComparable() throws {
    let again = try BenchmarkRecord(bytes: Self.record.bytes)
    #expect(again == Self.record)
    #expect(try BaselineComparison(again, against: Self.record).regressions.isEmpty)
  }

  @Test func theReferenceIsHeldAgainstFloat32() {
    let reference = JudgementProfile(
      [Self.measured()], roofline: Self.roofline, precision: .float32, keyValueType: .float32)
    #expect(reference.rows.compactMap(\.limit) == ["float32", "float32", "float32", "memory", "memory"])
  }

  @Test func attentionIsHeldAgainstTheArithmeticOfItsCache() {
    let profile = JudgementProfile(
      [Self.measured()], roofline: Self.roofline, precision: .balanced, keyValueType: .int8)
    #expect(profile.rows.first { $0.name == "prefill, attention" }?.limit == "int8")
  }

  @Test func severalRepeatsShowTheirMedian() throws {
    var (slow, slower) = (Self.measured(), Self.measured())
    slow.seconds = 3
    slower.seconds = 7
    let rows = JudgementProfile(
      [slower, Self.measured(), slow], roofline: Self.roofline, precision: .balanced, keyValueType: .bfloat16
    ).rows
    let judgement = try #require(rows.first)
    #expect([judgement.minimum, judgement.median, judgement.maximum] == [500, 750, 1750])
  }

  @Test func aStageOfLessThanAHundredthIsNotCompared() {
    var measured = Self.measured()
    measured.decode[.finalNorm].calls = 640
    measured.decode[.finalNorm].nanoseconds = 19_000_000
    measured.decode[.gate].calls = 640
    measured.decode[.gate].nanoseconds = 21_000_000
    let rows = JudgementProfile([measured], roofline: Self.roofline, precision: .balanced, keyValueType: .bfloat16).rows
    let goals = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.goal) })
    #expect(goals["decode, final norm"] == BenchmarkRow.Goal.none)
    #expect(goals["decode, SiLU and quantise"] == .lower)
    #expect(goals["judgement"] == .lower)
  }

  @Test func stagesHaveNamesOfTheirOwn() {
    #expect(Set(PassProfile.Stage.allCases.map(\.name)).count == PassProfile.Stage.allCases.count)
  }

  /// Judges at once, with one pass of two clock readings for each comparison.
  private struct Target: JudgingTarget {
    let profile: PassProfile
    func judge(_ comparison: Comparison, seed: UInt64) async throws -> JudgedComparison {
      profile.beginPass()
      profile.endPass(.decode)
      return JudgedComparison(model: "scripted", usage: Usage(promptTokens: 9, completionTokens: 2))
    }
  }

  @Test func warmUpsAndEarlierRepeatsAreForgotten() async throws {
    let readings = Atomic<UInt64>(0)
    let profile = PassProfile { readings.add(1_000_000, ordering: .relaxed).newValue }
    var workload = JudgeWorkload()
    workload.users = 1
    workload.comparisonsPerUser = 4
    let report = try await ProfileBenchmark(
      Target(profile: profile), profile: profile, workload: workload, roofline: Self.roofline, precision: .balanced,
      keyValueType: .bfloat16,
      repeats: 2
    ).run(clients: 1)
    #expect(report.model == "scripted")
    #expect(report.rows.map(\.name) == ["judgement", "prefill", "decode", "decode, plan and batch", "outside passes"])
    let decode = report.rows[2]
    #expect([decode.minimum, decode.median, decode.maximum] == [1, 1, 1])
    #expect(decode.note == "1.0 passes, 0.0 tokens, each at 0 positions")
    #expect(report.rows[0].note == "9 prompt tokens, 0 of them cached, 2 written")
  }
}
