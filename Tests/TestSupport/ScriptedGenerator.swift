package import Judge
import Synchronization

/// A generator without a model: a closure answers each request, and every request is kept.
///
/// It counts one token for each byte of the rendered prompt, so that a test can say exactly what fits.
package final class ScriptedGenerator: Generator {
  package typealias Answer = @Sendable (GenerationRequest) async throws(GenerationError) -> Generation
  package typealias LikelihoodAnswer = @Sendable (LikelihoodRequest) async throws(GenerationError) -> Likelihood

  package let modelName: String
  package let contextTokensMax: Int
  package let fingerprint: [UInt8]
  private let answer: Answer
  private let likelihoodAnswer: LikelihoodAnswer
  private let keptTexts = Mutex<[LikelihoodRequest]>([])
  private let kept = Mutex<[GenerationRequest]>([])

  package init(
    modelName: String = "scripted-1", contextTokensMax: Int = 1 << 20, fingerprint: [UInt8] = [1, 2, 3],
    likelihood: @escaping LikelihoodAnswer = { request throws(GenerationError) in
      ScriptedGenerator.likelihood(request)
    },
    answer: @escaping Answer
  ) {
    self.modelName = modelName
    self.contextTokensMax = contextTokensMax
    self.fingerprint = fingerprint
    self.answer = answer
    likelihoodAnswer = likelihood
  }

  /// Answers every request with the same text, and distributions with all weight on the given integer parts.
  package convenience init(
    text: String = ScriptedGenerator.verdict("7.5", "4"), finishReason: FinishReason = .stop, certain: [Int] = [7, 4],
    contextTokensMax: Int = 1 << 20
  ) {
    self.init(contextTokensMax: contextTokensMax) { request in
      ScriptedGenerator.generation(text, for: request, finishReason: finishReason, certain: certain)
    }
  }

  /// Answers each request for a likelihood with a closure, and writes one verdict for all others.
  package static func reading(_ likelihood: @escaping LikelihoodAnswer) -> ScriptedGenerator {
    ScriptedGenerator(likelihood: likelihood) { request in generation(verdict("7.5", "4"), for: request) }
  }

  /// The requests so far. Concurrent ones are in no particular order.
  package var requests: [GenerationRequest] { kept.withLock { $0 } }

  package func countTokens(_ prompt: Prompt) -> Int { render(prompt).utf8.count }

  package func countSharedTokens(_ first: Prompt, _ second: Prompt) -> Int {
    zip(render(first).utf8, render(second).utf8).prefix { $0 == $1 }.count
  }

  package func render(_ prompt: Prompt) -> String {
    prompt.messages.map { "[\($0.role.rawValue)]\n\($0.content)\n" }.joined() + "[assistant]\n"
  }

  /// One token that begins the document, and one for each byte but NUL, which stands for what a vocabulary lacks.
  package func countTokens(_ request: LikelihoodRequest) -> Int {
    1 + (request.prefix + request.text).utf8.count { $0 != 0 }
  }

  package func render(_ request: LikelihoodRequest) -> String { "[document]" + request.prefix + request.text }

  package func likelihood(_ request: LikelihoodRequest) async throws(GenerationError) -> Likelihood {
    keptTexts.withLock { $0.append(request) }
    return try await likelihoodAnswer(request)
  }

  /// Each byte of the text that also stands in the prefix has ln p -1, every other one -2.
  package static func likelihood(_ request: LikelihoodRequest) -> Likelihood {
    let known = Set(request.prefix.utf8)
    let sum = request.text.utf8.reduce(0.0) { $0 - (known.contains($1) ? 1 : 2) }
    return Likelihood(
      meanLogProbability: sum / Double(request.text.utf8.count), promptTokens: request.text.utf8.count,
      cachedTokens: 2,
      timings: GenerationTimings(queueMilliseconds: 4, prefillMilliseconds: 5, decodeMilliseconds: 0))
  }

  /// The likelihoods asked for so far, in no particular order.
  package var likelihoodRequests: [LikelihoodRequest] { keptTexts.withLock { $0 } }

  package func generate(_ request: GenerationRequest) async throws(GenerationError) -> Generation {
    kept.withLock { $0.append(request) }
    return try await answer(request)
  }

  /// A well-formed verdict with these numbers.
  package static func verdict(_ a: String, _ b: String, criteria: String = "Short sentences.") -> String {
    "<criteria>\(criteria)</criteria>\n<eval>One fits better.</eval>\n<scores>A: \(a), B: \(b)</scores>"
  }

  /// A generation whose token counts are byte counts.
  package static func generation(
    _ text: String, for request: GenerationRequest, finishReason: FinishReason = .stop, certain: [Int] = []
  ) -> Generation {
    Generation(
      text: text, finishReason: finishReason,
      promptTokens: request.prompt.messages.map(\.content.utf8.count).reduce(0, +), cachedTokens: 3,
      completionTokens: text.utf8.count,
      timings: GenerationTimings(queueMilliseconds: 1, prefillMilliseconds: 2, decodeMilliseconds: 3),
      scoreDistributions: certain.compactMap { part in
        ScoreDistribution(weights: (1...10).map { $0 == part ? 1 : 0 })
      })
  }

  /// Waits until the calling task is cancelled, and then says so.
  package static func untilCancelled() async throws(GenerationError) -> Generation {
    // `try?`: it throws when cancelled, which is what is waited for; nothing else ends it.
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    throw .cancelled
  }
}
