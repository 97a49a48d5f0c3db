import BoundedJSON

/// What a model answered.
package struct ChatAnswer: Sendable, Equatable {
  /// Why a completion ended.
  package enum FinishReason: Sendable, Hashable {
    case stop
    /// `maxTokens` was reached: the text is cut off, and whether it is of use is for the caller to say.
    case length
    /// The provider held text back.
    case contentFilter
    /// Anything else, by the server's word.
    case other(String)

    init(_ word: String) {
      self =
        switch word {
        case "stop": .stop
        case "length": .length
        case "content_filter": .contentFilter
        default: .other(Excerpt.text(word))
        }
    }

    package var word: String {
      switch self {
      case .stop: "stop"
      case .length: "length"
      case .contentFilter: "content_filter"
      case .other(let word): word
      }
    }
  }

  package struct Choice: Sendable, Equatable {
    package let text: String
    package let finishReason: FinishReason

    package var isTruncated: Bool { finishReason == .length }
  }

  package struct Usage: Sendable, Hashable {
    package let promptTokens: Int
    package let completionTokens: Int
  }

  /// The model by the server's name for it, which may be more exact than the one asked for; empty where it gives none.
  package let model: String
  /// At least one, at most as many as were asked for, by their index.
  package let choices: [Choice]
  /// Nil where the server did not count.
  package let usage: Usage?

  /// The text of the first choice.
  package var text: String { choices.first?.text ?? "" }
  package var finishReason: FinishReason { choices.first?.finishReason ?? .stop }

  /// Most tokens an answer may say it took: more is nonsense, and sums must not overflow.
  private static let tokensMax: Int64 = 1 << 40
  private static let limits = JSONLimits(bytesMax: 64 << 20, depthMax: 64, valuesMax: 1_000_000)

  /// Reads the body of an answer. Members that nobody here needs may be anything.
  ///
  /// - Throws: `malformed`, naming the member at fault.
  init(body: [UInt8], choicesMax: Int, hiding key: APIKey?) throws(RemoteFault) {
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONReader.value(body, limits: Self.limits)
    } catch {
      let start = body.isEmpty ? "it is empty" : "it begins with \(Excerpt.text(body, hiding: key))"
      throw .malformed(reason: "not JSON: \(error); \(start)")
    }
    if let error = document["error"], error != .null {
      let text = error["message"]?.string ?? error.string ?? error.kind
      throw .malformed(reason: "status 200 with an error: \(Excerpt.text(text, hiding: key))")
    }
    guard let list = document["choices"] else { throw .malformed(reason: "choices is missing") }
    guard let entries = list.array else { throw .malformed(reason: "choices must be an array, not \(list.kind)") }
    if entries.isEmpty { throw .malformed(reason: "choices is empty") }
    if entries.count > choicesMax {
      throw .malformed(reason: "\(entries.count) choices, \(choicesMax) were asked for")
    }
    var choices: [(index: Int64, choice: Choice)] = []
    for (place, entry) in entries.enumerated() {
      choices.append((entry["index"]?.integer ?? Int64(place), try Self.choice(entry, place: place)))
    }
    self.choices = choices.enumerated().sorted { ($0.element.index, $0.offset) < ($1.element.index, $1.offset) }
      .map(\.element.choice)
    model = document["model"]?.string ?? ""
    usage = try Self.usage(document["usage"])
  }

  private static func choice(_ entry: JSONValue, place: Int) throws(RemoteFault) -> Choice {
    let at = "choices/\(place)"
    guard let word = entry["finish_reason"]?.string else {
      throw .malformed(reason: "\(at)/finish_reason must be a string, not \(entry["finish_reason"]?.kind ?? "missing")")
    }
    let reason = FinishReason(word)
    guard let message = entry["message"], message.object != nil else {
      throw .malformed(reason: "\(at)/message must be an object, not \(entry["message"]?.kind ?? "missing")")
    }
    switch message["content"] {
    case .string(let text): return Choice(text: text, finishReason: reason)
    // All held back, or all spent before the text began.
    case .null where reason == .contentFilter || reason == .length: return Choice(text: "", finishReason: reason)
    case let other:
      throw .malformed(reason: "\(at)/message/content must be a string, not \(other?.kind ?? "missing")")
    }
  }

  private static func usage(_ value: JSONValue?) throws(RemoteFault) -> Usage? {
    guard let value, value != .null else { return nil }
    guard let prompt = value["prompt_tokens"]?.integer, (0...tokensMax).contains(prompt) else {
      throw .malformed(reason: "usage/prompt_tokens must be a count of tokens")
    }
    // Left out by some servers where it is 0.
    guard let completion = (value["completion_tokens"] ?? .integer(0)).integer, (0...tokensMax).contains(completion)
    else { throw .malformed(reason: "usage/completion_tokens must be a count of tokens") }
    return Usage(promptTokens: Int(prompt), completionTokens: Int(completion))
  }

  /// As a journal keeps it.
  var record: JSONValue {
    .object([
      "model": .string(model),
      "choices": .array(
        choices.map { .object(["text": .string($0.text), "finish_reason": .string($0.finishReason.word)]) }),
      "usage": usage.map {
        .object([
          "prompt_tokens": .integer(Int64($0.promptTokens)), "completion_tokens": .integer(Int64($0.completionTokens)),
        ])
      } ?? .null,
    ])
  }

  /// Reads what `record` wrote; nil where it is something else.
  init?(record: JSONValue) {
    guard let model = record["model"]?.string, let entries = record["choices"]?.array, !entries.isEmpty else {
      return nil
    }
    var choices: [Choice] = []
    for entry in entries {
      guard let text = entry["text"]?.string, let word = entry["finish_reason"]?.string else { return nil }
      choices.append(Choice(text: text, finishReason: FinishReason(word)))
    }
    self.model = model
    self.choices = choices
    usage = record["usage"].flatMap { usage in
      guard let prompt = usage["prompt_tokens"]?.integer, let completion = usage["completion_tokens"]?.integer else {
        return nil
      }
      return Usage(promptTokens: Int(prompt), completionTokens: Int(completion))
    }
  }
}
