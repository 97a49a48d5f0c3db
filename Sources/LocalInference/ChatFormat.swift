package import Judge
package import Tokenization

/// How messages become tokens for an instruction-tuned model. ChatML, which SmolLM2 and Qwen2.5 use.
///
/// The special tokens come from here and from nowhere else: contents are encoded as plain text, so `<|im_end|>` inside
/// a message is a few ordinary tokens.
package struct ChatFormat: Sendable {
  /// The tokenizer has none of the chat formats that are known here.
  package struct Unsupported: Error, CustomStringConvertible {
    package let description =
      "the model's tokenizer has no ChatML tokens (<|im_start|>, <|im_end|>); only ChatML models can judge"
  }

  /// Part of the scorer's fingerprint.
  package static let name = "chatml"
  private static let open = "<|im_start|>"
  private static let close = "<|im_end|>"
  private static let document = "<|endoftext|>"

  private let texts: RecentTexts
  private let openToken: Int32
  private let closeToken: Int32
  /// What documents were set apart with in training.
  private let documentToken: Int32
  private let documentSpelling: String

  /// - Parameter texts: what tokenizes; the tokenizer itself where it is left out.
  package init(_ tokenizer: Tokenizer, texts: RecentTexts? = nil) throws(Unsupported) {
    guard let open = tokenizer.specialToken(Self.open), let close = tokenizer.specialToken(Self.close) else {
      throw Unsupported()
    }
    self.texts = texts ?? RecentTexts { tokenizer.encode($0) }
    openToken = open
    closeToken = close
    let document = tokenizer.specialToken(Self.document)
    documentToken = document ?? close
    documentSpelling = document == nil ? Self.close : Self.document
  }

  /// The prompt's tokens, up to where the model's turn begins.
  package func tokens(_ prompt: Prompt) -> [Int32] {
    var tokens: [Int32] = []
    for message in prompt.messages {
      tokens.append(openToken)
      tokens += texts.tokens(message.role.rawValue + "\n" + message.content)
      tokens.append(closeToken)
      tokens += texts.tokens("\n")
    }
    tokens.append(openToken)
    return tokens + texts.tokens("assistant\n")
  }

  /// What ends a turn, the model's too.
  package var endOfTurn: Int32 { closeToken }

  /// The tokens of a plain text that begins a document, outside any chat.
  package func start(_ text: String) -> [Int32] { [documentToken] + texts.tokens(text) }

  /// As `start`, as text.
  package func text(start: String) -> String { documentSpelling + start }

  /// The prompt as text, special tokens spelled out.
  package func text(_ prompt: Prompt) -> String {
    prompt.messages.map { "\(Self.open)\($0.role.rawValue)\n\($0.content)\(Self.close)\n" }.joined()
      + "\(Self.open)assistant\n"
  }
}
