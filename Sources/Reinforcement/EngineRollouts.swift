package import Engine
package import LocalInference
import Tokenization

/// Draws completions with the engine that serves, as a model of that form would write them: nothing holds the output.
package struct EngineRollouts: RolloutEngine {
  private let engine: InferenceEngine
  /// What ends an output.
  private let stopTokens: Set<Int32>
  private let text: @Sendable ([Int32]) -> String

  /// - Parameter text: of the tokens of an output.
  package init(
    _ engine: InferenceEngine, stopTokens: Set<Int32>, text: @escaping @Sendable ([Int32]) -> String
  ) {
    self.engine = engine
    self.stopTokens = stopTokens
    self.text = text
  }

  package init(_ model: LocalModel) {
    self.init(model.engine, stopTokens: model.tokenizer.endOfSequenceTokens) { [tokenizer = model.tokenizer] in
      String(decoding: tokenizer.decode($0), as: UTF8.self)
    }
  }

  /// One completion. A type with a name: the compiler makes wrong code of tuples this large as results of a task group.
  private struct Numbered: Sendable {
    let index: Int
    let result: RolloutResult
  }

  /// - Throws: `EngineError`.
  package func complete(_ requests: [RolloutRequest]) async throws -> [RolloutResult] {
    let numbered = try await withThrowingTaskGroup(of: Numbered.self) { group in
      for (index, request) in requests.enumerated() {
        group.addTask { Numbered(index: index, result: try await complete(request)) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    return numbered.sorted { $0.index < $1.index }.map(\.result)
  }

  @concurrent private func complete(_ request: RolloutRequest) async throws -> RolloutResult {
    let result = try await engine.generate(
      EngineRequest(
        prompt: request.prompt, maxTokens: request.maxTokens,
        sampling: SamplingParameters(
          temperature: Float(request.temperature), topP: Float(request.topP), seed: request.seed),
        stopTokens: stopTokens, returnsLogProbabilities: true))
    return RolloutResult(
      tokens: result.draws.map(\.token), logProbabilities: result.draws.map(\.samplingLogProbability),
      isComplete: result.finishReason == .stop, text: text(result.tokens))
  }
}
