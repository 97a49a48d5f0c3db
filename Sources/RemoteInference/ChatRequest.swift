import BoundedJSON

/// One message of a conversation.
package struct ChatMessage: Sendable, Hashable {
  package enum Role: String, Sendable, Hashable {
    case system
    case user
    case assistant
  }

  package var role: Role
  package var content: String

  package init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

/// What a model is asked. Members that are nil are left out, so that the server's defaults count.
package struct ChatRequest: Sendable, Hashable {
  package var messages: [ChatMessage]
  /// 0...2.
  package var temperature: Double?
  /// The most tokens of one completion.
  package var maxTokens: Int
  /// For servers that honour it.
  package var seed: Int64?
  /// Texts at which a completion ends, four at most by OpenAI's rule.
  package var stop: [String]
  /// Completions of one prompt.
  package var choices: Int

  package init(
    messages: [ChatMessage], temperature: Double? = nil, maxTokens: Int, seed: Int64? = nil, stop: [String] = [],
    choices: Int = 1
  ) {
    self.messages = messages
    self.temperature = temperature
    self.maxTokens = maxTokens
    self.seed = seed
    self.stop = stop
    self.choices = choices
  }

  /// The body of `POST …/chat/completions`. Equal requests are equal bytes: a journal knows a request by them.
  func body(model: String, limitMember: ChatClient.LimitMember) throws(RemoteError) -> [UInt8] {
    var members: [String: JSONValue] = [
      "model": .string(model), limitMember.rawValue: .integer(Int64(maxTokens)), "stream": .bool(false),
      "messages": .array(
        messages.map { .object(["role": .string($0.role.rawValue), "content": .string($0.content)]) }),
    ]
    if let temperature { members["temperature"] = .number(temperature) }
    if let seed { members["seed"] = .integer(seed) }
    if !stop.isEmpty { members["stop"] = .array(stop.map { .string($0) }) }
    if choices != 1 { members["n"] = .integer(Int64(choices)) }
    do throws(JSONError) {
      return try JSONWriter.bytes(JSONValue.object(members))
    } catch {
      throw .notEncodable(reason: "\(error.pointer) \(error)")
    }
  }

  /// Tokens of the prompt as far as they can be known without the model's tokenizer: three bytes each, which is more
  /// tokens than English takes, and a few for each message.
  package var promptTokensEstimate: Int { messages.reduce(3) { $0 + Self.tokensEstimate($1.content) + 4 } }

  static func tokensEstimate(_ text: String) -> Int { (text.utf8.count + 2) / 3 }
}
