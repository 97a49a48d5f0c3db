import BoundedJSON
import Tensors

/// What is in a model, for people (`text`) and for programs (`Encodable`): architecture, tensors, types, sizes,
/// tokenizer, and the memory it needs.
package struct ModelSummary: Sendable, Equatable, Encodable {
  /// One tensor.
  package struct Tensor: Sendable, Equatable, Encodable {
    package let name: String
    package let storedName: String
    package let shape: [Int]
    package let type: String
    package let bytes: Int
    /// Whether the model uses it; extra ones are kept but not read.
    package let isUsed: Bool

    enum CodingKeys: String, CodingKey {
      case name, shape, type, bytes
      case storedName = "stored_name"
      case isUsed = "used"
    }
  }

  /// All tensors of one type.
  package struct TypeTotal: Sendable, Equatable, Encodable {
    package let type: String
    package let tensors: Int
    package let elements: Int
    package let bytes: Int
  }

  /// The tokenizer, or why there is none.
  package struct Tokenizer: Sendable, Equatable, Encodable {
    package var kind: String
    package var tokens: Int?
    package var merges: Int?
    package var hasChatTemplate = false
    package var problem: String?

    enum CodingKeys: String, CodingKey {
      case kind, tokens, merges, problem
      case hasChatTemplate = "chat_template"
    }
  }

  /// Bytes, worked out from the shapes.
  package struct Memory: Sendable, Equatable, Encodable {
    /// The weights the model uses, as they are stored.
    package let weightsStored: Int
    /// The same as Float32.
    package let weightsFloat32: Int
    /// Keys and values of one position of one sequence, as Float32.
    package let cachePerPositionFloat32: Int
    /// The same in bfloat16, as serving keeps them.
    package let cachePerPositionBFloat16: Int

    enum CodingKeys: String, CodingKey {
      case weightsStored = "weights_stored"
      case weightsFloat32 = "weights_float32"
      case cachePerPositionFloat32 = "cache_per_position_float32"
      case cachePerPositionBFloat16 = "cache_per_position_bfloat16"
    }
  }

  package let path: String
  package let format: String
  package let configuration: ModelConfiguration
  /// Elements of the weights the model uses.
  package let parameters: Int
  package let tensors: [Tensor]
  package let types: [TypeTotal]
  package let tokenizer: Tokenizer
  package let memory: Memory

  /// - Parameter checkpoint: an open model; its tokenizer is read too, and what is wrong with it becomes a remark.
  package init(_ checkpoint: ModelCheckpoint) {
    let configuration = checkpoint.configuration
    let used = configuration.requiredTensors.map(\.name)
    let extra = Set(checkpoint.tensors.keys).subtracting(used).sorted()
    let usedRecords = used.compactMap { checkpoint.tensors[$0] }
    let records = usedRecords + extra.compactMap { checkpoint.tensors[$0] }
    path = checkpoint.path
    format =
      switch checkpoint.format {
      case .gguf(let version): "GGUF v\(version)"
      case .safetensors: "safetensors, \(checkpoint.paths.count) \(checkpoint.paths.count == 1 ? "file" : "files")"
      }
    self.configuration = configuration
    parameters = usedRecords.reduce(0) { $0 + $1.shape.elementCount }
    tensors = records.enumerated().map { index, record in
      Tensor(
        name: record.name, storedName: record.storedName, shape: record.shape.dimensions,
        type: record.elementType.name, bytes: record.byteRange.count, isUsed: index < usedRecords.count)
    }
    types = ElementType.allCases.compactMap { type in
      let same = records.filter { $0.elementType == type }
      return same.isEmpty
        ? nil
        : TypeTotal(
          type: type.name, tensors: same.count, elements: same.reduce(0) { $0 + $1.shape.elementCount },
          bytes: same.reduce(0) { $0 + $1.byteRange.count })
    }
    tokenizer = Self.describe(checkpoint)
    memory = Memory(
      weightsStored: usedRecords.reduce(0) { $0 + $1.byteRange.count }, weightsFloat32: 4 * parameters,
      cachePerPositionFloat32: 4 * 2 * configuration.layerCount * configuration.kvHeadCount * configuration.headDim,
      cachePerPositionBFloat16: 2 * 2 * configuration.layerCount * configuration.kvHeadCount * configuration.headDim)
  }

  private static func describe(_ checkpoint: ModelCheckpoint) -> Tokenizer {
    do {
      switch try checkpoint.tokenizerMaterial() {
      case .gguf(let vocabulary):
        let name = vocabulary.pre.isEmpty ? "no pre-tokenizer named" : vocabulary.pre
        return Tokenizer(
          kind: "byte-level BPE (\(name))", tokens: vocabulary.tokens.count, merges: vocabulary.merges.count,
          hasChatTemplate: vocabulary.chatTemplate != nil)
      case .json(let files):
        let hasTemplate = files.chatTemplate != nil
        do throws(JSONError) {
          let value = try JSONReader.value(files.tokenizer, limits: .modelFile)
          let vocabulary = value["model"]?["vocab"]?.object
          let added = value["added_tokens"]?.array?.compactMap { $0["content"]?.string } ?? []
          let more = added.filter { vocabulary?[$0] == nil }.count
          return Tokenizer(
            kind: value["model"]?["type"]?.string ?? "of no type", tokens: vocabulary.map { $0.count + more },
            merges: value["model"]?["merges"]?.array?.count, hasChatTemplate: hasTemplate)
        } catch {
          return Tokenizer(kind: "unreadable", hasChatTemplate: hasTemplate, problem: "tokenizer.json: \(error)")
        }
      }
    } catch {
      return Tokenizer(kind: "unreadable", problem: error.description)
    }
  }

  enum CodingKeys: String, CodingKey {
    case path, format, configuration, parameters, tensors, types, tokenizer, memory
  }
}

