import BoundedJSON

/// The configuration in a Hugging Face `config.json`.
extension ModelConfiguration {
  /// - Parameters:
  ///   - config: `config.json`.
  ///   - generation: `generation_config.json`, which may name more tokens that end an answer.
  ///   - name: where the file does not say what it is called.
  ///   - storedNames: the tensors that are there; without an output projection, and without a word on it, it is tied.
  init(
    config fields: ConfigurationFields, generation: ConfigurationFields?, name: String, storedNames: Set<String>
  ) throws(ModelFileError) {
    let file = fields.file
    guard let family = try fields.string("model_type") else { throw .missingKey(file: file, key: "model_type") }
    guard let architecture = Architecture(rawValue: family) else {
      throw .unsupported(file: file, key: "model_type", value: family)
    }
    try Self.refuseUnknownFeatures(fields, architecture: architecture)
    let hiddenSize = try fields.requiredInteger("hidden_size")
    let headCount = try fields.requiredInteger("num_attention_heads")
    guard let epsilon = try fields.number("rms_norm_eps") else {
      throw .missingKey(file: file, key: "rms_norm_eps")
    }
    let rope = try Self.rope(fields)
    let attentionBias = try fields.bool("attention_bias") ?? false
    var endTokens = try fields.integers("eos_token_id")
    if let generation {
      let more = try generation.integers("eos_token_id")
      endTokens += more.filter { !endTokens.contains($0) }
    }
    self.init(
      architecture: architecture, hiddenSize: hiddenSize,
      layerCount: try fields.requiredInteger("num_hidden_layers"), headCount: headCount,
      kvHeadCount: try fields.integer("num_key_value_heads") ?? headCount,
      headDim: try fields.integer("head_dim") ?? hiddenSize / max(1, headCount),
      intermediateSize: try fields.requiredInteger("intermediate_size"),
      vocabSize: try fields.requiredInteger("vocab_size"),
      positionCount: try fields.requiredInteger("max_position_embeddings"), rmsNormEpsilon: Float(epsilon),
      ropeTheta: rope.theta, ropeScaling: rope.scaling,
      tieWordEmbeddings: try fields.bool("tie_word_embeddings") ?? !storedNames.contains("lm_head.weight"),
      attentionBias: architecture == .qwen2 || attentionBias,
      bosTokenID: try fields.integers("bos_token_id").first, eosTokenIDs: endTokens, name: name)
    try validate(file: file) { Self.jsonKeys[$0] ?? $0 }
  }

  private static let jsonKeys = [
    "hiddenSize": "hidden_size", "layerCount": "num_hidden_layers", "headCount": "num_attention_heads",
    "kvHeadCount": "num_key_value_heads", "headDim": "head_dim", "intermediateSize": "intermediate_size",
    "vocabSize": "vocab_size", "positionCount": "max_position_embeddings", "rmsNormEpsilon": "rms_norm_eps",
    "ropeTheta": "rope_theta", "ropeScaling": "rope_scaling",
  ]

  /// Frequency base and scaling. Newer files hold both in `rope_parameters`, older ones in `rope_theta` and
  /// `rope_scaling`, whose kind is called `rope_type` or, before that, `type`.
  private static func rope(
    _ fields: ConfigurationFields
  ) throws(ModelFileError) -> (theta: Double, scaling: RopeScaling?) {
    let parameters = try fields.object("rope_parameters")
    let older = try fields.object("rope_scaling")
    let olderTheta = try fields.number("rope_theta") ?? 10_000
    let theta = try parameters?.number("rope_theta") ?? olderTheta
    let scaling = parameters ?? older
    for object in [fields, scaling].compactMap({ $0 }) {
      if let partial = try object.number("partial_rotary_factor"), partial != 1 {
        throw .unsupported(file: fields.file, key: object.prefix + "partial_rotary_factor", value: "\(partial)")
      }
    }
    guard let scaling else { return (theta, nil) }
    let olderKind = try scaling.string("type")
    let kind = try scaling.string("rope_type") ?? olderKind
    for (key, value) in scaling.value.object ?? [:] where value.object != nil {  // One for each kind of layer.
      throw .unsupported(file: fields.file, key: scaling.prefix + key, value: "an object")
    }
    switch kind {
    case nil where parameters != nil, "default": return (theta, nil)
    case "linear": return (theta, .linear(factor: try scaling.requiredNumber("factor")))
    case "llama3":
      return (
        theta,
        .llama3(
          factor: try scaling.requiredNumber("factor"),
          lowFrequencyFactor: try scaling.requiredNumber("low_freq_factor"),
          highFrequencyFactor: try scaling.requiredNumber("high_freq_factor"),
          originalPositionCount: try scaling.requiredInteger("original_max_position_embeddings"))
      )
    case nil: throw .missingKey(file: fields.file, key: scaling.prefix + "rope_type")
    case let other?: throw .unsupported(file: fields.file, key: scaling.prefix + "rope_type", value: other)
    }
  }

