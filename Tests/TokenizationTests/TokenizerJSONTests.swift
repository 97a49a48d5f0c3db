import BoundedJSON
import Testing
import Tokenization

/// `tokenizer.json` and `tokenizer_config.json`: what is read, and what is refused by name.
@Suite struct TokenizerJSONTests {
  @Test(arguments: PreTokenizer.allCases)
  func readsEachKind(kind: PreTokenizer) throws {
    let definition = try Golden.definition(kind)
    #expect(definition.preTokenizer == kind)
    #expect(definition.normalizesNFC == (kind == .qwen2))
    #expect(definition.kinds.count { $0 == .control } == 3)
    #expect(definition.kinds.count { $0 == .userDefined } == 1)
    #expect(definition.tokens.count == definition.kinds.count)
  }

  @Test func readsMergesWrittenAsStringsOrPairs() throws {
    let pairs = try fixture()["model"]?["merges"]?.array ?? []
    let strings = pairs.map { JSONValue.string(($0.array ?? []).compactMap(\.string).joined(separator: " ")) }
    #expect(pairs.first?.array?.count == 2)
    let changed = try changing(["model", "merges"], to: .array(strings))
    #expect(try read(changed) == Golden.definition(.qwen2))
  }

  @Test func readsEndsAndTemplateFromTheConfiguration() throws {
    let file = try Golden.bytes("qwen2.tokenizer.json")
    let text = #"{"eos_token":"<|im_end|>","bos_token":{"content":"<|endoftext|>"},"chat_template":"T"}"#
    let definition = try TokenizerDefinition.fromTokenizerJSON(file, configuration: Array(text.utf8))
    let tokenizer = try Tokenizer(definition)
    #expect(definition.eosToken == tokenizer.specialToken("<|im_end|>"))
    #expect(definition.bosToken == tokenizer.specialToken("<|endoftext|>"))
    #expect(tokenizer.chatTemplate == "T")
    let named = #"{"bos_token":null,"chat_template":[{"name":"x","template":"X"},{"name":"default","template":"D"}]}"#
    let other = try TokenizerDefinition.fromTokenizerJSON(file, configuration: Array(named.utf8))
    #expect(other.chatTemplate == "D")
    #expect(other.bosToken == nil)
    #expect(other.eosToken == nil)
  }

  @Test(arguments: PreTokenizer.allCases)
  func whatIsWrittenIsReadAsItWas(kind: PreTokenizer) throws {
    var definition = try Golden.definition(kind)
    let special = try #require(definition.kinds.firstIndex(of: .control))
    definition.bosToken = Int32(special)
    definition.eosToken = Int32(definition.kinds.count - 1)
    definition.chatTemplate = "{{ \"x\" }}\n"
    for beginsWithBOS in [false, true] {
      let written = try definition.tokenizerJSON(beginsWithBOS: beginsWithBOS)
      let configuration = try definition.configurationJSON(positionCount: 2048)
      #expect(try TokenizerDefinition.fromTokenizerJSON(written, configuration: configuration) == definition)
      let document = try JSONReader.value(written, limits: .modelFile)
      #expect((document["post_processor"] != .null) == beginsWithBOS)
    }
  }

  @Test func rowsWithoutMeaningAreNotWritten() throws {
    var definition = try Golden.definition(.smolLM)
    let count = definition.tokens.count
    definition.tokens += ["[PAD1]", "[PAD2]"]
    definition.kinds += [.unused, .unused]
    let read = try TokenizerDefinition.fromTokenizerJSON(definition.tokenizerJSON(), configuration: nil)
    #expect(read.tokens == Array(definition.tokens[..<count]))
    definition.tokens[5] = definition.tokens[6]
    #expect(throws: TokenizationError.self) { _ = try definition.tokenizerJSON() }
  }

