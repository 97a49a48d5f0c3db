import Benchmarking
import Judge
import ScoringAPI
import Synchronization
import Testing

/// The closed loop of clients against a scripted target, and the bodies it sends over HTTP.
@Suite struct ScoreBenchmarkTests {
  /// Answers at once and counts.
  private final class Target: JudgingTarget {
    let asked = Mutex<[Comparison]>([])
    let failsAt: Int?

    init(failsAt: Int? = nil) { self.failsAt = failsAt }

    func judge(_ comparison: Comparison, seed: UInt64) async throws -> JudgedComparison {
      let number = asked.withLock { asked in
        asked.append(comparison)
        return asked.count
      }
      if number == failsAt { throw BenchmarkError.nothingInCommon }
      return JudgedComparison(
        model: "scripted", usage: Usage(promptTokens: 100, cachedTokens: 60, completionTokens: 20))
    }
  }

  private func comparison(_ query: String) -> Comparison {
    Comparison(query: query, exemplars: ["x"], responseA: "a", responseB: "b")
  }

  @Test(arguments: [1, 3, 50])
  func everyComparisonIsAskedOnceWhateverTheClients(_ clients: Int) async throws {
    let target = Target()
    let comparisons = (0..<20).map { comparison("\($0)") }
    let report = try await ScoreBenchmark(target, source: .fixed(comparisons), name: "verdict", repeats: 1)
      .run(clients: [clients])
    #expect(Set(target.asked.withLock { $0 }) == Set(comparisons))
    #expect(target.asked.withLock { $0.count } == 20)
    #expect(report.model == "scripted")
    let title = clients == 1 ? "verdict, 1 client" : "verdict, \(clients) clients"
    #expect(
      report.rows.map(\.name) == [title]
        + ["p50", "p95", "p99", "prompt tokens", "cached tokens", "written tokens"].map { "\(title), \($0)" })
    #expect(report.rows[4...].map(\.median) == [100, 60, 20])
  }

  @Test func noRepeatSeesTheTextsOfAnother() async throws {
    let target = Target()
    var workload = JudgeWorkload()
    workload.users = 2
    workload.comparisonsPerUser = 2
    _ = try await ScoreBenchmark(target, source: .workload(workload), name: "x", repeats: 3).run(clients: [1, 2])
    // Two numbers of clients, each with two comparisons to warm up and three repeats of four.
    let asked = target.asked.withLock { $0 }
    #expect(asked.count == 28)
    #expect(Set(asked).count == 28)
    #expect(Set(asked.map(\.exemplars)).count == 14)
  }

  @Test func aFailureIsAnErrorAndNotASpeed() async {
    let benchmark = ScoreBenchmark(
      Target(failsAt: 3), source: .fixed((0..<5).map { comparison("\($0)") }), name: "x", repeats: 1)
    await #expect { try await benchmark.run(clients: [1]) } throws: {
      "\($0)".hasPrefix("a comparison was not judged, after 2 of 5 that were: the baseline has")
    }
  }

  @Test func theBodyIsARequestWithTheSameComparisonAndOptions() throws {
    let options = JudgeOptions(
      method: .reasoning, sampling: SamplingParameters(temperature: 0.7), minTokens: 160, maxTokens: 160)
    let request = try ScoreRequest(body: HTTPTarget.body(comparison("q"), options: options, seed: 9))
    #expect(request.comparison == comparison("q"))
    var expected = options
    expected.sampling.seed = 9
    #expect(request.options == expected)
  }

  @Test func readsWhatTheServiceWrites() throws {
    let answer = #"""
      {"model":"m","usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}
      """#
    #expect(
      try HTTPTarget.judged(Array(answer.utf8), status: 200)
        == JudgedComparison(model: "m", usage: Usage(promptTokens: 9, cachedTokens: 4, completionTokens: 2)))
    #expect { try HTTPTarget.judged(Array("busy".utf8), status: 503) } throws: { "\($0)" == "status 503: \"busy\"" }
    #expect(throws: BenchmarkError.self) { try HTTPTarget.judged(Array("{}".utf8), status: 200) }
  }
}
