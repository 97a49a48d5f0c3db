package import RemoteInference

/// A service with an OpenAI-compatible chat route as a writer.
package struct ChatTextWriter: TextWriter {
  private let client: ChatClient
  package let name: String

  /// - Parameter name: the model's.
  package init(_ client: ChatClient, name: String) {
    self.client = client
    self.name = name
  }

  package func write(_ request: WritingRequest) async throws(WriterError) -> WrittenText {
    let answer: ChatAnswer
    do throws(RemoteError) {
      answer = try await client.answer(
        to: ChatRequest(
          messages: [
            ChatMessage(role: .system, content: request.system), ChatMessage(role: .user, content: request.user),
          ],
          temperature: request.temperature, maxTokens: request.tokensMax,
          // Services take signed numbers, and some no more than 53 bits.
          seed: Int64(request.seed >> 12)))
    } catch .refused(let refusal) {
      throw .refused(refusal.reason)
    } catch {
      throw .stopped(error.description)
    }
    return WrittenText(
      text: answer.text, isCut: answer.finishReason == .length, promptTokens: answer.usage?.promptTokens ?? 0,
      completionTokens: answer.usage?.completionTokens ?? 0)
  }
}
