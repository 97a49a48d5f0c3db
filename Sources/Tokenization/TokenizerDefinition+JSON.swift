package import BoundedJSON

/// Reading `tokenizer.json` (Hugging Face `tokenizers`) and `tokenizer_config.json` (`transformers`).
extension TokenizerDefinition {
  /// A definition from the files of a Hugging Face directory.
  ///
  /// Everything in the file that changes ids is either understood or refused by name. Ignored are truncation, padding
  /// and the post-processor, for they act after encoding: nothing is ever put around a text by this module.
  ///
  /// - Parameters:
  ///   - bytes: `tokenizer.json`.
  ///   - configuration: `tokenizer_config.json`, for the beginning and end tokens and the chat template.
  /// - Throws: `json` where a document is broken or lacks a part; `unsupported` for any other model, normalizer,
  ///   pre-tokenizer, decoder or option; `duplicateID`, `idOutOfRange`, `vocabularyGap`, `malformedMerge`, `tooMany`.
  package static func fromTokenizerJSON(
    _ bytes: [UInt8], configuration: [UInt8]?, limits: JSONLimits = .modelFile
  ) throws(TokenizationError) -> TokenizerDefinition {
    let file = try decode(TokenizerFile.self, bytes, limits)
    try file.model.check()
    let normalizesNFC = try readNormalizer(file.normalizer)
    let preTokenizer = try readPreTokenizer(file.pre_tokenizer)
    if let decoder = file.decoder, decoder != .null, name(of: decoder) != "ByteLevel" {
      throw .unsupported(part: "decoder", name: name(of: decoder))
    }
    let added = file.added_tokens ?? []
    try check(tokens: max(file.model.vocab.count, added.count), merges: file.model.merges.count)
    var definition = TokenizerDefinition(
      tokens: [], kinds: [], merges: file.model.merges.lines, preTokenizer: preTokenizer, normalizesNFC: normalizesNFC)
    try definition.place(file.model.vocab, added: added)
    if let token = file.model.unk_token, !definition.spellsEveryByte {
      throw .unsupported(part: "unknown token", name: token)
    }
    if let configuration { try definition.apply(decode(TokenizerConfiguration.self, configuration, limits)) }
    return definition
  }

  private static func decode<T: Decodable>(
    _ type: T.Type, _ bytes: [UInt8], _ limits: JSONLimits
  ) throws(TokenizationError) -> T {
    do { return try JSONReader.decode(type, from: bytes, limits: limits) } catch { throw .json(error) }
  }

  private static func name(of part: JSONValue) -> String { part["type"]?.string ?? part.kind }

  private static func readNormalizer(_ part: JSONValue?) throws(TokenizationError) -> Bool {
    guard let part, part != .null else { return false }
    switch name(of: part) {
    case "NFC": return true
    case "Sequence":
      var normalizes = false
      for step in part["normalizers"]?.array ?? [] where try readNormalizer(step) { normalizes = true }
      return normalizes
    case let other: throw .unsupported(part: "normalizer", name: other)
    }
  }

  private static func readPreTokenizer(_ part: JSONValue?) throws(TokenizationError) -> PreTokenizer {
    guard let part, part != .null else { throw .unsupported(part: "pre_tokenizer", name: "null") }
    if try isByteLevel(part, usingPattern: true) { return .gpt2 }
    guard name(of: part) == "Sequence" else { throw .unsupported(part: "pre_tokenizer", name: name(of: part)) }
    let steps = part["pretokenizers"]?.array ?? []
    if steps.count == 2, name(of: steps[0]) == "Digits" {
      guard steps[0]["individual_digits"]?.bool == true else {
        throw .unsupported(part: "pre_tokenizer", name: "Digits without individual_digits")
      }
      if try isByteLevel(steps[1], usingPattern: true) { return .smolLM }
    }
    if steps.count == 2, name(of: steps[0]) == "Split" {
      let pattern = steps[0]["pattern"]?["Regex"]?.string ?? "no Regex"
      guard pattern == PreTokenizer.qwen2Pattern else { throw .unsupported(part: "split pattern", name: pattern) }
      guard steps[0]["behavior"]?.string == "Isolated", steps[0]["invert"]?.bool != true else {
        throw .unsupported(part: "split behavior", name: steps[0]["behavior"]?.string ?? "none")
      }
      if try isByteLevel(steps[1], usingPattern: false) { return .qwen2 }
    }
    throw .unsupported(part: "pre_tokenizer", name: steps.map { name(of: $0) }.joined(separator: "+"))
  }

  /// Whether a step is `ByteLevel` with the pattern on or off as asked; its other options must be off.
  private static func isByteLevel(_ part: JSONValue, usingPattern: Bool) throws(TokenizationError) -> Bool {
    guard name(of: part) == "ByteLevel" else { return false }
    if part["add_prefix_space"]?.bool != false {
      throw .unsupported(part: "pre_tokenizer", name: "ByteLevel with add_prefix_space")
    }
    return (part["use_regex"]?.bool ?? true) == usingPattern
  }

