import BoundedJSON
import Foundation
import RemoteInference
import Testing

/// What the tests of the chat client share: questions, good answers, and a client of a scripted server.
enum ChatFixture {
  static let secret = "sk-very/secret-0123456789"

  static func request(_ text: String, maxTokens: Int = 100) -> ChatRequest {
    ChatRequest(
      messages: [
        ChatMessage(role: .system, content: "Judge."), ChatMessage(role: .user, content: text),
      ], temperature: 0.5, maxTokens: maxTokens, seed: 7, stop: ["</scores>"])
  }

  /// A completion that depends on its text only.
  static func completion(_ text: String, finish: String = "stop", prompt: Int = 20, completion: Int = 10) -> String {
    """
    {"id":"x","object":"chat.completion","model":"teacher-1","choices":[{"index":0,"message":{"role":"assistant",\
    "content":"\(text)"},"finish_reason":"\(finish)","logprobs":null}],"usage":{"prompt_tokens":\(prompt),\
    "completion_tokens":\(completion),"total_tokens":\(prompt + completion)},"unknown":[1]}
    """
  }

  static func settings(_ url: String, _ change: (inout ChatClient.Settings) -> Void = { _ in }) throws
    -> ChatClient.Settings
  {
    var settings = ChatClient.Settings(
      address: try ServerAddress(url), model: "teacher", key: try APIKey(secret, source: "the test"))
    settings.concurrency = 4
    settings.timeout = .seconds(10)
    settings.budget.priceIn = 2
    settings.budget.priceOut = 10
    change(&settings)
    return settings
  }

  /// A client with a clock that takes no time.
  static func client(
    _ url: String, clock: VirtualClock = VirtualClock(), journal: RequestJournal? = nil,
    transport: any HTTPTransport = WebTransport(connectionsMax: 8),
    _ change: (inout ChatClient.Settings) -> Void = { _ in }
  ) throws -> ChatClient {
    ChatClient(
      try settings(url, change), transport: transport, limiter: RateLimiter(clock: clock.clock), journal: journal,
      clock: clock.clock)
  }

  /// The text of the last message that was asked.
  static func question(_ asked: ScriptedServer.Asked) -> String {
    let document = try? JSONReader.value(asked.body, limits: .request)
    return document?["messages"]?.array?.last?["content"]?.string ?? "?"
  }
}
