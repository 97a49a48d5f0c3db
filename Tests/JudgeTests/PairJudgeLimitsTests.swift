import Judge
import TestSupport
import Testing

/// What happens at the edges: contexts too small, generators that fail, callers that leave.
@Suite struct PairJudgeLimitsTests {
  private func judge(_ generator: ScriptedGenerator) -> PairJudge {
    PairJudge(generator: generator) { _ in [0] }
  }

  private func comparison(exemplars: Int) -> Comparison {
    Comparison(
      query: "q", exemplars: (0..<exemplars).map { "exemplar \($0) " + String(repeating: "x", count: 100) },
      responseA: "alpha", responseB: "beta")
  }

  /// Tokens of the prompt with the first exemplars left out.
  private func tokens(_ comparison: Comparison, dropping: Int) -> Int {
    ScriptedGenerator().countTokens(PromptTemplate().prompt(comparison, order: .ab, dropping: dropping))
  }

  @Test(arguments: 1...16)
  func dropsTheOldestExemplarsExactlyAsFarAsNeeded(count: Int) async throws {
    let comparison = comparison(exemplars: count)
    for needed in 0..<count {
      // A context that `needed` drops just fit, and one token less.
      let context = tokens(comparison, dropping: needed) + 200
      let options = JudgeOptions(order: .both, maxTokens: 200)
      let generator = ScriptedGenerator(contextTokensMax: context)
      let result = try await judge(generator).judge(comparison, options: options)
      #expect(result.exemplarsDropped == needed && result.exemplarsUsed == count - needed)
      let text = generator.requests[0].prompt.messages[1].content
      #expect(text.contains("exemplar \(count - 1) x") && text.contains("exemplar \(needed) x"))
      #expect(needed == 0 || !text.contains("exemplar \(needed - 1) x"))
      let smaller = judge(ScriptedGenerator(contextTokensMax: context - 1))
      if needed + 1 < count {
        #expect(try smaller.fit(comparison, options: options).exemplarsDropped == needed + 1)
      } else {
        #expect(
          throws: JudgeError.promptTooLong(
            promptTokens: context - 200, maxTokens: 200, contextTokens: context - 1, exemplarsDropped: count - 1)
        ) { try smaller.fit(comparison, options: options) }
      }
    }
  }

  @Test(arguments: [
    (GenerationError.queueFull(retryAfterSeconds: 3), FailureKind.shutdown), (.shuttingDown, .shutdown),
    (.queueTimeout(retryAfterSeconds: 1), .transportTimeout), (.deadlineExceeded, .transportTimeout),
    (.failed("no memory"), .judgeFailed), (.cancelled, .cancelled), (.promptTooLong(tokens: 9, max: 8), .promptTooLong),
  ])
  func aFailureOfOneRunEndsTheOthersAndIsNotAJudgement(error: GenerationError, kind: FailureKind) async {
    let failing = PairJudge.sampleSeed(0, sample: 3)
    let generator = ScriptedGenerator { request throws(GenerationError) in
      if request.sampling.seed == failing { throw error }
      return try await ScriptedGenerator.untilCancelled()
    }
    let options = JudgeOptions(samples: 5, sampling: SamplingParameters(temperature: 1))
    await #expect(throws: JudgeError.generation(error)) {
      try await judge(generator).judge(comparison(exemplars: 1), options: options)
    }
    #expect(JudgeError.generation(error).failureKind == kind)
  }

  @Test func cancellingTheCallerCancelsEveryRun() async {
    let (started, announce) = AsyncStream<Void>.makeStream()
    let generator = ScriptedGenerator { _ throws(GenerationError) in
      announce.yield()
      return try await ScriptedGenerator.untilCancelled()
    }
    let task = Task { [comparison = comparison(exemplars: 2)] in
      try await judge(generator).judge(
        comparison, options: JudgeOptions(order: .both, samples: 4, sampling: SamplingParameters(temperature: 1)))
    }
    var iterator = started.makeAsyncIterator()
    for _ in 0..<8 { await iterator.next() }
    task.cancel()
    await #expect(throws: JudgeError.generation(.cancelled)) { try await task.value }
  }

  @Test func passesDeadlinesAndPriorityOn() async throws {
    let generator = ScriptedGenerator()
    let now = ContinuousClock.now
    _ = try await judge(generator).judge(
      comparison(exemplars: 1),
      options: JudgeOptions(priority: .batch, queueDeadline: now, deadline: now.advanced(by: .seconds(1))))
    let request = try #require(generator.requests.first)
    #expect(request.priority == .batch && request.queueDeadline == now)
    #expect(request.deadline == now.advanced(by: .seconds(1)))
  }
}
