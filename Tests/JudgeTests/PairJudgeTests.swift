import Judge
import TestSupport
import Testing

@Suite struct PairJudgeTests {
  private let comparison = Comparison(
    query: "q", exemplars: ["one", "two", "three"], responseA: "alpha", responseB: "beta")

  private func judge(_ generator: ScriptedGenerator) -> PairJudge {
    PairJudge(generator: generator) { bytes in Array(bytes.suffix(32)) }
  }

  /// Likes "alpha" better, by what each prompt shows as Response A.
  private func likesAlpha(_ better: String = "8", _ worse: String = "3") -> ScriptedGenerator {
    ScriptedGenerator { request in
      let alphaFirst = request.prompt.messages[1].content.contains("<response_a>\nalpha\n")
      return ScriptedGenerator.generation(
        alphaFirst ? ScriptedGenerator.verdict(better, worse) : ScriptedGenerator.verdict(worse, better), for: request,
        certain: alphaFirst ? [8, 3] : [3, 8])
    }
  }

  @Test func mapsScoresOfEveryOrderBackToTheCaller() async throws {
    for order in OrderOption.allCases {
      let result = try await judge(likesAlpha()).judge(comparison, options: JudgeOptions(order: order))
      #expect(result.scores == ScorePair(a: 8, b: 3) && result.margin == 5 && result.winner == .a)
      #expect(result.probabilityA == 1)
      #expect(result.runs.map(\.order) == order.slots)
      #expect(result.runs.allSatisfy { $0.scores == ScorePair(a: 8, b: 3) })
      #expect(result.orderConsistent == (order == .both ? true : nil))
      #expect(result.isWellFormed && result.failureKind == nil && result.finishReason == .stop)
    }
  }

  @Test func swappingTheResponsesSwapsTheAnswer() async throws {
    var swapped = comparison
    (swapped.responseA, swapped.responseB) = (comparison.responseB ?? "", comparison.responseA)
    for order in OrderOption.allCases {
      let straight = try await judge(likesAlpha()).judge(comparison, options: JudgeOptions(order: order))
      let crossed = try await judge(likesAlpha()).judge(swapped, options: JudgeOptions(order: order))
      #expect(crossed.scores == ScorePair(a: 3, b: 8) && crossed.winner == .b && crossed.margin == -5)
      #expect(crossed.probabilityA == straight.probabilityA.map { 1 - $0 })
    }
  }

  @Test func aPreferenceForTheFirstSlotCancelsOutAndIsReported() async throws {
    let result = try await judge(ScriptedGenerator()).judge(comparison, options: JudgeOptions(order: .both))
    #expect(result.scores == ScorePair(a: 5.75, b: 5.75) && result.margin == 0 && result.winner == .tie)
    #expect(result.probabilityA == 0.5 && result.orderConsistent == false)
    #expect(result.criteria == "Short sentences." && result.eval == "One fits better.")
  }

  @Test func marginsBelowATwentiethAreTies() async throws {
    /// Scores of A minus B, in tenths, one for each sample.
    func winner(_ marginTenths: [Int]) async throws -> Judgement {
      let seeds = marginTenths.indices.map { PairJudge.sampleSeed(9, sample: $0) }
      let generator = ScriptedGenerator { request in
        let tenths = 50 + marginTenths[seeds.firstIndex(of: request.sampling.seed) ?? 0]
        return ScriptedGenerator.generation(
          ScriptedGenerator.verdict("\(tenths / 10).\(tenths % 10)", "5.0"), for: request)
      }
      return try await judge(generator).judge(
        comparison,
        options: JudgeOptions(samples: marginTenths.count, sampling: SamplingParameters(temperature: 1, seed: 9)))
    }
    #expect(try await winner([1]).winner == .a)
    #expect(try await winner([1, 0]).winner == .a)
    #expect(try await winner([1, 0, 0]).winner == .tie)
    #expect(try await winner([-1, 0, 0]).winner == .tie)
    #expect(try await winner([-1, 0]).winner == .b)
    #expect(try await winner([2]).margin == 0.2)
    #expect(try await winner([1, 1, 1]).margin == 0.1)
  }