extension ModelConfiguration: Encodable {
  enum CodingKeys: String, CodingKey {
    case name, architecture
    case hiddenSize = "hidden_size"
    case layerCount = "layers"
    case headCount = "heads"
    case kvHeadCount = "kv_heads"
    case headDim = "head_dim"
    case intermediateSize = "intermediate_size"
    case vocabSize = "vocab_size"
    case positionCount = "context_length"
    case rmsNormEpsilon = "rms_norm_epsilon"
    case ropeTheta = "rope_theta"
    case ropeScaling = "rope_scaling"
    case tieWordEmbeddings = "tied_embeddings"
    case attentionBias = "attention_bias"
    case bosTokenID = "bos_token_id"
    case eosTokenIDs = "eos_token_ids"
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(name, forKey: .name)
    try fields.encode(architecture.rawValue, forKey: .architecture)
    try fields.encode(hiddenSize, forKey: .hiddenSize)
    try fields.encode(layerCount, forKey: .layerCount)
    try fields.encode(headCount, forKey: .headCount)
    try fields.encode(kvHeadCount, forKey: .kvHeadCount)
    try fields.encode(headDim, forKey: .headDim)
    try fields.encode(intermediateSize, forKey: .intermediateSize)
    try fields.encode(vocabSize, forKey: .vocabSize)
    try fields.encode(positionCount, forKey: .positionCount)
    try fields.encode(rmsNormEpsilon, forKey: .rmsNormEpsilon)
    try fields.encode(ropeTheta, forKey: .ropeTheta)
    try fields.encode(ropeScaling?.description, forKey: .ropeScaling)
    try fields.encode(tieWordEmbeddings, forKey: .tieWordEmbeddings)
    try fields.encode(attentionBias, forKey: .attentionBias)
    try fields.encode(bosTokenID, forKey: .bosTokenID)
    try fields.encode(eosTokenIDs, forKey: .eosTokenIDs)
  }
}

extension ModelConfiguration.RopeScaling: CustomStringConvertible {
  package var description: String {
    switch self {
    case .linear(let factor): "linear, factor \(factor)"
    case .llama3(let factor, let low, let high, let original):
      "llama3, factor \(factor), frequencies \(low) to \(high), trained on \(original) positions"
    }
  }
}
