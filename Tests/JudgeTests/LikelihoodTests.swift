import Judge
import Synchronization
import TestSupport
import Testing

/// The method `likelihood`: how much the exemplars help, one response at a time.
@Suite struct LikelihoodTests {
  private let comparison = Comparison(
    query: "q", exemplars: ["one", "two", "three"], responseA: "theo", responseB: "xyz")

  private func judge(_ generator: ScriptedGenerator) -> PairJudge {
    PairJudge(generator: generator) { Array($0) }
  }

  private func options(order: OrderOption = .ab, samples: Int = 1, temperature: Double = 0) -> JudgeOptions {
    JudgeOptions(
      method: .likelihood, order: order, samples: samples, sampling: SamplingParameters(temperature: temperature))
  }

  /// Gains of 0.1 + `a` and 0.1 + `b` nats a token for the responses "theo" and "xyz".
  private func gaining(_ a: Double, _ b: Double) -> ScriptedGenerator {
    ScriptedGenerator.reading { request throws(GenerationError) in
      let gain = 0.1 + (request.text == "theo" ? a : b)
      return Likelihood(meanLogProbability: request.prefix.isEmpty ? -3 : -3 + gain, promptTokens: 1)
    }
  }

  private func swapped(_ comparison: Comparison) -> Comparison {
    var swapped = comparison
    (swapped.responseA, swapped.responseB) = (comparison.responseB ?? "", comparison.responseA)
    return swapped
  }