  @Test func givesEachSampleItsOwnSeedAndBothOrdersTheSame() async throws {
    let generator = ScriptedGenerator()
    let options = JudgeOptions(
      order: .both, samples: 16, sampling: SamplingParameters(temperature: 0.7, topP: 0.9, seed: .max), minTokens: 7,
      maxTokens: 99)
    let result = try await judge(generator).judge(comparison, options: options)
    #expect(result.runs.count == 32)
    #expect(result.runs.map(\.sample) == Array(0..<16) + Array(0..<16))
    let byOrder = Dictionary(grouping: generator.requests, by: \.prompt)
    #expect(byOrder.count == 2)
    let seeds = byOrder.values.map { Set($0.map(\.sampling.seed)) }
    #expect(seeds[0].count == 16 && seeds[0] == seeds[1])
    for request in generator.requests {
      #expect(request.minTokens == 7 && request.maxTokens == 99 && request.grammar == VerdictGrammar())
      #expect(request.sampling.temperature == 0.7 && request.sampling.topP == 0.9)
    }
  }

  @Test func requestSeedsNextToEachOtherShareNoSampleSeed() {
    var seen: Set<UInt64> = []
    for seed in UInt64(0)..<64 {
      for sample in 0..<16 { seen.insert(PairJudge.sampleSeed(seed, sample: sample)) }
    }
    #expect(seen.count == 64 * 16)
  }

  @Test func drawsOnceAtTemperatureZero() async throws {
    let generator = ScriptedGenerator()
    let result = try await judge(generator).judge(comparison, options: JudgeOptions(samples: 8))
    #expect(generator.requests.count == 1 && result.runs.count == 1)
  }

  @Test func leavesTheModelFreeWhenAsked() async throws {
    let generator = ScriptedGenerator(certain: [])
    let result = try await judge(generator).judge(comparison, options: JudgeOptions(constrained: false))
    #expect(generator.requests[0].grammar == nil)
    #expect(result.scores == ScorePair(a: 7.5, b: 4) && result.probabilityA == nil)
  }

  @Test(arguments: [
    ("", FinishReason.stop, FailureKind.judgeUnparseable), ("A wins", .stop, .judgeUnparseable),
    ("<criteria>c</criteria>\n<eval>e", .length, .length),
  ])
  func malformedOutputIsNeverANumber(text: String, reason: FinishReason, kind: FailureKind) async throws {
    let generator = ScriptedGenerator(text: text, finishReason: reason)
    let result = try await judge(generator).judge(comparison, options: JudgeOptions(order: .both))
    #expect(!result.isWellFormed && result.failureKind == kind && result.finishReason == reason)
    #expect(result.scores == nil && result.winner == nil && result.margin == nil && result.probabilityA == nil)
    #expect(result.orderConsistent == nil && result.criteria == nil && result.eval == nil)
    #expect(result.runs.map(\.raw) == [text, text])
  }

  @Test func oneMalformedRunAmongGoodOnesTakesTheNumbersAway() async throws {
    let bad = PairJudge.sampleSeed(0, sample: 2)
    let generator = ScriptedGenerator { request in
      ScriptedGenerator.generation(
        request.sampling.seed == bad ? "no" : ScriptedGenerator.verdict("9", "1"), for: request, certain: [9, 1])
    }
    let result = try await judge(generator).judge(
      comparison, options: JudgeOptions(samples: 3, sampling: SamplingParameters(temperature: 1)))
    #expect(result.failureKind == .judgeUnparseable && result.scores == nil && result.probabilityA == nil)
    #expect(result.runs.map { $0.scores?.a } == [9, 9, nil])
    #expect(result.criteria == "Short sentences.")
  }

