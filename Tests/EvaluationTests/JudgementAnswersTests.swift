import Corpora
import Evaluation
import Judge
import Testing

/// What a judge in process says, as answers of a judged pair.
@Suite struct JudgementAnswersTests {
  /// Writes what a closure says; likelihoods are its own.
  private struct Writer: Generator {
    var write: @Sendable (GenerationRequest) -> (text: String, reason: FinishReason)
    let modelName = "writer"
    let contextTokensMax = 1 << 20
    let fingerprint: [UInt8] = [1]

    func countTokens(_ prompt: Prompt) -> Int { 1 }
    func countSharedTokens(_ first: Prompt, _ second: Prompt) -> Int { 1 }
    func render(_ prompt: Prompt) -> String { "" }
    func render(_ request: LikelihoodRequest) -> String { "" }
    func countTokens(_ request: LikelihoodRequest) -> Int { 1 + request.text.utf8.count }

    private static let timings = GenerationTimings(queueMilliseconds: 0, prefillMilliseconds: 0, decodeMilliseconds: 0)

    func likelihood(_ request: LikelihoodRequest) async throws(GenerationError) -> Likelihood {
      // With exemplars before it, the second response gains more.
      let gain = request.prefix.contains("exemplar") ? (request.text.contains("second") ? 1.0 : 0.5) : 0
      return Likelihood(meanLogProbability: gain - 3, promptTokens: 1, cachedTokens: 0, timings: Self.timings)
    }

    func generate(_ request: GenerationRequest) async throws(GenerationError) -> Generation {
      let (text, reason) = write(request)
      return Generation(
        text: text, finishReason: reason, promptTokens: 1, cachedTokens: 0, completionTokens: 1,
        timings: Self.timings, scoreDistributions: [])
    }
  }

  private static let comparison = Comparison(
    query: "q", exemplars: ["an exemplar"], responseA: "first text", responseB: "second text")

  private static func verdict(_ a: String, _ b: String) -> String {
    "<criteria>Short.</criteria>\n<eval>One fits.</eval>\n<scores>A: \(a), B: \(b)</scores>"
  }

  /// Whether the model sees the caller's A first.
  private static func isAB(_ request: GenerationRequest) -> Bool {
    let text = request.prompt.messages.map(\.content).joined()
    guard let a = text.firstRange(of: "first text"), let b = text.firstRange(of: "second text") else { return false }
    return a.lowerBound < b.lowerBound
  }

  private func answers(
    _ options: JudgeOptions, _ write: @escaping @Sendable (GenerationRequest) -> (text: String, reason: FinishReason)
  ) async throws -> [JudgedPair.Answer] {
    let judge = PairJudge(generator: Writer(write: write)) { bytes in bytes }
    return JudgedPair.Answer.all(of: try await judge.judge(Self.comparison, options: options))
  }

  @Test func bothOrdersComeInTheCallersNames() async throws {
    // The first slot always gets 8, the second 4, and in order ba one point more.
    let answers = try await answers(JudgeOptions(order: .both)) { request in
      (Self.isAB(request) ? Self.verdict("8", "4") : Self.verdict("9", "5"), .stop)
    }
    #expect(answers == [Sample.answer(.ab, 8, 4), Sample.answer(.ba, 5, 9)])
  }

  @Test func failuresOfOneOrderAreItsOwn() async throws {
    let answers = try await answers(JudgeOptions(order: .both)) { request in
      Self.isAB(request) ? (Self.verdict("8", "4"), .stop) : ("<criteria>no end", .length)
    }
    #expect(answers == [Sample.answer(.ab, 8, 4), Sample.failed(.ba, .truncated)])
    let malformed = try await self.answers(JudgeOptions()) { _ in ("nothing", .stop) }
    #expect(malformed == [Sample.failed(.ab, .malformed)])
  }

  @Test func drawsAreKeptAsVotes() async throws {
    let seeds = (0..<3).map { PairJudge.sampleSeed(7, sample: $0) }
    let options = JudgeOptions(samples: 3, sampling: SamplingParameters(temperature: 1, seed: 7))
    let answers = try await answers(options) { request in
      switch seeds.firstIndex(of: request.sampling.seed) {
      case 0: (Self.verdict("8", "4"), .stop)
      case 1: (Self.verdict("5", "5"), .stop)
      default: (Self.verdict("3", "6"), .stop)
      }
    }
    #expect(answers.count == 1)
    #expect(answers[0].votes == [Sample.vote(8, 4), Sample.vote(5, 5), Sample.vote(3, 6)])
    #expect(answers[0].scoreA == 16 / 3.0 && answers[0].scoreB == 5)
    #expect(answers[0].winner == .a)
  }

  @Test func likelihoodHasOneAnswerWithoutAnOrder() async throws {
    let answers = try await answers(JudgeOptions(method: .likelihood)) { _ in ("", .stop) }
    #expect(answers.map(\.order) == [.ab])
    #expect(answers[0].winner == .b)
    #expect(answers[0].failure == nil)
    let probability = try #require(answers[0].probabilityA)
    #expect(probability < 0.5)
    #expect(JudgedPair(Sample.pair("p", preferred: .b), answers: answers).outcome == .right)
  }

  @Test func kindsOfFailureAreThreeHere() {
    #expect(JudgedPair.Failure(.length) == .truncated)
    #expect(JudgedPair.Failure(.judgeUnparseable) == .malformed)
    #expect(JudgedPair.Failure(.promptTooLong) == .error)
  }
}
