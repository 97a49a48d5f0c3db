package import ModelFiles
package import Models

/// What a local model is loaded from and given to run on.
package struct LocalModelOptions: Sendable {
  /// A GGUF file or a Hugging Face directory.
  package var path: String
  /// A LoRA adapter's directory, to be merged into the weights; nil for the model as it is.
  package var adapter: String?
  /// Whether an adapter that was trained on other weights of the same shapes is taken all the same.
  package var allowsOtherBase: Bool
  /// The name answers carry; nil takes the model's own.
  package var name: String?
  /// Threads of a forward pass.
  package var threads: Int
  /// Tokens of one sequence, prompt and output; nil takes what the model was made for, at most 32,768.
  package var contextTokens: Int?
  /// Memory for keys and values, MiB.
  package var cacheMebibytes: Int
  /// Sequences computed together at most.
  package var sequencesMax: Int
  /// Tokens of one forward pass at most.
  package var stepTokensMax: Int
  /// Sequences that may wait.
  package var queueMax: Int
  /// How products are computed.
  package var precision: Precision
  /// How keys and values are kept.
  package var keyValueType: KeyValueType
  /// Products by OpenBLAS instead of our kernels; takes float32 weights.
  package var usesOpenBLAS: Bool
  /// Told where the time of passes goes.
  package var profile: PassProfile?

  package init(
    path: String, adapter: String? = nil, allowsOtherBase: Bool = false, name: String? = nil, threads: Int,
    contextTokens: Int? = nil, cacheMebibytes: Int = 448,
    sequencesMax: Int = 16, stepTokensMax: Int = 512, queueMax: Int = 2048, precision: Precision = .balanced,
    keyValueType: KeyValueType? = nil, usesOpenBLAS: Bool = false, profile: PassProfile? = nil
  ) {
    self.path = path
    self.adapter = adapter
    self.allowsOtherBase = allowsOtherBase
    self.name = name
    self.threads = threads
    self.contextTokens = contextTokens
    self.cacheMebibytes = cacheMebibytes
    self.sequencesMax = sequencesMax
    self.stepTokensMax = stepTokensMax
    self.queueMax = queueMax
    self.precision = usesOpenBLAS ? .float32 : precision
    self.keyValueType = keyValueType ?? self.precision.keyValueType
    self.usesOpenBLAS = usesOpenBLAS
    self.profile = profile
  }
}

/// Why a local model cannot be used.
package enum LocalModelError: Error, CustomStringConvertible {
  /// Weights, cache and buffers need more memory than there is.
  case notEnoughMemory(needed: MemoryNeed, availableBytes: Int)
  /// The cache is too small for one sequence.
  case cacheTooSmall(mebibytes: Int, tokens: Int, contextTokens: Int)
  /// More tokens are asked for than the model has positions.
  case contextTooLong(tokens: Int, max: Int)
  /// There are no kernels for a cache of this type with heads of this width.
  case unsupportedCache(KeyValueType, headDim: Int)
  /// A token id of the tokenizer has no row in the embedding.
  case vocabularyMismatch(tokenizer: Int, model: Int)
  /// The adapter cannot be read, or does not belong to the model.
  case adapter(ModelFileError)

  package var description: String {
    switch self {
    case .notEnoughMemory(let needed, let available):
      "not enough memory: \(needed) are needed, \(available >> 20) MiB are available; use a smaller model, or a "
        + "smaller key-value cache (--kv-cache-mib)"
    case .cacheTooSmall(let mebibytes, let tokens, let context):
      "a key-value cache of \(mebibytes) MiB holds \(tokens) tokens, fewer than one sequence of \(context); raise "
        + "--kv-cache-mib or lower --context"
    case .contextTooLong(let tokens, let max): "--context \(tokens) is more than the model's \(max) positions"
    case .unsupportedCache(let type, let headDim):
      "a key-value cache of \(type.rawValue) cannot hold heads \(headDim) wide; choose another --kv-type"
    case .vocabularyMismatch(let tokenizer, let model):
      "the tokenizer has \(tokenizer) tokens but the model only \(model) embeddings: they do not belong together"
    case .adapter(.otherBase(let file, let recorded, let actual)):
      "\(ModelFileError.otherBase(file: file, recorded: recorded, actual: actual)); name the right model with --model, "
        + "or take the adapter all the same with --allow-other-base"
    case .adapter(let error): "\(error)"
    }
  }
}

/// Memory a model takes, in bytes.
package struct MemoryNeed: Sendable, Equatable, CustomStringConvertible {
  package var weights: Int
  package var cache: Int
  package var activations: Int

  package var total: Int { weights + cache + activations }

  package var description: String {
    "\(total >> 20) MiB (weights \(weights >> 20), key-value cache up to \(cache >> 20), activations up to "
      + "\(activations >> 20))"
  }
}
