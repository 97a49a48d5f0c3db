import Engine
package import Judge
import Synchronization
import Tokenization

/// The judge's generator on our own engine.
package final class LocalGenerator: Generator {
  package let model: LocalModel
  private let texts: RecentTexts
  private let format: ChatFormat
  private let verdictTokens: VerdictTokens
  private let meanServiceSeconds = Mutex(1.0)

  /// - Parameter texts: what tokenizes; the model's own tokenizer where it is left out.
  package init(_ model: LocalModel, texts: RecentTexts? = nil) throws(ChatFormat.Unsupported) {
    self.model = model
    self.texts = texts ?? RecentTexts { [tokenizer = model.tokenizer] in tokenizer.encode($0) }
    format = try ChatFormat(model.tokenizer, texts: self.texts)
    verdictTokens = VerdictTokens(model.tokenizer)
  }

  package var modelName: String { model.name }
  package var contextTokensMax: Int { model.engine.limits.contextTokensMax }
  /// Seconds a sequence takes once begun, whatever was asked of it, averaged with a memory of about ten.
  package var serviceSeconds: Double { meanServiceSeconds.withLock { $0 } }
  package var fingerprint: [UInt8] { model.fingerprint }

  package func countTokens(_ prompt: Prompt) -> Int { format.tokens(prompt).count }

  package func countSharedTokens(_ first: Prompt, _ second: Prompt) -> Int {
    zip(format.tokens(first), format.tokens(second)).prefix { $0 == $1 }.count
  }

  package func render(_ prompt: Prompt) -> String { format.text(prompt) }

  package func generate(_ request: GenerationRequest) async throws(GenerationError) -> Generation {
    if request.scoresOnly { return try await scores(request) }
    let constraint = request.grammar.map { _ in
      VerdictConstraint(verdictTokens, minTokens: request.minTokens, maxTokens: request.maxTokens)
    }
    let sampling = Engine.SamplingParameters(
      temperature: Float(request.sampling.temperature), topK: request.sampling.topK,
      topP: Float(request.sampling.topP), minP: Float(request.sampling.minP), seed: request.sampling.seed)
    let result = try await run(
      EngineRequest(
        prompt: format.tokens(request.prompt), maxTokens: request.maxTokens, sampling: sampling,
        stopTokens: constraint == nil ? model.tokenizer.endOfSequenceTokens : [], constraint: constraint,
        queueDeadline: request.queueDeadline, deadline: request.deadline))
    return Generation(
      text: String(decoding: model.tokenizer.decode(result.tokens), as: UTF8.self),
      finishReason: result.finishReason == .stop ? .stop : .length, promptTokens: result.promptTokens,
      cachedTokens: result.cachedTokens, completionTokens: result.tokens.count, timings: timings(result),
      scoreDistributions: (result.constraint as? VerdictConstraint)?.scoreDistributions ?? [])
  }

  /// How much of A's distribution is followed up with a question for B, and with how many questions at most: an
  /// untrained model spreads A over many numbers, and each costs a few tokens behind the prompt.
  private static let firstShareCovered = 0.98
  private static let firstNumbersMax = 6

  /// The two numbers of a verdict without texts: A's distribution, then B's behind each number that A may well be.
  ///
  /// The later questions begin with what the first has computed, so that a few tokens of each are left to compute, and
  /// keep its place in the queue. What all read and took is added up; of times at once the longest.
  private func scores(_ request: GenerationRequest) async throws(GenerationError) -> Generation {
    let prompt = format.tokens(request.prompt)
    let opening = verdictTokens.encode(ScoreQuestion.opening(index: 0, after: []))
    let first = try await ask(
      EngineRequest(
        prompt: prompt + opening, maxTokens: ScoreQuestion.tokensMax,
        constraint: ScoreQuestion(verdictTokens, index: 0), queueDeadline: request.queueDeadline,
        deadline: request.deadline))
    let numbers = ScoreTable.firstNumbers(
      of: first.distribution, coverage: Self.firstShareCovered, countMax: Self.firstNumbersMax)
    let requests = numbers.map { number in
      EngineRequest(
        prompt: prompt + verdictTokens.encode(ScoreQuestion.opening(index: 1, after: [number])),
        maxTokens: ScoreQuestion.tokensMax, constraint: ScoreQuestion(verdictTokens, index: 1, after: [number]),
        place: first.result.place, deadline: request.deadline)
    }
    let answers = try await ask(all: requests)
    let seconds = Dictionary(uniqueKeysWithValues: zip(numbers, answers.map(\.distribution)))
    guard let table = ScoreTable(first: first.distribution, seconds: seconds), let second = table.second,
      let likeliest = seconds[first.distribution.likeliest]
    else { throw .failed("the model gave no number a probability") }
    let results = [first.result] + answers.map(\.result)
    let after = answers.map { timings($0.result) }
    var times = timings(first.result)
    times.queueMilliseconds += after.map(\.queueMilliseconds).max() ?? 0
    times.prefillMilliseconds += after.map(\.prefillMilliseconds).max() ?? 0
    times.decodeMilliseconds += after.map(\.decodeMilliseconds).max() ?? 0
    return Generation(
      text: String(
        decoding: ScoreQuestion.whole([first.distribution.likeliest, likeliest.likeliest]), as: UTF8.self),
      finishReason: .stop, promptTokens: results.reduce(0) { $0 + $1.promptTokens },
      cachedTokens: results.reduce(0) { $0 + $1.cachedTokens },
      completionTokens: results.reduce(0) { $0 + $1.tokens.count }, timings: times,
      scoreDistributions: [first.distribution, second], probabilityFirst: table.probabilityFirst)
  }

  /// What one question found. A type with a name: the compiler makes wrong code of tuples this large as results of a
  /// task group.
  private struct Answer: Sendable {
    let distribution: ScoreDistribution
    let result: EngineResult
  }

  private func ask(_ request: EngineRequest) async throws(GenerationError) -> Answer {
    let result = try await run(request)
    guard let distribution = (result.constraint as? ScoreQuestion)?.distribution else {
      throw .failed("the model gave no number a probability")
    }
    return Answer(distribution: distribution, result: result)
  }

  private struct NumberedAnswer: Sendable {
    let index: Int
    let answer: Result<Answer, GenerationError>
  }

  /// Asks all at once; the answers in the order of the questions.
  private func ask(all requests: [EngineRequest]) async throws(GenerationError) -> [Answer] {
    let answers = await withTaskGroup(of: NumberedAnswer.self) { group in
      for (index, request) in requests.enumerated() {
        group.addTask { [self] in
          do throws(GenerationError) {
            return NumberedAnswer(index: index, answer: .success(try await ask(request)))
          } catch {
            return NumberedAnswer(index: index, answer: .failure(error))
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var sorted: [Answer] = []
    for answer in answers.sorted(by: { $0.index < $1.index }) { sorted.append(try answer.answer.get()) }
    return sorted
  }

  package func render(_ request: LikelihoodRequest) -> String { format.text(start: request.prefix) + request.text }

  package func countTokens(_ request: LikelihoodRequest) -> Int {
    format.start(request.prefix).count + texts.tokens(request.text).count
  }

  /// Prefix and text are tokenized apart, so that texts after the same prefix share its tokens.
  package func likelihood(_ request: LikelihoodRequest) async throws(GenerationError) -> Likelihood {
    let start = format.start(request.prefix)
    let text = texts.tokens(request.text)
    if text.isEmpty { throw .failed("a text without tokens has no likelihood") }
    let result = try await run(
      EngineRequest(
        prompt: start + text, maxTokens: 0, logProbabilitiesFrom: start.count, queueDeadline: request.queueDeadline,
        deadline: request.deadline))
    let sum = result.promptLogProbabilities.reduce(0) { $0 + Double($1) }
    return Likelihood(
      meanLogProbability: sum / Double(text.count), promptTokens: result.promptTokens,
      cachedTokens: result.cachedTokens, timings: timings(result))
  }

  /// Runs one sequence, and remembers how long it took.
  private func run(_ request: EngineRequest) async throws(GenerationError) -> EngineResult {
    do throws(EngineError) {
      let result = try await model.engine.generate(request)
      meanServiceSeconds.withLock { $0 += 0.1 * (result.prefillSeconds + result.decodeSeconds - $0) }
      return result
    } catch {
      throw generationError(error)
    }
  }

  private func timings(_ result: EngineResult) -> GenerationTimings {
    GenerationTimings(
      queueMilliseconds: result.queueSeconds * 1000, prefillMilliseconds: result.prefillSeconds * 1000,
      decodeMilliseconds: result.decodeSeconds * 1000)
  }

  private func generationError(_ error: EngineError) -> GenerationError {
    switch error {
    case .tooLong(let tokens, let max): .promptTooLong(tokens: tokens, max: max)
    case .cancelled: .cancelled
    case .queueFull: .queueFull(retryAfterSeconds: retryAfterSeconds)
    case .queueTimeout: .queueTimeout(retryAfterSeconds: retryAfterSeconds)
    case .deadlineExceeded: .deadlineExceeded
    case .shutDown: .shuttingDown
    case .invalidPrompt: .failed("the prompt has tokens outside the vocabulary")
    }
  }

  /// When those who wait now will have been served, 1...30 seconds.
  private var retryAfterSeconds: Int {
    let waiting = Double(model.engine.statistics.waiting.load(ordering: .relaxed))
    let seconds = waiting * serviceSeconds / Double(model.engine.limits.sequencesMax)
    return min(30, max(1, Int(seconds.rounded(.up))))
  }
}
