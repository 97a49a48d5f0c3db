import Judge
import TestSupport
import Testing

/// The method `verdict`: the prompt of `reasoning`, and the means of the two numbers' distributions as scores.
@Suite struct VerdictMethodTests {
  private let comparison = Comparison(
    query: "q", exemplars: ["one", "two", "three"], responseA: "alpha", responseB: "beta")

  private func judge(_ generator: ScriptedGenerator) -> PairJudge {
    PairJudge(generator: generator) { bytes in Array(bytes.suffix(32)) }
  }

  private func options(_ order: OrderOption = .ab) -> JudgeOptions { JudgeOptions(method: .verdict, order: order) }

  /// Writes 9 and 1 always; the distributions are those given, by integer part.
  private func spread(_ first: [Int: Double], _ second: [Int: Double]) -> ScriptedGenerator {
    ScriptedGenerator { request in
      var generation = ScriptedGenerator.generation(ScriptedGenerator.verdict("9", "1"), for: request)
      generation.scoreDistributions = [first, second].compactMap { shares in
        ScoreDistribution(weights: (1...10).map { shares[$0] ?? 0 })
      }
      return generation
    }
  }

  @Test func scoresAreExpectationsNotWhatIsWritten() async throws {
    // Means 7.5 and 3.25.
    let result = try await judge(spread([5: 1, 10: 1], [1: 1, 4: 3])).judge(comparison, options: options())
    #expect(result.scores == ScorePair(a: 7.5, b: 3.3) && result.margin == 4.2 && result.winner == .a)
    #expect(result.probabilityA == 1)
    #expect(result.method == .verdict && result.isWellFormed)
    #expect(result.criteria == nil && result.eval == nil)
    #expect(result.runs.map(\.scores) == [ScorePair(a: 7.5, b: 3.3)])
  }

  @Test func anExpectationCanNameAnotherWinnerThanTheWrittenNumbers() async throws {
    let result = try await judge(spread([9: 0.4, 1: 0.6], [5: 1])).judge(comparison, options: options())
    #expect(result.scores == ScorePair(a: 4.2, b: 5) && result.winner == .b)
    #expect(result.probabilityA == 0.4)
    let reasoning = try await judge(spread([9: 0.4, 1: 0.6], [5: 1])).judge(comparison, options: JudgeOptions())
    #expect(reasoning.scores == ScorePair(a: 9, b: 1) && reasoning.winner == .a)
  }

  @Test func aCalibrationMakesProbabilitiesOfMarginsOfItsOwnMethodOnly() async throws {
    let generator = spread([8: 1], [2: 1, 4: 1])
    let known = Calibration(temperature: 2.5, method: "verdict", fittedOn: "made up", n: 1)
    let plain = judge(generator)
    let calibrated = PairJudge(generator: generator, calibrations: [.verdict: known]) { Array($0.suffix(32)) }
    let result = try await calibrated.judge(comparison, options: options())
    // Margin 5, so the odds are e^2.
    #expect(abs((result.probabilityA ?? 0) - 0.880797) < 1e-6 && result.winner == .a)
    #expect(try await calibrated.judge(comparison, options: options(.both)).probabilityA == 0.5)
    #expect(try await calibrated.judge(comparison, options: JudgeOptions()).probabilityA == 1)
    #expect(try await plain.judge(comparison, options: options()).probabilityA == 1)
    let other = Calibration(temperature: 2.6, method: "verdict", fittedOn: "made up", n: 1)
    let versions = [[:], [.verdict: known], [.verdict: other], [.likelihood: known]].map {
      PairJudge(generator: generator, calibrations: $0) { Self.digest($0) }.scorerVersion
    }
    #expect(Set(versions).count == 4)
  }

  /// Not a good digest, but one that every byte changes.
  private static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var sum: UInt64 = 14_695_981_039_346_656_037
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 1_099_511_628_211 }
    return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
  }

  @Test func theSecondOrderIsMappedBackAndBothAreAveraged() async throws {
    let generator = spread([8: 1], [2: 1, 4: 1])
    let ba = try await judge(generator).judge(comparison, options: options(.ba))
    #expect(ba.scores == ScorePair(a: 3, b: 8) && ba.winner == .b && ba.probabilityA == 0)
    // A judge that always likes the first slot.
    let both = try await judge(generator).judge(comparison, options: options(.both))
    #expect(both.scores == ScorePair(a: 5.5, b: 5.5) && both.winner == .tie && both.probabilityA == 0.5)
    #expect(both.orderConsistent == false && both.runs.map(\.order) == [.ab, .ba])
    #expect(both.runs.map(\.scores) == [ScorePair(a: 8, b: 3), ScorePair(a: 3, b: 8)])
  }

  @Test func asksForTheScoresAloneOnceForEachOrder() async throws {
    let generator = ScriptedGenerator()
    let plain = try await judge(generator).judge(comparison, options: options(.both))
    #expect(generator.requests.count == 2)
    for request in generator.requests {
      #expect(request.scoresOnly && request.grammar == VerdictGrammar())
      #expect(request.minTokens == 0 && request.maxTokens == VerdictGrammar.maxTokensMin)
      #expect(request.sampling.temperature == 0)
    }
    #expect(
      Set(generator.requests.map(\.prompt))
        == [
          PromptTemplate().prompt(comparison, order: .ab), PromptTemplate().prompt(comparison, order: .ba),
        ])
    // What only writing has is ignored.
    let other = ScriptedGenerator()
    let options = JudgeOptions(
      method: .verdict, order: .both, samples: 16, sampling: SamplingParameters(temperature: 2, seed: 7),
      minTokens: 300, maxTokens: 400, constrained: false)
    #expect(try await judge(other).judge(comparison, options: options) == plain)
    #expect(other.requests.count == 2 && other.requests.allSatisfy { $0.sampling.temperature == 0 })
  }

  @Test func needsRoomForTheScoresOnlyNotForMaxTokens() async throws {
    let tokens = ScriptedGenerator().countTokens(PromptTemplate().prompt(comparison, order: .ab))
    let generator = ScriptedGenerator(contextTokensMax: tokens + VerdictGrammar.maxTokensMin)
    #expect(try await judge(generator).judge(comparison, options: options()).exemplarsDropped == 0)
    #expect(try await judge(generator).judge(comparison, options: JudgeOptions(maxTokens: 100)).exemplarsDropped > 0)
  }

  @Test func aGeneratorWithoutDistributionsGivesTheWrittenNumbers() async throws {
    let result = try await judge(ScriptedGenerator(certain: [])).judge(comparison, options: options())
    #expect(result.scores == ScorePair(a: 7.5, b: 4) && result.probabilityA == nil)
  }

  @Test func anOutputThatIsNoVerdictIsNotANumber() async throws {
    let result = try await judge(ScriptedGenerator(text: "A: 7")).judge(comparison, options: options(.both))
    #expect(result.scores == nil && result.probabilityA == nil && result.failureKind == .judgeUnparseable)
  }
}
