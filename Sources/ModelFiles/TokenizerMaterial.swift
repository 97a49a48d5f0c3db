/// What a tokenizer is built from, as it lies in the checkpoint; `Tokenization` gives it meaning.
package enum TokenizerMaterial: Sendable, Equatable {
  case gguf(GGUFVocabulary)
  case json(TokenizerFiles)

  /// The `tokenizer.ggml.*` keys of a GGUF file with a byte-level BPE ("gpt2") vocabulary.
  package struct GGUFVocabulary: Sendable, Equatable {
    /// In the byte-level alphabet; the index is the id.
    package var tokens: [String]
    /// 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. As many as tokens, or none.
    package var tokenTypes: [Int32]
    /// "left right", the best first.
    package var merges: [String]
    /// The name of the pre-tokenizer: "smollm", "qwen2"; empty where the file names none.
    package var pre: String
    package var bos: Int?
    package var eos: Int?
    package var chatTemplate: String?
    /// Whether a text starts with `bos`; nil where the file does not say.
    package var addBOS: Bool?
    package var addSpacePrefix: Bool?
  }

  /// The files of a Hugging Face directory.
  package struct TokenizerFiles: Sendable, Equatable {
    /// `tokenizer.json`.
    package var tokenizer: [UInt8]
    /// `tokenizer_config.json`.
    package var configuration: [UInt8]?
    /// `chat_template.jinja`, or `chat_template` of the configuration.
    package var chatTemplate: String?
  }
}
