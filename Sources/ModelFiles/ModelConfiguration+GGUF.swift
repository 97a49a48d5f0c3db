import Tensors

/// The configuration in the metadata of a GGUF file: keys under the architecture's name, as "llama.block_count".
extension ModelConfiguration {
  /// - Parameters:
  ///   - gguf: its tensors say whether there are biases and an output projection of its own, and how large the
  ///     vocabulary is where no key does.
  init(_ gguf: GGUFFile) throws(ModelFileError) {
    let file = gguf.file.path
    guard let family = try gguf.string("general.architecture") else {
      throw .missingKey(file: file, key: "general.architecture")
    }
    guard let architecture = Architecture(rawValue: family) else {
      throw .unsupported(file: file, key: "general.architecture", value: family)
    }
    try Self.refuseUnknownFeatures(gguf, family: family)
    let hiddenSize = try gguf.requiredInteger("\(family).embedding_length")
    let headCount = try gguf.requiredInteger("\(family).attention.head_count")
    guard let epsilon = try gguf.number("\(family).attention.layer_norm_rms_epsilon") else {
      throw .missingKey(file: file, key: "\(family).attention.layer_norm_rms_epsilon")
    }
    let headDim = try gguf.integer("\(family).attention.key_length") ?? hiddenSize / max(1, headCount)
    let names = Set(gguf.tensors.map(\.name))
    self.init(
      architecture: architecture, hiddenSize: hiddenSize,
      layerCount: try gguf.requiredInteger("\(family).block_count"), headCount: headCount,
      kvHeadCount: try gguf.integer("\(family).attention.head_count_kv") ?? headCount, headDim: headDim,
      intermediateSize: try gguf.requiredInteger("\(family).feed_forward_length"),
      vocabSize: try Self.vocabSize(gguf, family: family),
      positionCount: try gguf.requiredInteger("\(family).context_length"), rmsNormEpsilon: Float(epsilon),
      ropeTheta: try gguf.number("\(family).rope.freq_base") ?? 10_000,
      ropeScaling: try Self.ropeScaling(gguf, family: family), tieWordEmbeddings: !names.contains("output.weight"),
      attentionBias: architecture == .qwen2 || names.contains("blk.0.attn_q.bias"),
      bosTokenID: try gguf.integer("tokenizer.ggml.bos_token_id"), eosTokenIDs: try Self.endTokens(gguf),
      name: try gguf.string("general.name") ?? "")
    try validate(file: file) { "\(family).\(Self.ggufKeys[$0] ?? $0)" }
    let dimensions = try gguf.integer("\(family).rope.dimension_count") ?? headDim
    if dimensions != headDim {
      throw .unsupported(file: file, key: "\(family).rope.dimension_count", value: "\(dimensions) of \(headDim)")
    }
    let valueLength = try gguf.integer("\(family).attention.value_length") ?? headDim
    if valueLength != headDim {
      throw .unsupported(file: file, key: "\(family).attention.value_length", value: "\(valueLength)")
    }
  }

  /// How the checks in `validate` call the numbers, and how GGUF does.
  private static let ggufKeys = [
    "hiddenSize": "embedding_length", "layerCount": "block_count", "headCount": "attention.head_count",
    "kvHeadCount": "attention.head_count_kv", "headDim": "attention.key_length",
    "intermediateSize": "feed_forward_length", "vocabSize": "vocab_size", "positionCount": "context_length",
    "rmsNormEpsilon": "attention.layer_norm_rms_epsilon", "ropeTheta": "rope.freq_base",
    "ropeScaling": "rope.scaling.factor",
  ]

  /// The rows of the embedding; where a key says how many there are, that key, so that a contradiction shows.
  private static func vocabSize(_ gguf: GGUFFile, family: String) throws(ModelFileError) -> Int {
    if let size = try gguf.integer("\(family).vocab_size") { return size }
    guard let embedding = gguf.tensors.first(where: { $0.name == "token_embd.weight" }) else {
      throw .missingTensor(file: gguf.file.path, tensor: "token_embd.weight")
    }
    return embedding.shape.rowCount
  }

  private static func endTokens(_ gguf: GGUFFile) throws(ModelFileError) -> [Int] {
    var tokens: [Int] = []
    for key in ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"] {
      if let token = try gguf.integer(key), !tokens.contains(token) { tokens.append(token) }
    }
    return tokens
  }

  private static func ropeScaling(_ gguf: GGUFFile, family: String) throws(ModelFileError) -> RopeScaling? {
    let type = try gguf.string("\(family).rope.scaling.type")
    let olderFactor = try gguf.number("\(family).rope.scale_linear")
    let factor = try gguf.number("\(family).rope.scaling.factor") ?? olderFactor
    switch type {
    case "none": return nil
    case nil: return factor.flatMap { $0 == 1 ? nil : .linear(factor: $0) }
    case "linear":
      guard let factor else { throw .missingKey(file: gguf.file.path, key: "\(family).rope.scaling.factor") }
      return .linear(factor: factor)
    case let other?:
      throw .unsupported(file: gguf.file.path, key: "\(family).rope.scaling.type", value: other)
    }
  }

  /// Keys that change the computation in ways this program does not follow.
  private static func refuseUnknownFeatures(_ gguf: GGUFFile, family: String) throws(ModelFileError) {
    if let shards = try gguf.integer("split.count"), shards > 1 {
      throw .unsupported(file: gguf.file.path, key: "split.count", value: "\(shards) (merge the parts first)")
    }
    for key in ["attention.sliding_window", "expert_count"] {
      if let value = try gguf.integer("\(family).\(key)"), value != 0 {
        throw .unsupported(file: gguf.file.path, key: "\(family).\(key)", value: "\(value)")
      }
    }
    if try gguf.bool("\(family).attention.causal") == false {
      throw .unsupported(file: gguf.file.path, key: "\(family).attention.causal", value: "false")
    }
  }
}