  /// Lays the entries out by id.
  private mutating func place(
    _ vocabulary: [String: Int], added: [AddedToken]
  ) throws(TokenizationError) {
    let idsMax = TokenizationLimits.tokensMax - 1
    var slots: [(spelling: String, kind: TokenKind)?] = []
    slots.reserveCapacity(vocabulary.count + added.count)
    func slot(_ id: Int, _ spelling: String) throws(TokenizationError) {
      guard (0...idsMax).contains(id) else { throw .idOutOfRange(what: "a token", id: id, max: idsMax) }
      while slots.count <= id { slots.append(nil) }
    }
    for (spelling, id) in vocabulary {
      try slot(id, spelling)
      if slots[id] != nil { throw .duplicateID(id: id, spelling: spelling) }
      slots[id] = (spelling, .normal)
    }
    for token in added {
      if let option = token.unsupportedOption { throw .unsupported(part: "added token option", name: option) }
      try slot(token.id, token.content)
      // Scalars, not characters: "é" in two forms would be two spellings.
      if let taken = slots[token.id], !taken.spelling.unicodeScalars.elementsEqual(token.content.unicodeScalars) {
        throw .duplicateID(id: token.id, spelling: token.content)
      }
      slots[token.id] = (token.content, token.special == true ? .control : .userDefined)
    }
    for (id, entry) in slots.enumerated() {
      guard let entry else { throw .vocabularyGap(id: id) }
      tokens.append(entry.spelling)
      kinds.append(entry.kind)
    }
  }

  private var spellsEveryByte: Bool {
    var spelled: Set<UInt8> = []
    for (token, kind) in zip(tokens, kinds) where kind == .normal {
      if let bytes = ByteAlphabet.bytes(spelled: Substring(token)), bytes.count == 1 { spelled.insert(bytes[0]) }
    }
    return spelled.count == 256
  }

  /// Takes what `tokenizer_config.json` adds. A beginning or end token that is no entry is left out.
  private mutating func apply(_ configuration: TokenizerConfiguration) throws(TokenizationError) {
    func id(_ token: JSONValue?) -> Int32? {
      guard let spelling = token?.string ?? token?["content"]?.string else { return nil }
      return tokens.firstIndex { $0.unicodeScalars.elementsEqual(spelling.unicodeScalars) }.map { Int32($0) }
    }
    bosToken = id(configuration.bos_token)
    eosToken = id(configuration.eos_token)
    switch configuration.chat_template {
    case .string(let template): chatTemplate = template
    case .array(let named):
      chatTemplate = named.first { $0["name"]?.string == "default" }?["template"]?.string
    default: break
    }
  }
}

// The names below are those of the files.
// swift-format-ignore: AlwaysUseLowerCamelCase
private struct TokenizerFile: Decodable {
  var model: ModelPart
  var added_tokens: [AddedToken]?
  var normalizer: JSONValue?
  var pre_tokenizer: JSONValue?
  var decoder: JSONValue?
}

// swift-format-ignore: AlwaysUseLowerCamelCase
private struct ModelPart: Decodable {
  var type: String
  var vocab: [String: Int]
  var merges: MergeList
  var dropout: Double?
  var unk_token: String?
  var continuing_subword_prefix: String?
  var end_of_word_suffix: String?
  var byte_fallback: Bool?
  var ignore_merges: Bool?

  private enum CodingKeys: String, CodingKey {
    case type, vocab, merges, dropout, unk_token, continuing_subword_prefix, end_of_word_suffix, byte_fallback
    case ignore_merges
  }

  /// The kind first, so that another model is refused by its name and not for a member it lacks.
  init(from decoder: any Decoder) throws {
    let part = try decoder.container(keyedBy: CodingKeys.self)
    type = try part.decode(String.self, forKey: .type)
    let isPairs = type == "BPE"
    vocab = isPairs ? try part.decode([String: Int].self, forKey: .vocab) : [:]
    merges = isPairs ? try part.decode(MergeList.self, forKey: .merges) : MergeList()
    dropout = try part.decodeIfPresent(Double.self, forKey: .dropout)
    unk_token = isPairs ? try part.decodeIfPresent(String.self, forKey: .unk_token) : nil
    continuing_subword_prefix = try part.decodeIfPresent(String.self, forKey: .continuing_subword_prefix)
    end_of_word_suffix = try part.decodeIfPresent(String.self, forKey: .end_of_word_suffix)
    byte_fallback = try part.decodeIfPresent(Bool.self, forKey: .byte_fallback)
    ignore_merges = try part.decodeIfPresent(Bool.self, forKey: .ignore_merges)
  }

  func check() throws(TokenizationError) {
    if type != "BPE" { throw .unsupported(part: "tokenizer model", name: type) }
    if let dropout, dropout != 0 { throw .unsupported(part: "model option", name: "dropout") }
    if continuing_subword_prefix?.isEmpty == false {
      throw .unsupported(part: "model option", name: "continuing_subword_prefix")
    }
    if end_of_word_suffix?.isEmpty == false { throw .unsupported(part: "model option", name: "end_of_word_suffix") }
    if byte_fallback == true { throw .unsupported(part: "model option", name: "byte_fallback") }
    if ignore_merges == true { throw .unsupported(part: "model option", name: "ignore_merges") }
    for (index, line) in merges.lines.enumerated() where line.isEmpty { throw .malformedMerge(index: index) }
  }
}

/// Merges as "left right", or since `tokenizers` 0.20 as ["left", "right"].
private struct MergeList: Decodable {
  /// "left right"; empty where a pair was none.
  var lines: [String] = []
  var count: Int { lines.count }

  init() {}

  init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if let lines = try? single.decode([String].self) {  // `try?`: pairs then
      self.lines = lines
    } else {
      lines = try single.decode([[String]].self).map { pair in
        pair.count == 2 && !pair.contains { $0.utf8.contains(0x20) } ? pair[0] + " " + pair[1] : ""
      }
    }
  }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
private struct AddedToken: Decodable {
  var id: Int
  var content: String
  var special: Bool?
  var single_word: Bool?
  var lstrip: Bool?
  var rstrip: Bool?

  /// The first option that would change what surrounds the token.
  var unsupportedOption: String? {
    if single_word == true { return "single_word" }
    if lstrip == true { return "lstrip" }
    return rstrip == true ? "rstrip" : nil
  }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
private struct TokenizerConfiguration: Decodable {
  var bos_token: JSONValue?
  var eos_token: JSONValue?
  var chat_template: JSONValue?
}
