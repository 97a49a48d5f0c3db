import BoundedJSON
import DataFiles
import Judge
import ScoreFiles
import ScoringAPI
import Synchronization
import TestSupport
import Testing

/// Order, concurrency, and that an interrupted run continues to the same bytes as one that was not.
@Suite struct ScoreRunTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let version = "sha256:1"

  static func records(
    _ count: Int, text: String = "a", order: String = "ab", method: String = "reasoning"
  ) throws -> [ComparisonRecord] {
    try (0..<count).map { index in
      let body: [String: JSONValue] = [
        "query": .string("q"), "exemplars": .array([.string("e")]), "response_a": .string("\(text)\(index)"),
        "response_b": .string("b"), "order": .string(order), "method": .string(method),
      ]
      return ComparisonRecord(
        index: index, line: index + 1, id: index % 3 == 2 ? nil : .string("p\(index)"),
        request: try ScoreRequest(.object(body)), preferred: index % 2 == 0 ? .a : nil)
    }
  }

  /// An answer that depends on the comparison only: a, b, tie and no verdict in turn.
  static func answer(_ record: ComparisonRecord) -> ScoredAnswer {
    let winner: Winner? = [.a, .b, .tie, nil][record.index / 2 % 4]
    let kind = winner == nil ? "judge_unparseable" : nil
    return ScoredAnswer(
      members: [
        "object": .string("persrm.score"), "created": .integer(1),
        "winner": winner.map { .string($0.rawValue) } ?? .null,
        "well_formed": .bool(kind == nil), "failure_kind": kind.map { .string($0) } ?? .null,
        "eval": .string("line\nbreak"), "scorer_version": .string(version),
      ], winner: winner, failureKind: kind)
  }

  /// One run into `output.jsonl`; the judge yields to others a varying number of times before it answers.
  private func run(
    _ records: [ComparisonRecord], version: String = version, concurrency: Int = 4, failingAt failing: Int? = nil
  ) async throws -> ScoreSummary {
    struct Broken: Error {}
    var output = try ScoreOutput(path: folder.path("output.jsonl"), records: records, scorerVersion: version) { 0 }
    let run = ScoreRun(records: records, scorerVersion: version, concurrency: concurrency) { record in
      if record.index == failing { throw Broken() }
      for _ in 0..<(record.index * 7 % 5) { await Task.yield() }
      return Self.answer(record)
    }
    return try await run.run(output: &output, now: { 0 }, progress: { _ in })
  }

  private func lines() throws -> [JSONValue] {
    let bytes = try folder.read("output.jsonl")
    #expect(bytes.last == UInt8(ascii: "\n"))
    return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONReader.value(Array($0), limits: .request) }
  }

  @Test(arguments: [1, 2, 4, 64])
  func writesOneLinePerComparisonInOrder(concurrency: Int) async throws {
    let records = try Self.records(24)
    let summary = try await run(records, concurrency: concurrency)
    let lines = try lines()
    #expect(lines.map { $0["index"]?.integer } == (0..<24).map { $0 })
    #expect(lines[0]["id"] == .string("p0") && lines[2]["id"] == .null)
    #expect(lines[0]["preferred"] == .string("A") && lines[1]["preferred"] == .null)
    #expect(lines[0]["eval"] == .string("line\nbreak") && lines[0]["object"] == .string("persrm.score"))
    #expect(lines[0...3].map { $0["correct"] } == [.bool(true), .null, .bool(false), .null])
    #expect(summary.count == 24 && summary.resumedCount == 0 && summary.labelledCount == 12)
    #expect(summary.correctCount == 3 && summary.tieCount == 6 && summary.failures == ["judge_unparseable": 6])
  }

  @Test func keepsAsManyUnderWayAsToldAndNoMore() async throws {
    struct Count { var now = 0, most = 0 }
    let count = Mutex(Count())
    let records = try Self.records(40)
    var output = try ScoreOutput(path: folder.path("output.jsonl"), records: records, scorerVersion: Self.version) { 0 }
    let run = ScoreRun(records: records, scorerVersion: Self.version, concurrency: 5) { record in
      count.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      // Nobody goes on before five are there, as long as there are five left.
      while record.index < 35, count.withLock({ $0.most < 5 }) { await Task.yield() }
      count.withLock { $0.now -= 1 }
      return Self.answer(record)
    }
    _ = try await run.run(output: &output, now: { 0 }, progress: { _ in })
    #expect(count.withLock { $0.most } == 5)
  }

  @Test func aSlowAnswerDoesNotPileUpTheRest() async throws {
    let begun = Mutex<Set<Int>>([])
    let records = try Self.records(100)
    var output = try ScoreOutput(path: folder.path("output.jsonl"), records: records, scorerVersion: Self.version) { 0 }
    let run = ScoreRun(records: records, scorerVersion: Self.version, concurrency: 3) { record in
      begun.withLock { _ = $0.insert(record.index) }
      // The first waits until all that may overtake it have begun: eleven of its window of twelve.
      while record.index == 0, begun.withLock({ $0.count < 12 }) { await Task.yield() }
      if record.index == 0 { #expect(begun.withLock { $0 } == Set(0..<12)) }
      return Self.answer(record)
    }
    let summary = try await run.run(output: &output, now: { 0 }, progress: { _ in })
    #expect(summary.count == 100)
  }

  @Test func aFileCutAnywhereIsContinuedToTheSameBytes() async throws {
    let records = try Self.records(2)
    let whole = try await run(records)
    let bytes = try folder.read("output.jsonl")
    for length in 0...bytes.count {
      try folder.write(bytes[..<length], to: "output.jsonl")
      let summary = try await run(records)
      #expect(try folder.read("output.jsonl") == bytes, "cut at \(length)")
      #expect(summary.resumedCount == bytes[..<length].count { $0 == UInt8(ascii: "\n") })
      #expect(summary.correctCount == whole.correctCount && summary.failures == whole.failures)
      #expect(summary.winners == whole.winners && summary.count == 2)
    }
  }

  @Test func whatWasWrittenBeforeAnErrorStays() async throws {
    let records = try Self.records(10)
    await #expect(throws: (any Error).self) { try await run(records, concurrency: 1, failingAt: 6) }
    #expect(try lines().count == 6)
    let summary = try await run(records)
    #expect(summary.resumedCount == 6 && summary.count == 10)
    #expect(try lines().map { $0["index"]?.integer } == (0..<10).map { $0 })
  }

  @Test func refusesToContinueWithAnotherInputOptionsOrModel() async throws {
    let records = try Self.records(3)
    _ = try await run(records)
    let bytes = try folder.read("output.jsonl")
    var renamed = records
    renamed[1].id = .string("other")
    var relabelled = records
    relabelled[0].preferred = .b
    for other in try [
      renamed, relabelled, Self.records(3, text: "other "), Self.records(3, order: "both"),
      Self.records(3, method: "verdict"), Self.records(2),
    ] {
      await #expect(throws: ScoreFileError.self) { try await run(other) }
    }
    await #expect(throws: ScoreFileError.self) { try await run(records, version: "sha256:2") }
    #expect(try folder.read("output.jsonl") == bytes, "a refused file is untouched")
    #expect(try await run(Self.records(5)).resumedCount == 3, "an input that goes on is the same input")
  }

  @Test(arguments: [
    "shopping list", "{\"a\":1}\n", "{\"cor", "\n", "{\"correct\":null}\n", "half a line\n{\"correct\":",
  ])
  func refusesToOverwriteSomebodyElsesFile(text: String) async throws {
    try folder.write(text, to: "output.jsonl")
    let isOurs = "{\"correct\":".hasPrefix(text)
    if isOurs {
      #expect(try await run(Self.records(2)).count == 2)
    } else {
      await #expect(throws: ScoreFileError.self) { try await run(Self.records(2)) }
      #expect(try folder.read("output.jsonl") == Array(text.utf8))
    }
  }

  @Test func refusesAFileThatAnotherRunIsWriting() throws {
    let records = try Self.records(1)
    let path = folder.path("output.jsonl")
    let first = try ScoreOutput(path: path, records: records, scorerVersion: Self.version) { 0 }
    let error = #expect(throws: ScoreFileError.self) {
      _ = try ScoreOutput(path: path, records: records, scorerVersion: Self.version) { 0 }
    }
    #expect(error == .file(.inUse(path: path)))
    #expect(first.resumed.isEmpty)
  }

  @Test func writesToWhatIsNoFile() async throws {
    let records = try Self.records(2)
    var output = try ScoreOutput(path: "/dev/null", records: records, scorerVersion: Self.version) { 0 }
    let run = ScoreRun(records: records, scorerVersion: Self.version, concurrency: 1) { Self.answer($0) }
    #expect(try await run.run(output: &output, now: { 0 }, progress: { _ in }).count == 2)
  }

  @Test func aFullDiskIsAnError() async throws {
    let records = try Self.records(2)
    var output = try ScoreOutput(path: "/dev/full", records: records, scorerVersion: Self.version) { 0 }
    let run = ScoreRun(records: records, scorerVersion: Self.version, concurrency: 1) { Self.answer($0) }
    var failure: (any Error)?
    do { _ = try await run.run(output: &output, now: { 0 }, progress: { _ in }) } catch { failure = error }
    #expect(failure as? ScoreFileError == .file(.system(action: "write to", path: "/dev/full", errno: 28)))
  }
}
