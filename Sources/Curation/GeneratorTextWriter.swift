package import Judge

/// The judge's own generator as a writer: the local engine.
package struct GeneratorTextWriter<Model: Generator>: TextWriter {
  private let generator: Model
  package let name: String

  package init(_ generator: Model, name: String) {
    self.generator = generator
    self.name = name
  }

  package func write(_ request: WritingRequest) async throws(WriterError) -> WrittenText {
    let prompt = Prompt(messages: [
      Prompt.Message(role: .system, content: request.system), Prompt.Message(role: .user, content: request.user),
    ])
    do throws(GenerationError) {
      let generation = try await generator.generate(
        GenerationRequest(
          prompt: prompt, grammar: request.isVerdict ? VerdictGrammar() : nil, minTokens: 0,
          maxTokens: max(request.tokensMax, request.isVerdict ? VerdictGrammar.maxTokensMin : 1),
          sampling: SamplingParameters(temperature: request.temperature, topP: 0.95, seed: request.seed),
          priority: .batch))
      return WrittenText(
        text: generation.text, isCut: generation.finishReason == .length, promptTokens: generation.promptTokens,
        completionTokens: generation.completionTokens)
    } catch .promptTooLong(let tokens, let max) {
      throw .refused("the prompt has \(tokens) tokens, and the model takes \(max)")
    } catch {
      throw .stopped("the model: \(error)")
    }
  }
}
