import BoundedJSON
import Testing
import Tokenization

/// What is refused in GGUF metadata and in a definition whose parts do not fit.
@Suite struct TokenizerDefinitionTests {
  @Test func ggufMetadataGivesTheTokenizerOfTheJSONFile() throws {
    let file = try Golden.definition(.qwen2)
    let metadata = try TokenizerDefinition(
      pre: "qwen2", tokens: file.tokens, tokenTypes: file.kinds.map(\.rawValue), merges: file.merges, bosToken: nil,
      eosToken: nil, chatTemplate: nil)
    #expect(metadata == file)
    #expect(try Tokenizer(metadata).encode("It's café 42") == Golden.tokenizer(.qwen2).encode("It's café 42"))
  }

  @Test(arguments: ["llama-bpe", "default", "", "smollm "])
  func refusesAnotherPreTokenizerByName(name: String) {
    #expect(throws: TokenizationError.unsupported(part: "pre-tokenizer", name: name)) { try metadata(pre: name) }
  }

  @Test func refusesAnotherModelByName() {
    #expect(throws: TokenizationError.unsupported(part: "tokenizer model", name: "llama")) {
      try metadata(model: "llama")
    }
  }

  @Test func refusesTypesThatDoNotFit() {
    #expect(throws: TokenizationError.countMismatch(what: "token types", count: 2, tokens: 3)) {
      try metadata(types: [1, 1])
    }
    #expect(throws: TokenizationError.unknownTokenType(token: 1, type: 7)) { try metadata(types: [1, 7, 1]) }
    #expect(throws: TokenizationError.unknownTokenType(token: 2, type: -1)) { try metadata(types: [1, 1, -1]) }
    #expect(throws: TokenizationError.unsupported(part: "token kind", name: "byte")) { try metadata(types: [1, 6, 1]) }
  }

  @Test func refusesTooManyTokensOrMerges() {
    let tokensMax = TokenizationLimits.tokensMax
    #expect(throws: TokenizationError.tooMany(what: "tokens", count: tokensMax + 1, max: tokensMax)) {
      try TokenizerDefinition(
        pre: "gpt-2", tokens: Array(repeating: "a", count: tokensMax + 1), tokenTypes: [], merges: [], bosToken: nil,
        eosToken: nil, chatTemplate: nil)
    }
    let mergesMax = TokenizationLimits.mergesMax
    #expect(throws: TokenizationError.tooMany(what: "merges", count: mergesMax + 1, max: mergesMax)) {
      try TokenizerDefinition(
        pre: "gpt-2", tokens: ["a"], tokenTypes: [1], merges: Array(repeating: "a a", count: mergesMax + 1),
        bosToken: nil, eosToken: nil, chatTemplate: nil)
    }
    #expect(throws: TokenizationError.emptyVocabulary) {
      try TokenizerDefinition(
        pre: "gpt-2", tokens: [], tokenTypes: [], merges: [], bosToken: nil, eosToken: nil, chatTemplate: nil)
    }
  }

  @Test func refusesTokensThatCannotBe() throws {
    let count = try Golden.definition(.gpt2).tokens.count
    try expect(.emptyToken(token: 4)) { $0.tokens[4] = "" }
    try expect(.duplicateSpelling(first: 0, second: 5)) { $0.tokens[5] = $0.tokens[0] }
    try expect(.duplicateSpelling(first: count - 1, second: count)) {
      $0.tokens.append($0.tokens[count - 1])
      $0.kinds.append(.control)
    }
    try expect(.tokenTooLong(token: count - 1, bytes: 5000, max: 4096)) {
      $0.tokens[count - 1] = String(repeating: "x", count: 5000)
    }
    try expect(.countMismatch(what: "kinds", count: count, tokens: count + 1)) { $0.tokens.append("<x>") }
    try expect(.idOutOfRange(what: "the end token", id: count, max: count - 1)) { $0.eosToken = Int32(count) }
    try expect(.idOutOfRange(what: "the beginning token", id: -1, max: count - 1)) { $0.bosToken = -1 }
  }

  @Test func refusesAVocabularyWithoutTheBytesThatEveryTextNeeds() throws {
    try expect(.missingBytes([UInt8(ascii: " "), UInt8(ascii: "e")])) { definition in
      definition.merges = []
      for (token, spelling) in definition.tokens.enumerated() where spelling == "Ġ" || spelling == "e" {
        definition.tokens[token] = "日" + spelling
      }
    }
  }

  @Test func refusesMergesThatNameNoToken() throws {
    try expect(.malformedMerge(index: 2)) { $0.merges[2] = "ab" }
    try expect(.malformedMerge(index: 2)) { $0.merges[2] = " a" }
    try expect(.malformedMerge(index: 2)) { $0.merges[2] = "a " }
    try expect(.mergeWithoutToken(index: 0, spelling: "qqqq")) { $0.merges[0] = "qqqq a" }
    try expect(.mergeWithoutToken(index: 0, spelling: "日")) { $0.merges[0] = "a 日" }
    try expect(.mergeWithoutToken(index: 0, spelling: "zq")) { $0.merges[0] = "z q" }
    try expect(.mergeWithoutToken(index: 1, spelling: "b c")) { $0.merges[1] = "a b c" }
  }

  @Test func refusesMergesThatWouldMakeAControlToken() throws {
    // "<" and "|" are tokens; text "<|" must not become a control token by a merge.
    try expect(.mergeWithoutToken(index: 0, spelling: "<|")) {
      $0.tokens.append("<|")
      $0.kinds.append(.control)
      $0.merges.insert("< |", at: 0)
    }
  }

  @Test func messagesEscapeWhatTheFileSays() {
    let error = TokenizationError.unsupported(
      part: "pre-tokenizer", name: "a\u{1B}[31m\n" + String(repeating: "é", count: 99))
    let text = String(describing: error)
    #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(text.count < 800)
  }

  /// Three tokens, no merges.
  private func metadata(
    model: String = "gpt2", pre: String = "gpt-2", types: [Int32] = [1, 1, 1]
  ) throws -> TokenizerDefinition {
    try TokenizerDefinition(
      ggufModel: model, pre: pre, tokens: ["a", "b", "c"], tokenTypes: types, merges: [], bosToken: nil, eosToken: nil,
      chatTemplate: nil)
  }

  /// Expects that a change to a good definition is refused with an error.
  private func expect(
    _ error: TokenizationError, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout TokenizerDefinition) -> Void
  ) throws {
    var definition = try Golden.definition(.gpt2)
    change(&definition)
    #expect(throws: error, sourceLocation: sourceLocation) { try Tokenizer(definition) }
  }
}
