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

  /// The two numbers of a verdict without texts, one question after the other: A's mean stands before B's question.
  ///
  /// The second question begins with what the first has computed, so that a few tokens of it are left to compute. What
  /// both read and took is added up.
  private func scores(_ request: GenerationRequest) async throws(GenerationError) -> Generation {
    let prompt = format.tokens(request.prompt)
    var written: [Int] = []
    var place: Int?
    var answer = Generation(text: "", finishReason: .stop, promptTokens: 0, completionTokens: 0)
    for index in 0...1 {
      let opening = ScoreQuestion.opening(index: index, after: written)
      let result = try await run(
        EngineRequest(
          prompt: prompt + verdictTokens.encode(opening), maxTokens: ScoreQuestion.tokensMax,
          constraint: ScoreQuestion(verdictTokens, index: index, after: written), place: place,
          queueDeadline: index == 0 ? request.queueDeadline : nil, deadline: request.deadline))
      guard let distribution = (result.constraint as? ScoreQuestion)?.distribution else {
        throw .failed("the model gave no number a probability")
      }
      place = result.place
      written.append(distribution.meanInteger)
      answer.scoreDistributions.append(distribution)
      answer.promptTokens += result.promptTokens
      answer.cachedTokens += result.cachedTokens
      answer.completionTokens += result.tokens.count
      let timings = timings(result)
      answer.timings.queueMilliseconds += timings.queueMilliseconds
      answer.timings.prefillMilliseconds += timings.prefillMilliseconds
      answer.timings.decodeMilliseconds += timings.decodeMilliseconds
    }
    answer.text = String(decoding: ScoreQuestion.whole(written), as: UTF8.self)
    return answer
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
