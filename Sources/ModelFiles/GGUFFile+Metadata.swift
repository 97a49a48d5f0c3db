/// Typed access to metadata: absent, of the right kind, or an error that names the key.
extension GGUFFile {
  func integer(_ key: String) throws(ModelFileError) -> Int? {
    guard let value = metadata[key] else { return nil }
    guard let integer = value.integer else { throw wrong(key, "must be a whole number") }
    return integer
  }

  func requiredInteger(_ key: String) throws(ModelFileError) -> Int {
    guard let value = try integer(key) else { throw .missingKey(file: file.path, key: key) }
    return value
  }

  func number(_ key: String) throws(ModelFileError) -> Double? {
    guard let value = metadata[key] else { return nil }
    guard let number = value.number else { throw wrong(key, "must be a number") }
    return number
  }

  func bool(_ key: String) throws(ModelFileError) -> Bool? {
    guard let value = metadata[key] else { return nil }
    guard let bool = value.bool else { throw wrong(key, "must be true or false") }
    return bool
  }

  func string(_ key: String) throws(ModelFileError) -> String? {
    guard let value = metadata[key] else { return nil }
    guard let string = value.string else { throw wrong(key, "must be a string") }
    return string
  }

  /// The elements of an array of strings.
  func strings(_ key: String) throws(ModelFileError) -> [String]? {
    guard let value = metadata[key] else { return nil }
    guard case .array(let array) = value, array.elementType == .string else {
      throw wrong(key, "must be an array of strings")
    }
    var reader = ByteReader(file, range: array.byteRange)
    var strings: [String] = []
    strings.reserveCapacity(array.count)
    for _ in 0..<array.count {
      strings.append(try reader.string("length in '\(key)'", max: ModelFileLimits.stringBytesMax))
    }
    return strings
  }

  /// The elements of an array of whole numbers of any width, each of which must fit an Int32.
  func int32s(_ key: String) throws(ModelFileError) -> [Int32]? {
    guard let value = metadata[key] else { return nil }
    guard case .array(let array) = value else { throw wrong(key, "must be an array of whole numbers") }
    var reader = ByteReader(file, range: array.byteRange)
    var numbers: [Int32] = []
    numbers.reserveCapacity(array.count)
    for _ in 0..<array.count {
      let element = try reader.value(array.elementType, key: key, depth: 1)
      guard let whole = element.integer, let number = Int32(exactly: whole) else {
        throw wrong(key, "must be an array of 32-bit whole numbers")
      }
      numbers.append(number)
    }
    return numbers
  }

  func wrong(_ key: String, _ reason: String) -> ModelFileError {
    .invalidValue(file: file.path, key: key, reason: reason)
  }

  /// The material for a tokenizer.
  func vocabulary() throws(ModelFileError) -> TokenizerMaterial.GGUFVocabulary {
    let prefix = "tokenizer.ggml."
    guard let model = try string(prefix + "model") else {
      throw .missingKey(file: file.path, key: prefix + "model")
    }
    // The others (SentencePiece "llama", WordPiece "bert", …) are different algorithms.
    guard model == "gpt2" else { throw .unsupported(file: file.path, key: prefix + "model", value: model) }
    guard let tokens = try strings(prefix + "tokens") else {
      throw .missingKey(file: file.path, key: prefix + "tokens")
    }
    guard let merges = try strings(prefix + "merges") else {
      throw .missingKey(file: file.path, key: prefix + "merges")
    }
    let types = try int32s(prefix + "token_type") ?? []
    if !types.isEmpty && types.count != tokens.count {
      throw wrong(prefix + "token_type", "has \(types.count) entries for \(tokens.count) tokens")
    }
    return TokenizerMaterial.GGUFVocabulary(
      tokens: tokens, tokenTypes: types, merges: merges, pre: try string(prefix + "pre") ?? "",
      bos: try integer(prefix + "bos_token_id"), eos: try integer(prefix + "eos_token_id"),
      chatTemplate: try string("tokenizer.chat_template"), addBOS: try bool(prefix + "add_bos_token"),
      addSpacePrefix: try bool(prefix + "add_space_prefix"))
  }
}