  /// Settings that change the computation in ways this program does not follow.
  private static func refuseUnknownFeatures(
    _ fields: ConfigurationFields, architecture: Architecture
  ) throws(ModelFileError) {
    let causal = architecture == .llama ? "LlamaForCausalLM" : "Qwen2ForCausalLM"
    let classes = try fields.strings("architectures")
    if let found = classes.first, !classes.contains(causal) {
      throw .unsupported(file: fields.file, key: "architectures", value: found)
    }
    if let activation = try fields.string("hidden_act"), activation != "silu" {
      throw .unsupported(file: fields.file, key: "hidden_act", value: activation)
    }
    for key in ["use_sliding_window", "mlp_bias"] where try fields.bool(key) == true {
      throw .unsupported(file: fields.file, key: key, value: "true")
    }
    for kind in try fields.strings("layer_types") where kind != "full_attention" {
      throw .unsupported(file: fields.file, key: "layer_types", value: kind)
    }
    if fields.has("quantization_config") {
      throw .unsupported(file: fields.file, key: "quantization_config", value: "set")
    }
  }
}

/// Typed access to the members of a JSON object: absent or null, of the right kind, or an error that names the key.
struct ConfigurationFields {
  let value: JSONValue
  let file: String
  /// The path to the object, ending in a dot, for messages.
  let prefix: String

  init(_ value: JSONValue, file: String, prefix: String = "") {
    self.value = value
    self.file = file
    self.prefix = prefix
  }

  private func member(_ key: String) -> JSONValue? {
    if let member = value[key], member != .null { member } else { nil }
  }

  private func wrong(_ key: String, _ reason: String) -> ModelFileError {
    .invalidValue(file: file, key: prefix + key, reason: reason)
  }

  func has(_ key: String) -> Bool { member(key) != nil }

  func integer(_ key: String) throws(ModelFileError) -> Int? {
    guard let member = member(key) else { return nil }
    guard let integer = member.integer else { throw wrong(key, "must be a whole number") }
    return Int(integer)
  }

  func requiredInteger(_ key: String) throws(ModelFileError) -> Int {
    guard let value = try integer(key) else { throw .missingKey(file: file, key: prefix + key) }
    return value
  }

  func number(_ key: String) throws(ModelFileError) -> Double? {
    guard let member = member(key) else { return nil }
    guard let number = member.number else { throw wrong(key, "must be a number") }
    return number
  }

  func requiredNumber(_ key: String) throws(ModelFileError) -> Double {
    guard let value = try number(key) else { throw .missingKey(file: file, key: prefix + key) }
    return value
  }

  func bool(_ key: String) throws(ModelFileError) -> Bool? {
    guard let member = member(key) else { return nil }
    guard let bool = member.bool else { throw wrong(key, "must be true or false") }
    return bool
  }

  func string(_ key: String) throws(ModelFileError) -> String? {
    guard let member = member(key) else { return nil }
    guard let string = member.string else { throw wrong(key, "must be a string") }
    return string
  }

  func strings(_ key: String) throws(ModelFileError) -> [String] {
    guard let member = member(key) else { return [] }
    guard let array = member.array else { throw wrong(key, "must be an array of strings") }
    let strings = array.compactMap(\.string)
    if strings.count != array.count { throw wrong(key, "must be an array of strings") }
    return strings
  }

  /// One whole number, or an array of them.
  func integers(_ key: String) throws(ModelFileError) -> [Int] {
    guard let member = member(key) else { return [] }
    let elements = member.array ?? [member]
    let integers = elements.compactMap { $0.integer.map { Int($0) } }
    if integers.count != elements.count { throw wrong(key, "must be a whole number or an array of them") }
    return integers
  }

  func object(_ key: String) throws(ModelFileError) -> ConfigurationFields? {
    guard let member = member(key) else { return nil }
    if member.object == nil { throw wrong(key, "must be an object") }
    return ConfigurationFields(member, file: file, prefix: prefix + key + ".")
  }
}