  @Test func refusesAFileCutAnywhere() throws {
    let bytes = try Golden.bytes("qwen2.tokenizer.json")
    let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
    for count in Array(stride(from: 0, to: end, by: 997)) + [end] {
      #expect(throws: TokenizationError.self) {
        try TokenizerDefinition.fromTokenizerJSON(Array(bytes[..<count]), configuration: nil)
      }
    }
  }

  @Test(arguments: ["model", "model/vocab", "model/merges", "model/type"])
  func namesAMemberThatIsMissing(path: String) throws {
    let pointer = "/" + path
    do {
      _ = try read(changing(path.split(separator: "/").map(String.init), to: nil))
      Issue.record("was read")
    } catch TokenizationError.json(let error) {
      #expect(error.pointer == pointer)
    }
  }

  @Test func namesAValueOfTheWrongKind() throws {
    for (path, value) in [
      (["model", "vocab"], JSONValue.array([])), (["model", "vocab", "a"], .string("x")),
      (["model", "vocab", "a"], .number(1.5)), (["model", "merges"], .integer(3)), (["added_tokens"], .string("x")),
    ] {
      #expect(throws: TokenizationError.self, "\(path)") { try read(changing(path, to: value)) }
    }
  }

  @Test(arguments: ["WordPiece", "Unigram", "WordLevel", ""])
  func refusesAnotherModelByName(name: String) throws {
    let changed = try changing(["model", "type"], to: .string(name))
    #expect(throws: TokenizationError.unsupported(part: "tokenizer model", name: name)) { try read(changed) }
  }

  @Test func refusesOptionsThatChangeIDs() throws {
    for (option, value) in [
      ("dropout", JSONValue.number(0.1)), ("continuing_subword_prefix", .string("##")),
      ("end_of_word_suffix", .string("</w>")), ("byte_fallback", .bool(true)), ("ignore_merges", .bool(true)),
    ] {
      let changed = try changing(["model", option], to: value)
      #expect(throws: TokenizationError.unsupported(part: "model option", name: option)) { try read(changed) }
    }
    for option in ["lstrip", "rstrip", "single_word"] {
      var added = try #require(try fixture()["added_tokens"]?.array)
      added[0] = set(added[0], [option][...], .bool(true))
      let changed = try changing(["added_tokens"], to: .array(added))
      #expect(throws: TokenizationError.unsupported(part: "added token option", name: option)) { try read(changed) }
    }
  }

  @Test func refusesOtherStepsByName() throws {
    try expectUnsupported("normalizer", "NFKC", ["normalizer"], #"{"type":"NFKC"}"#)
    try expectUnsupported(
      "normalizer", "Lowercase", ["normalizer"],
      #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}"#)
    try expectUnsupported("pre_tokenizer", "null", ["pre_tokenizer"], "null")
    try expectUnsupported("pre_tokenizer", "Whitespace", ["pre_tokenizer"], #"{"type":"Whitespace"}"#)
    try expectUnsupported(
      "pre_tokenizer", "ByteLevel with add_prefix_space", ["pre_tokenizer"],
      #"{"type":"ByteLevel","add_prefix_space":true}"#)
    try expectUnsupported(
      "pre_tokenizer", "Punctuation+ByteLevel", ["pre_tokenizer"],
      #"{"type":"Sequence","pretokenizers":[{"type":"Punctuation"},{"type":"ByteLevel","add_prefix_space":false}]}"#)
    try expectUnsupported(
      "pre_tokenizer", "Digits without individual_digits", ["pre_tokenizer"],
      #"{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":false},{"type":"ByteLevel"}]}"#)
    try expectUnsupported(
      "split pattern", #"\w+"#, ["pre_tokenizer"],
      #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\w+"}},{"type":"ByteLevel"}]}"#)
    try expectUnsupported("decoder", "Metaspace", ["decoder"], #"{"type":"Metaspace"}"#)
  }

  @Test func readsASequenceOfNFCAsNFC() throws {
    let part = try JSONReader.value(
      Array(#"{"type":"Sequence","normalizers":[{"type":"NFC"}]}"#.utf8), limits: .request)
    #expect(try read(changing(["normalizer"], to: part)).normalizesNFC)
    #expect(try !read(changing(["normalizer"], to: .null)).normalizesNFC)
  }

  @Test func refusesIDsThatClashOrLeaveGapsOrGoTooFar() throws {
    let vocabulary = try #require(try fixture()["model"]?["vocab"]?.object)
    let count = vocabulary.count
    let z = try #require(vocabulary["z"]?.integer)
    expect(
      .duplicateID(id: Int(z), spelling: "z"), orSpelling: "y", try changing(["model", "vocab", "y"], to: .integer(z)))
    let far = TokenizationLimits.tokensMax
    expect(
      .idOutOfRange(what: "a token", id: far, max: far - 1),
      try changing(["model", "vocab", "z"], to: .integer(Int64(far))))
    expect(
      .idOutOfRange(what: "a token", id: -1, max: far - 1), try changing(["model", "vocab", "z"], to: .integer(-1)))
    expect(.vocabularyGap(id: count + 4), try changing(["model", "vocab", "new"], to: .integer(Int64(count) + 5)))
    var added = try #require(try fixture()["added_tokens"]?.array)
    added[0] = set(added[0], ["id"][...], .integer(z))
    expect(.duplicateID(id: Int(z), spelling: "<|endoftext|>"), try changing(["added_tokens"], to: .array(added)))
  }

  @Test func refusesMergesThatAreNoPairs() throws {
    expect(.malformedMerge(index: 0), try changing(["model", "merges"], to: .array([.array([.string("a")])])))
    let spaced = JSONValue.array([.array([.string("a b"), .string("c")])])
    expect(.malformedMerge(index: 0), try changing(["model", "merges"], to: spaced))
  }

  @Test func refusesAnUnknownTokenWhereBytesAreMissing() throws {
    var bytes = try Golden.bytes("smollm.tokenizer.json")
    let file = set(try JSONReader.value(bytes, limits: .modelFile), ["model", "unk_token"], .string("<|endoftext|>"))
    bytes = try JSONWriter.bytes(file)
    #expect(throws: TokenizationError.unsupported(part: "unknown token", name: "<|endoftext|>")) {
      try TokenizerDefinition.fromTokenizerJSON(bytes, configuration: nil)
    }
    // With a token for every byte it never comes up.
    _ = try read(changing(["model", "unk_token"], to: .string("<|endoftext|>")))
  }

  @Test func holdsTheBoundsOnTheDocument() throws {
    let bytes = try Golden.bytes("qwen2.tokenizer.json")
    let limits = JSONLimits(bytesMax: 1000, depthMax: 8, valuesMax: 100)
    #expect(throws: TokenizationError.json(.tooLarge(bytes: bytes.count, max: 1000))) {
      try TokenizerDefinition.fromTokenizerJSON(bytes, configuration: nil, limits: limits)
    }
  }

  private func fixture() throws -> JSONValue {
    try JSONReader.value(Golden.bytes("qwen2.tokenizer.json"), limits: .modelFile)
  }

  private func read(_ file: JSONValue) throws -> TokenizerDefinition {
    try .fromTokenizerJSON(JSONWriter.bytes(file), configuration: nil)
  }

  /// The Qwen2 fixture with the member at a path set, or removed for nil.
  private func changing(_ path: [String], to value: JSONValue?) throws -> JSONValue {
    set(try fixture(), path[...], value)
  }

  private func set(_ value: JSONValue, _ path: ArraySlice<String>, _ new: JSONValue?) -> JSONValue {
    guard let name = path.first, case .object(var members) = value else { return value }
    if path.count == 1 {
      members[name] = new
    } else {
      members[name] = set(members[name] ?? .object([:]), path.dropFirst(), new)
    }
    return .object(members)
  }

  private func expectUnsupported(_ part: String, _ name: String, _ path: [String], _ json: String) throws {
    let changed = try changing(path, to: JSONReader.value(Array(json.utf8), limits: .request))
    #expect(throws: TokenizationError.unsupported(part: part, name: name)) { try read(changed) }
  }

  /// Expects one error; where two entries clash, either may be the one named, as an object has no order.
  private func expect(
    _ error: TokenizationError, orSpelling other: String? = nil, _ file: JSONValue,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try read(file)
      Issue.record("was read", sourceLocation: sourceLocation)
    } catch TokenizationError.duplicateID(let id, let spelling) where spelling == other {
      #expect(error == .duplicateID(id: id, spelling: "z"), sourceLocation: sourceLocation)
    } catch let found {
      #expect(found as? TokenizationError == error, sourceLocation: sourceLocation)
    }
  }
}
