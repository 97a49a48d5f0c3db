import BoundedJSON

/// `adapter_config.json` as the PEFT library writes it.
extension LoRAConfiguration {
  /// Settings that change what an adapter does in ways this program does not follow; they must be absent, null, false
  /// or empty.
  private static let refused = [
    "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "fan_in_fan_out", "layer_replication",
    "trainable_token_indices", "target_parameters", "alora_invocation_tokens", "use_qalora", "lora_bias",
  ]
  /// Settings that are read, or without effect on a trained adapter whose matrices say where they belong.
  private static let known: Set<String> = [
    "peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "bias", "target_modules", "use_rslora",
    "base_model_name_or_path", "init_lora_weights", "auto_mapping", "revision", "inference_mode", "peft_version",
    "layers_pattern", "layers_to_transform", "exclude_modules", "megatron_core", "qalora_group_size",
    "runtime_config", "ensure_weight_tying", "loftq_config", "eva_config", "corda_config", "lora_ga_config",
  ]
  /// Beginnings of training that leave the model's own weights alone; others ("pissa", say) change them.
  private static let initialisations = ["gaussian", "eva", "orthogonal"]

  /// - Parameter fingerprint: of the model it was trained on, which the JSON has no place for.
  /// - Throws: `ModelFileError` naming the key.
  init(_ fields: ConfigurationFields, fingerprint: String?) throws(ModelFileError) {
    let file = fields.file
    guard let members = fields.value.object else {
      throw .json(file: file, error: .mismatch(pointer: "", reason: "must be an object"))
    }
    guard let type = try fields.string("peft_type") else { throw .missingKey(file: file, key: "peft_type") }
    if type != "LORA" { throw .unsupported(file: file, key: "peft_type", value: type) }
    if let task = try fields.string("task_type"), task != "CAUSAL_LM" {
      throw .unsupported(file: file, key: "task_type", value: task)
    }
    if let bias = try fields.string("bias"), bias != "none" {
      throw .unsupported(file: file, key: "bias", value: bias)
    }
    for key in Self.refused where members[key].map(Self.isSet) ?? false {
      throw .unsupported(file: file, key: key, value: Self.text(members[key]))
    }
    for key in members.keys.sorted() where !Self.known.contains(key) && Self.isSet(members[key] ?? .null) {
      throw .unsupported(file: file, key: key, value: Self.text(members[key]))
    }
    if let start = members["init_lora_weights"]?.string, !Self.initialisations.contains(start) {
      throw .unsupported(file: file, key: "init_lora_weights", value: start)
    }
    try self.init(
      rank: Self.rank(fields), alpha: Self.alpha(fields), dropout: Self.dropout(fields),
      targetModules: Self.targets(fields), usesRSLoRA: fields.bool("use_rslora") ?? false,
      baseModelName: fields.string("base_model_name_or_path"), baseFingerprint: fingerprint)
  }

  private static func rank(_ fields: ConfigurationFields) throws(ModelFileError) -> Int {
    let rank = try fields.requiredInteger("r")
    if !(1...ModelFileLimits.adapterRankMax).contains(rank) {
      let reason = "must be from 1 to \(ModelFileLimits.adapterRankMax), not \(rank)"
      throw .invalidValue(file: fields.file, key: "r", reason: reason)
    }
    return rank
  }

  private static func alpha(_ fields: ConfigurationFields) throws(ModelFileError) -> Double {
    let alpha = try fields.requiredNumber("lora_alpha")
    if !(alpha > 0 && alpha <= 1e6) {
      throw .invalidValue(file: fields.file, key: "lora_alpha", reason: "must be above 0 and at most a million")
    }
    return alpha
  }

  private static func dropout(_ fields: ConfigurationFields) throws(ModelFileError) -> Double {
    let dropout = try fields.number("lora_dropout") ?? 0
    if !(dropout >= 0 && dropout < 1) {
      throw .invalidValue(file: fields.file, key: "lora_dropout", reason: "must be from 0 to below 1")
    }
    return dropout
  }

  private static func targets(_ fields: ConfigurationFields) throws(ModelFileError) -> [String] {
    if let pattern = fields.value["target_modules"]?.string {
      throw .unsupported(file: fields.file, key: "target_modules", value: "the pattern \(pattern), no list")
    }
    let targets = try fields.strings("target_modules")
    if targets.isEmpty { throw .missingKey(file: fields.file, key: "target_modules") }
    for target in targets where !projections.contains(lastPart(of: target)) {
      throw .unsupported(file: fields.file, key: "target_modules", value: target)
    }
    return targets
  }

  /// What follows the last dot.
  static func lastPart(of name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }

  private static func isSet(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool(false): false
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    default: true
    }
  }

  /// A setting for a message.
  private static func text(_ value: JSONValue?) -> String {
    (try? JSONWriter.text(value ?? .null)) ?? "set"  // `try?`: it came out of JSON, so it has a form in it.
  }

  /// The file's text: PEFT's keys, sorted and indented as PEFT writes them.
  func json() throws(JSONError) -> [UInt8] {
    let fields: [String: JSONValue] = [
      "alpha_pattern": .object([:]), "auto_mapping": .null,
      "base_model_name_or_path": baseModelName.map { .string($0) } ?? .null, "bias": .string("none"),
      "fan_in_fan_out": .bool(false), "inference_mode": .bool(true), "init_lora_weights": .bool(true),
      "layer_replication": .null, "layers_pattern": .null, "layers_to_transform": .null,
      "lora_alpha": Int64(exactly: alpha).map { .integer($0) } ?? .number(alpha), "lora_dropout": .number(dropout),
      "modules_to_save": .null, "peft_type": .string("LORA"), "r": .integer(Int64(rank)),
      "rank_pattern": .object([:]), "revision": .null,
      "target_modules": .array(targetModules.map { .string($0) }), "task_type": .string("CAUSAL_LM"),
      "use_dora": .bool(false), "use_rslora": .bool(usesRSLoRA),
    ]
    return try JSONWriter.bytes(JSONValue.object(fields), indented: true) + [UInt8(ascii: "\n")]
  }
}