  @Test func probabilityIsThatOfTwoIndependentNumbers() throws {
    let flat = try #require(ScoreDistribution(weights: Array(repeating: 1, count: 10)))
    let low = try #require(ScoreDistribution(weights: [2, 2] + Array(repeating: 0, count: 8)))
    let mixed = try #require(ScoreDistribution(weights: [0, 1, 1] + Array(repeating: 0, count: 7)))
    #expect(abs(Aggregation.probabilityFirst(flat, flat) - 0.5) < 1e-12)
    // P(2 or 3 against 1 or 2): of the four equally likely pairs three win and one ties.
    #expect(Aggregation.probabilityFirst(mixed, low) == 0.875)
    #expect(Aggregation.probabilityFirst(low, mixed) == 0.125)
    #expect(ScoreDistribution(weights: [1]) == nil)
    #expect(ScoreDistribution(weights: Array(repeating: 0, count: 10)) == nil)
    #expect(ScoreDistribution(weights: Array(repeating: .nan, count: 10)) == nil)
    #expect(ScoreDistribution(weights: [-1] + Array(repeating: 1, count: 9)) == nil)
  }

  @Test func sumsUsageAndTakesTheSlowestTimes() async throws {
    let generator = ScriptedGenerator { request in
      var generation = ScriptedGenerator.generation(ScriptedGenerator.verdict("5", "5"), for: request)
      let isAlphaFirst = request.prompt.messages[1].content.contains("<response_a>\nalpha\n")
      generation.promptTokens = isAlphaFirst ? 10 : 20
      generation.completionTokens = isAlphaFirst ? 3 : 4
      generation.timings = GenerationTimings(
        queueMilliseconds: isAlphaFirst ? 9 : 1, prefillMilliseconds: 2, decodeMilliseconds: isAlphaFirst ? 1 : 8)
      return generation
    }
    let result = try await judge(generator).judge(comparison, options: JudgeOptions(order: .both))
    #expect(result.usage == Usage(promptTokens: 30, cachedTokens: 6, completionTokens: 7))
    #expect(result.usage.totalTokens == 37)
    #expect(
      result.timings == GenerationTimings(queueMilliseconds: 9, prefillMilliseconds: 2, decodeMilliseconds: 8))
  }

  @Test(arguments: [false, true]) func promptsHaveMeasurementsAsTheModelWasTrained(_ shows: Bool) async throws {
    for asked in [nil, false, true] {
      let generator = ScriptedGenerator { request in
        let hasThem = request.prompt.messages[1].content.contains("\n<measurements>\n")
        #expect(hasThem == asked ?? shows)
        return ScriptedGenerator.generation(ScriptedGenerator.verdict("7", "3"), for: request)
      }
      let judge = PairJudge(generator: generator, showsEvidence: shows) { bytes in bytes }
      #expect(try await judge.judge(comparison, options: JudgeOptions(evidence: asked)).scores == ScorePair(a: 7, b: 3))
      let preview = try judge.preview(comparison, options: JudgeOptions(evidence: asked))
      #expect(preview.text.contains("<measurements>") == asked ?? shows)
    }
    let versions = [false, true].map {
      PairJudge(generator: ScriptedGenerator(), showsEvidence: $0) { $0 }.scorerVersion
    }
    #expect(versions[0] != versions[1])
  }

  @Test func scorerVersionChangesWithTheGenerator() {
    func version(_ fingerprint: [UInt8]) -> String {
      let generator = ScriptedGenerator(fingerprint: fingerprint) { _ throws(GenerationError) in throw .cancelled }
      return PairJudge(generator: generator) { bytes in [UInt8(truncatingIfNeeded: bytes.hashValue), 0x0A] }
        .scorerVersion
    }
    #expect(version([1]) == version([1]))
    #expect(version([1]) != version([2]) || version([1]) != version([3]))
    #expect(version([1]).hasPrefix("sha256:") && version([1]).hasSuffix("0a"))
  }
}
