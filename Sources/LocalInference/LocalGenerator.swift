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
    let prompt = format.tokens(request.prompt)
    var constraint = request.grammar.map { _ in
      VerdictConstraint(
        verdictTokens, minTokens: request.minTokens, maxTokens: request.maxTokens, scoresOnly: request.scoresOnly)
    }
    var forced: [Int32] = []
    // As part of the prompt, the prefix cache keeps it for the questions that follow.
    if request.scoresOnly { while let next = constraint?.takeForcedTokens(), !next.isEmpty { forced += next } }
    let sampling = Engine.SamplingParameters(
      temperature: Float(request.sampling.temperature), topK: request.sampling.topK,
      topP: Float(request.sampling.topP), minP: Float(request.sampling.minP), seed: request.sampling.seed)
    var result = try await run(
      EngineRequest(
        prompt: prompt + forced, maxTokens: request.maxTokens - forced.count, sampling: sampling,
        stopTokens: constraint == nil ? model.tokenizer.endOfSequenceTokens : [], constraint: constraint,
        queueDeadline: request.queueDeadline, deadline: request.deadline))
    result.tokens = forced + result.tokens
    result.promptTokens = prompt.count
    result.cachedTokens = min(result.cachedTokens, prompt.count)
    var generation = generation(result)
    if let constraint = result.constraint as? VerdictConstraint, !constraint.undividedOnes.isEmpty {
      try await divideOnes(constraint, prompt: prompt, written: result.tokens, request, &generation)
    }
    return generation
  }

  /// What one question found of the number `index`. A type with a name: the compiler makes wrong code of tuples this
  /// large as results of a task group.
  private struct Answer: Sendable {
    let index: Int
    let result: Result<EngineResult, GenerationError>
  }

  /// Finds out of each number whose 1 may have been meant as 10 whether it was, with one short request for each, all at
  /// once. They begin with what has been computed already, so that a few tokens of each are left to compute.
  ///
  /// What they take is added: all their tokens, and of their times the longest of each kind.
  private func divideOnes(
    _ constraint: VerdictConstraint, prompt: [Int32], written: [Int32], _ request: GenerationRequest,
    _ generation: inout Generation
  ) async throws(GenerationError) {
    let answers = await withTaskGroup(of: Answer.self) { group in
      for open in constraint.undividedOnes {
        // The work on this verdict has begun, so no deadline for beginning.
        let question = EngineRequest(
          prompt: prompt + written[..<open.tokensBefore] + [open.one], maxTokens: 1,
          constraint: TenQuestion(verdictTokens, index: open.index), deadline: request.deadline)
        group.addTask { [self] in
          do throws(GenerationError) {
            return Answer(index: open.index, result: .success(try await run(question)))
          } catch {
            return Answer(index: open.index, result: .failure(error))
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var constraint = constraint
    var longest = GenerationTimings()
    for answer in answers {
      let result = try answer.result.get()
      guard let ten = (result.constraint as? TenQuestion)?.ten else { throw .failed("a question has no answer") }
      constraint.divideOne(answer.index, ten: ten)
      generation.promptTokens += result.promptTokens
      generation.cachedTokens += result.cachedTokens
      generation.completionTokens += result.tokens.count
      let timings = timings(result)
      longest.queueMilliseconds = max(longest.queueMilliseconds, timings.queueMilliseconds)
      longest.prefillMilliseconds = max(longest.prefillMilliseconds, timings.prefillMilliseconds)
      longest.decodeMilliseconds = max(longest.decodeMilliseconds, timings.decodeMilliseconds)
    }
    generation.timings.queueMilliseconds += longest.queueMilliseconds
    generation.timings.prefillMilliseconds += longest.prefillMilliseconds
    generation.timings.decodeMilliseconds += longest.decodeMilliseconds
    generation.scoreDistributions = constraint.scoreDistributions
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

  private func generation(_ result: EngineResult) -> Generation {
    let bytes = model.tokenizer.decode(result.tokens)
    return Generation(
      text: String(decoding: bytes, as: UTF8.self),
      finishReason: result.finishReason == .stop ? .stop : .length, promptTokens: result.promptTokens,
      cachedTokens: result.cachedTokens, completionTokens: result.tokens.count,
      timings: timings(result),
      scoreDistributions: (result.constraint as? VerdictConstraint)?.scoreDistributions ?? [])
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