  @Test func asksForEachResponseAfterTheExemplarsAndAlone() async throws {
    let generator = ScriptedGenerator()
    let now = ContinuousClock.now
    var options = options()
    (options.priority, options.queueDeadline, options.deadline) = (.batch, now, now + .seconds(1))
    _ = try await judge(generator).judge(comparison, options: options)
    let prefix = "one\n\ntwo\n\nthree\n\n"
    #expect(generator.requests.isEmpty)
    #expect(
      Set(generator.likelihoodRequests.map { [$0.prefix, $0.text] })
        == [[prefix, "theo"], [prefix, "xyz"], ["", "theo"], ["", "xyz"]])
    for request in generator.likelihoodRequests {
      #expect(request.priority == .batch && request.queueDeadline == now && request.deadline == now + .seconds(1))
    }
  }

  @Test func scoresAreTheGainOfTheExemplars() async throws {
    // All of "theo" stands in the exemplars: -1 after them, -2 alone. Nothing of "xyz" does: -2 and -2.
    let result = try await judge(ScriptedGenerator()).judge(comparison, options: options())
    let (a, b) = (LikelihoodScale.tenths(gain: 1), LikelihoodScale.tenths(gain: 0))
    #expect(result.scores == ScorePair(a: Double(a) / 10, b: Double(b) / 10))
    #expect(result.margin == Double(a - b) / 10 && result.winner == .a)
    #expect(result.probabilityA == LikelihoodScale.probabilityA(gainA: 1, gainB: 0))
    #expect(result.method == .likelihood && result.runs.isEmpty && result.orderConsistent == nil)
    #expect(result.criteria == nil && result.eval == nil)
    #expect(result.isWellFormed && result.finishReason == .stop)
  }

  @Test func whatIsLikelyAnywayCancelsOut() async throws {
    // "xyz" is far likelier both times, and gains nothing.
    let generator = ScriptedGenerator.reading { request throws(GenerationError) in
      let own = request.text == "xyz" ? -0.5 : request.prefix.isEmpty ? -4 : -3.5
      return Likelihood(meanLogProbability: own, promptTokens: 1)
    }
    let result = try await judge(generator).judge(comparison, options: options())
    #expect(result.winner == .a && (result.probabilityA ?? 0) > 0.99)
  }

  @Test func theLargerGainWinsAlsoWhereBothScoresAreAtTheirEnd() async throws {
    let result = try await judge(gaining(0.9, 0.7)).judge(comparison, options: options())
    #expect(result.scores == ScorePair(a: 10, b: 10) && result.margin == 0)
    #expect(result.winner == .a && (result.probabilityA ?? 0) > 0.98)
    let below = try await judge(gaining(-0.9, -0.7)).judge(comparison, options: options())
    #expect(below.scores == ScorePair(a: 1, b: 1) && below.winner == .b)
  }

  @Test func onlyGainsThatCannotBeToldApartTie() async throws {
    for (difference, winner) in [
      (0.0, Winner.tie), (Aggregation.tieGain / 2, .tie), (-Aggregation.tieGain / 2, .tie),
      (Aggregation.tieGain * 2, .a), (-Aggregation.tieGain * 2, .b),
    ] {
      let result = try await judge(gaining(0.05 + difference, 0.05)).judge(comparison, options: options())
      #expect(result.winner == winner, "\(difference)")
      if winner != .tie { #expect(((result.probabilityA ?? 0.5) > 0.5) == (winner == .a)) }
    }
  }

  @Test func swappingTheResponsesSwapsEverythingExactly() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let (a, b) = (Double.random(in: -0.6...0.6, using: &random), Double.random(in: -0.6...0.6, using: &random))
      let straight = try await judge(gaining(a, b)).judge(comparison, options: options())
      let crossed = try await judge(gaining(a, b)).judge(swapped(comparison), options: options())
      #expect(crossed.scores?.a == straight.scores?.b && crossed.scores?.b == straight.scores?.a, "seed \(seed)")
      #expect(crossed.margin == straight.margin.map { -$0 }, "seed \(seed)")
      let winners: [Winner?: Winner] = [.a: .b, .b: .a, .tie: .tie]
      #expect(crossed.winner == winners[straight.winner], "seed \(seed)")
      let (p, q) = (try #require(straight.probabilityA), try #require(crossed.probabilityA))
      #expect(abs(p + q - 1) < 1e-15, "seed \(seed)")
    }
  }

  @Test func oneResponseByItselfHasTheScoreItHasInAPair() async throws {
    let generator = gaining(0.07, -0.2)
    let pair = try await judge(generator).judge(comparison, options: options())
    var single = comparison
    single.responseB = nil
    let alone = ScriptedGenerator()
    let result = try await judge(gaining(0.07, -0.2)).judge(single, options: options())
    #expect(result.scores == ScorePair(a: try #require(pair.scores?.a), b: nil))
    #expect(result.winner == nil && result.margin == nil && result.probabilityA == nil)
    #expect(result.isWellFormed && result.failureKind == nil)
    _ = try await judge(alone).judge(single, options: options())
    #expect(alone.likelihoodRequests.count == 2)
  }

  @Test func orderSamplesAndTemperatureChangeNothingAndCostNothing() async throws {
    let plain = try await judge(gaining(0.05, -0.05)).judge(comparison, options: options())
    for order in OrderOption.allCases {
      let generator = gaining(0.05, -0.05)
      let result = try await judge(generator).judge(
        comparison, options: options(order: order, samples: 8, temperature: 1))
      #expect(result == plain, "\(order)")
      #expect(generator.likelihoodRequests.count == 4)
    }
  }

  @Test func theHalfWithoutExemplarsIsComputedOnce() async throws {
    let generator = ScriptedGenerator()
    let judge = judge(generator)
    let first = try await judge.judge(comparison, options: options())
    var other = comparison
    (other.exemplars, other.responseB) = (["four"], "new")
    _ = try await judge.judge(other, options: options())
    #expect(generator.likelihoodRequests.filter { $0.prefix.isEmpty }.map(\.text).sorted() == ["new", "theo", "xyz"])
    let again = try await judge.judge(comparison, options: options())
    #expect(generator.likelihoodRequests.count == 3 + 6)
    #expect(again.scores == first.scores && again.probabilityA == first.probabilityA)
    // As many tokens as before, all of the known half from a cache.
    #expect(first.usage == Usage(promptTokens: 14, cachedTokens: 8, completionTokens: 0))
    #expect(again.usage == Usage(promptTokens: 14, cachedTokens: 4 + 7, completionTokens: 0))
    #expect(again.timings == GenerationTimings(queueMilliseconds: 4, prefillMilliseconds: 5, decodeMilliseconds: 0))
  }

  @Test func theSlowestPartsAreReported() async throws {
    let generator = ScriptedGenerator.reading { request throws(GenerationError) in
      let isA = request.text == "theo"
      return Likelihood(
        meanLogProbability: -1, promptTokens: 10, cachedTokens: 1,
        timings: GenerationTimings(
          queueMilliseconds: isA ? 9 : 1, prefillMilliseconds: request.prefix.isEmpty ? 1 : 7, decodeMilliseconds: 2))
    }
    let result = try await judge(generator).judge(comparison, options: options())
    #expect(result.usage == Usage(promptTokens: 40, cachedTokens: 4, completionTokens: 0))
    #expect(
      result.timings == GenerationTimings(queueMilliseconds: 9, prefillMilliseconds: 7, decodeMilliseconds: 2))
  }

  @Test func aFailureOfAnyPartIsTheAnswerAndIsNotKept() async throws {
    let fails = Mutex(true)
    let generator = ScriptedGenerator.reading { request throws(GenerationError) in
      if request.prefix.isEmpty, request.text == "xyz", fails.withLock({ $0 }) { throw .deadlineExceeded }
      return ScriptedGenerator.likelihood(request)
    }
    let judge = judge(generator)
    await #expect(throws: JudgeError.generation(.deadlineExceeded)) {
      try await judge.judge(comparison, options: options())
    }
    fails.withLock { $0 = false }
    #expect(try await judge.judge(comparison, options: options()).winner == .a)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatIsNoNumberIsNoScoreAndIsNotKept(value: Double) async throws {
    for isUnconditional in [true, false] {
      let generator = ScriptedGenerator.reading { request throws(GenerationError) in
        Likelihood(meanLogProbability: request.prefix.isEmpty == isUnconditional ? value : -1, promptTokens: 1)
      }
      let judge = judge(generator)
      for _ in 0..<2 {
        await #expect(throws: JudgeError.generation(.failed("a likelihood is not a number"))) {
          try await judge.judge(comparison, options: options())
        }
      }
    }
  }

  @Test(arguments: 1...16)
  func dropsTheOldestExemplarsExactlyAsFarAsNeeded(count: Int) async throws {
    let exemplars = (0..<count).map { "exemplar \($0) " + String(repeating: "x", count: 100) }
    let comparison = Comparison(query: "q", exemplars: exemplars, responseA: "a", responseB: "longer")
    for needed in 0..<count {
      let prefix = exemplars.dropFirst(needed).map { $0 + "\n\n" }.joined()
      // One token begins the document; nothing is kept for output.
      let context = 1 + prefix.utf8.count + "longer".utf8.count
      let generator = ScriptedGenerator(contextTokensMax: context)
      let result = try await judge(generator).judge(comparison, options: options())
      #expect(result.exemplarsDropped == needed && result.exemplarsUsed == count - needed)
      #expect(Set(generator.likelihoodRequests.map(\.prefix)) == [prefix, ""])
      let smaller = judge(ScriptedGenerator(contextTokensMax: context - 1))
      if needed + 1 < count {
        #expect(try smaller.fit(comparison, options: options()).exemplarsDropped == needed + 1)
      } else {
        #expect(
          throws: JudgeError.promptTooLong(
            promptTokens: context, maxTokens: 0, contextTokens: context - 1, exemplarsDropped: count - 1)
        ) { try smaller.fit(comparison, options: options()) }
      }
    }
  }

  @Test func aResponseWithoutTokensIsNamedAndNothingIsComputed() async throws {
    let cases: [(String, String, [ResponseName])] = [
      ("\0", "xyz", [.a]), ("theo", "\0\0", [.b]), ("\0", "\0", [.a, .b]),
    ]
    for (a, b, names) in cases {
      let generator = ScriptedGenerator()
      let comparison = Comparison(query: "q", exemplars: ["one"], responseA: a, responseB: b)
      let error = JudgeError.responsesWithoutTokens(names)
      #expect(error.failureKind == .noTokens)
      await #expect(throws: error) { try await judge(generator).judge(comparison, options: options()) }
      #expect(generator.likelihoodRequests.isEmpty)
      // The other methods show it to the model as it is.
      #expect(try await judge(generator).judge(comparison, options: JudgeOptions()).isWellFormed)
    }
  }

  @Test func thePreviewIsTheTextThatIsRead() throws {
    let generator = ScriptedGenerator(contextTokensMax: 17)
    let preview = try judge(generator).preview(comparison, options: options(order: .ba))
    #expect(preview.text == "[document]two\n\nthree\n\ntheo" && preview.exemplarsDropped == 1)
    #expect(preview.tokens == 17 && preview.sharedTokens == 13)
  }

  @Test func gainsBecomeScoresThatRiseFromOneToTen() {
    #expect(LikelihoodScale.tenths(gain: -.greatestFiniteMagnitude) == 10)
    #expect(LikelihoodScale.tenths(gain: .greatestFiniteMagnitude) == 100)
    #expect(LikelihoodScale.tenths(gain: 0.1) == 55)
    let scores = stride(from: -2.0, through: 2, by: 0.001).map { LikelihoodScale.tenths(gain: $0) }
    #expect(scores == scores.sorted() && Set(scores).count > 80)
    #expect(LikelihoodScale.probabilityA(gainA: 0.3, gainB: 0.3) == 0.5)
    #expect(LikelihoodScale.probabilityA(gainA: -1e300, gainB: 1e300) == 0)
    #expect(LikelihoodScale.probabilityA(gainA: 1e300, gainB: -1e300) == 1)
  }
}

/// What is remembered of responses without exemplars, and that it is bounded.
@Suite struct LikelihoodCacheTests {
  private func key(_ number: Int) -> [UInt8] { [UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)] }

  private func value(_ number: Int) -> Likelihood {
    Likelihood(meanLogProbability: -Double(number), promptTokens: number)
  }

  @Test func findsWhatWasStoredAndNothingElse() {
    let cache = LikelihoodCache()
    #expect(cache.find(key(1)) == nil)
    cache.store(value(1), for: key(1))
    #expect(cache.find(key(1)) == value(1) && cache.find(key(2)) == nil)
    cache.store(value(3), for: key(1))
    #expect(cache.find(key(1)) == value(3))
  }

  @Test func forgetsWhatIsUnusedAndKeepsWhatIsUsed() {
    let cache = LikelihoodCache()
    let size = LikelihoodCache.generationMax
    for number in 0..<5 * size {
      cache.store(value(number), for: key(number))
      #expect(cache.find(key(0)) == value(0))
    }
    let known = (0..<5 * size).filter { cache.find(key($0)) != nil }
    #expect(known.count <= 2 * size && known.count >= size)
    #expect(known.first == 0 && known.dropFirst().allSatisfy { $0 >= 3 * size - 5 })
  }
}
