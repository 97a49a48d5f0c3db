import BoundedJSON

/// Writing `tokenizer.json` and `tokenizer_config.json`, for models whose tokenizer came in another form.
extension TokenizerDefinition {
  /// The document that Hugging Face's `tokenizers` reads: it encodes and decodes as this definition does.
  ///
  /// Rows of the embedding without meaning, behind the last token that has one, are left out. Options of the
  /// byte-level parts are those such tokenizers are published with.
  ///
  /// - Parameter beginsWithBOS: whether other programs put `bosToken` before a text. Ours never does.
  /// - Throws: `TokenizationError.duplicateID` where two tokens are spelled alike, which an object cannot hold.
  package func tokenizerJSON(beginsWithBOS: Bool = false) throws(TokenizationError) -> [UInt8] {
    let lastNormal = kinds.lastIndex(of: .normal) ?? -1
    var vocabulary: [String: JSONValue] = [:]
    var added: [JSONValue] = []
    for (id, (token, kind)) in zip(tokens, kinds).enumerated() {
      if kind == .normal || id < lastNormal, vocabulary.updateValue(.integer(Int64(id)), forKey: token) != nil {
        throw .duplicateID(id: id, spelling: token)
      }
      guard kind == .control || kind == .userDefined || kind == .unknown else { continue }
      added.append(
        .object([
          "id": .integer(Int64(id)), "content": .string(token), "single_word": .bool(false), "lstrip": .bool(false),
          "rstrip": .bool(false), "normalized": .bool(false), "special": .bool(kind != .userDefined),
        ]))
    }
    let model: [String: JSONValue] = [
      "type": .string("BPE"), "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
      "end_of_word_suffix": .null, "fuse_unk": .bool(false), "byte_fallback": .bool(false),
      "ignore_merges": .bool(false), "vocab": .object(vocabulary), "merges": .array(merges.map { .string($0) }),
    ]
    return try Self.written([
      "version": .string("1.0"), "truncation": .null, "padding": .null, "added_tokens": .array(added),
      "normalizer": normalizesNFC ? .object(["type": .string("NFC")]) : .null,
      "pre_tokenizer": preTokenizer.json, "post_processor": beginsWithBOS ? postProcessor : .null,
      "decoder": PreTokenizer.byteLevel(usesPattern: true), "model": .object(model),
    ])
  }

  /// What `transformers` wants to know beside it.
  ///
  /// - Parameter positionCount: the longest text the model takes, in tokens.
  package func configurationJSON(positionCount: Int) throws(TokenizationError) -> [UInt8] {
    func spelling(_ token: Int32?) -> JSONValue {
      guard let token, tokens.indices.contains(Int(token)) else { return .null }
      return .string(tokens[Int(token)])
    }
    var members: [String: JSONValue] = [
      "tokenizer_class": .string("PreTrainedTokenizerFast"), "clean_up_tokenization_spaces": .bool(false),
      "model_max_length": .integer(Int64(positionCount)), "bos_token": spelling(bosToken),
      "eos_token": spelling(eosToken), "pad_token": spelling(eosToken),
    ]
    if let chatTemplate { members["chat_template"] = .string(chatTemplate) }
    return try Self.written(members.filter { $0.value != .null })
  }

  /// Puts the beginning token before every text.
  private var postProcessor: JSONValue {
    guard let bosToken, tokens.indices.contains(Int(bosToken)) else { return .null }
    let spelling = JSONValue.string(tokens[Int(bosToken)])
    func special(_ type: Int64) -> JSONValue {
      .object(["SpecialToken": .object(["id": spelling, "type_id": .integer(type)])])
    }
    func sequence(_ id: String, _ type: Int64) -> JSONValue {
      .object(["Sequence": .object(["id": .string(id), "type_id": .integer(type)])])
    }
    let entry = JSONValue.object([
      "id": spelling, "ids": .array([.integer(Int64(bosToken))]), "tokens": .array([spelling]),
    ])
    return .object([
      "type": .string("TemplateProcessing"), "single": .array([special(0), sequence("A", 0)]),
      "pair": .array([special(0), sequence("A", 0), special(1), sequence("B", 1)]),
      "special_tokens": .object([tokens[Int(bosToken)]: entry]),
    ])
  }

  private static func written(_ members: [String: JSONValue]) throws(TokenizationError) -> [UInt8] {
    do {
      return try JSONWriter.bytes(JSONValue.object(members)) + [UInt8(ascii: "\n")]
    } catch {
      throw .json(error)
    }
  }
}

extension PreTokenizer {
  /// The `pre_tokenizer` of `tokenizer.json`.
  fileprivate var json: JSONValue {
    func sequence(_ steps: [JSONValue]) -> JSONValue {
      .object(["type": .string("Sequence"), "pretokenizers": .array(steps)])
    }
    switch self {
    case .gpt2: return Self.byteLevel(usesPattern: true)
    case .smolLM:
      let digits = JSONValue.object(["type": .string("Digits"), "individual_digits": .bool(true)])
      return sequence([digits, Self.byteLevel(usesPattern: true)])
    case .qwen2:
      let split = JSONValue.object([
        "type": .string("Split"), "pattern": .object(["Regex": .string(Self.qwen2Pattern)]),
        "behavior": .string("Isolated"), "invert": .bool(false),
      ])
      return sequence([split, Self.byteLevel(usesPattern: false)])
    }
  }

  fileprivate static func byteLevel(usesPattern: Bool) -> JSONValue {
    .object([
      "type": .string("ByteLevel"), "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
      "use_regex": .bool(usesPattern),
    ])
  }
}
