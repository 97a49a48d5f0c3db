/// Everything a vocabulary file says, before anything is built or checked: spellings, kinds, merges, rules.
///
/// It comes from GGUF metadata (`init(gguf…)`) or from `tokenizer.json` (`fromTokenizerJSON`). `Tokenizer.init` checks
/// that the parts fit one another.
package struct TokenizerDefinition: Sendable, Equatable {
  /// What a token is for. Raw values are GGUF's `tokenizer.ggml.token_type`.
  package enum TokenKind: Int32, Sendable, Equatable {
    /// Text: spelled in the byte alphabet, reachable by merges.
    case normal = 1
    /// What stands for unencodable text in vocabularies that have such a token.
    case unknown = 2
    /// A mark of the chat template; never text.
    case control = 3
    /// A literal string added to the vocabulary, which is text when written out.
    case userDefined = 4
    /// A row of the embedding table without meaning.
    case unused = 5
  }

  /// Spelling of each token, indexed by id: the byte alphabet for `normal`, literal text for all others.
  package var tokens: [String]
  /// Kind of each token, indexed by id.
  package var kinds: [TokenKind]
  /// Merges by rank, the first first: two spellings with one space between.
  package var merges: [String]
  /// How text is cut before merging.
  package var preTokenizer: PreTokenizer
  /// Whether text is brought into Unicode form C first.
  package var normalizesNFC: Bool
  /// The id that begins a document, where there is one.
  package var bosToken: Int32?
  /// The id that ends one.
  package var eosToken: Int32?
  /// The chat template that came with the vocabulary, as Jinja source.
  package var chatTemplate: String?

  package init(
    tokens: [String], kinds: [TokenKind], merges: [String], preTokenizer: PreTokenizer, normalizesNFC: Bool,
    bosToken: Int32? = nil, eosToken: Int32? = nil, chatTemplate: String? = nil
  ) {
    self.tokens = tokens
    self.kinds = kinds
    self.merges = merges
    self.preTokenizer = preTokenizer
    self.normalizesNFC = normalizesNFC
    self.bosToken = bosToken
    self.eosToken = eosToken
    self.chatTemplate = chatTemplate
  }

  /// A definition from the `tokenizer.…` keys of GGUF metadata.
  ///
  /// GGUF does not record a normalizer; Qwen2's is NFC, the others have none.
  ///
  /// - Parameters:
  ///   - model: `tokenizer.ggml.model`; only "gpt2", the byte-level kind.
  ///   - pre: `tokenizer.ggml.pre`; a raw value of `PreTokenizer`.
  ///   - tokens: `tokenizer.ggml.tokens`, indexed by id.
  ///   - tokenTypes: `tokenizer.ggml.token_type`, one for each token.
  ///   - merges: `tokenizer.ggml.merges`.
  ///   - bosToken: `tokenizer.ggml.bos_token_id`.
  ///   - eosToken: `tokenizer.ggml.eos_token_id`.
  ///   - chatTemplate: `tokenizer.chat_template`.
  /// - Throws: `unsupported` for another model, pre-tokenizer or the byte tokens of SentencePiece; `unknownTokenType`,
  ///   `countMismatch`, `tooMany`.
  package init(
    ggufModel model: String = "gpt2", pre: String, tokens: [String], tokenTypes: [Int32], merges: [String],
    bosToken: Int32?, eosToken: Int32?, chatTemplate: String?
  ) throws(TokenizationError) {
    guard model == "gpt2" else { throw .unsupported(part: "tokenizer model", name: model) }
    guard let preTokenizer = PreTokenizer(rawValue: pre) else { throw .unsupported(part: "pre-tokenizer", name: pre) }
    try Self.check(tokens: tokens.count, merges: merges.count)
    if tokenTypes.count != tokens.count {
      throw .countMismatch(what: "token types", count: tokenTypes.count, tokens: tokens.count)
    }
    var kinds: [TokenKind] = []
    kinds.reserveCapacity(tokens.count)
    for (token, type) in tokenTypes.enumerated() {
      if type == 6 { throw .unsupported(part: "token kind", name: "byte") }
      guard let kind = TokenKind(rawValue: type) else { throw .unknownTokenType(token: token, type: type) }
      kinds.append(kind)
    }
    self.init(
      tokens: tokens, kinds: kinds, merges: merges, preTokenizer: preTokenizer, normalizesNFC: preTokenizer == .qwen2,
      bosToken: bosToken, eosToken: eosToken, chatTemplate: chatTemplate)
  }

  /// Holds the bounds on counts.
  static func check(tokens: Int, merges: Int) throws(TokenizationError) {
    if tokens == 0 { throw .emptyVocabulary }
    if tokens > TokenizationLimits.tokensMax {
      throw .tooMany(what: "tokens", count: tokens, max: TokenizationLimits.tokensMax)
    }
    if merges > TokenizationLimits.mergesMax {
      throw .tooMany(what: "merges", count: merges, max: TokenizationLimits.mergesMax)
    }
  }
}
