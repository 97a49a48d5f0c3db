/// The numbers that define a model: read from GGUF metadata or `config.json`, and checked to make sense together.
package struct ModelConfiguration: Sendable, Equatable {
  /// Families of models that are understood.
  package enum Architecture: String, Sendable, Equatable, CaseIterable {
    case llama, qwen2
  }

  /// How the rotary frequencies are stretched for contexts longer than trained on.
  package enum RopeScaling: Sendable, Equatable {
    /// Every position divided by `factor`.
    case linear(factor: Double)
    /// Low frequencies divided by `factor`, high ones kept, a ramp between (Llama 3.1).
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalPositionCount: Int)
  }

  package var architecture: Architecture
  /// Width of the residual stream.
  package var hiddenSize: Int
  package var layerCount: Int
  /// Query heads; a multiple of `kvHeadCount`.
  package var headCount: Int
  package var kvHeadCount: Int
  /// Elements of a head; even. Not always `hiddenSize / headCount`.
  package var headDim: Int
  /// Width inside the feed-forward layer.
  package var intermediateSize: Int
  package var vocabSize: Int
  /// The longest context the model was made for.
  package var positionCount: Int
  package var rmsNormEpsilon: Float
  package var ropeTheta: Double
  package var ropeScaling: RopeScaling?
  /// The output projection is the embedding.
  package var tieWordEmbeddings: Bool
  /// Query, key and value projections have a bias.
  package var attentionBias: Bool
  package var bosTokenID: Int?
  /// Every token that ends an answer; may be empty.
  package var eosTokenIDs: [Int]
  /// What the file calls itself; for people only.
  package var name: String

  package init(
    architecture: Architecture, hiddenSize: Int, layerCount: Int, headCount: Int, kvHeadCount: Int, headDim: Int,
    intermediateSize: Int, vocabSize: Int, positionCount: Int, rmsNormEpsilon: Float, ropeTheta: Double,
    ropeScaling: RopeScaling? = nil, tieWordEmbeddings: Bool, attentionBias: Bool, bosTokenID: Int? = nil,
    eosTokenIDs: [Int] = [], name: String = ""
  ) {
    self.architecture = architecture
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    self.intermediateSize = intermediateSize
    self.vocabSize = vocabSize
    self.positionCount = positionCount
    self.rmsNormEpsilon = rmsNormEpsilon
    self.ropeTheta = ropeTheta
    self.ropeScaling = ropeScaling
    self.tieWordEmbeddings = tieWordEmbeddings
    self.attentionBias = attentionBias
    self.bosTokenID = bosTokenID
    self.eosTokenIDs = eosTokenIDs
    self.name = name
  }

  /// The tensors the architecture is made of, canonical names, shapes outermost first, in the order they are used.
  package var requiredTensors: [(name: String, dimensions: [Int])] {
    let queries = headCount * headDim
    let keys = kvHeadCount * headDim
    var tensors: [(name: String, dimensions: [Int])] = [("model.embed_tokens.weight", [vocabSize, hiddenSize])]
    for layer in 0..<layerCount {
      let prefix = "model.layers.\(layer)."
      tensors.append((prefix + "input_layernorm.weight", [hiddenSize]))
      for (projection, rows) in [("q", queries), ("k", keys), ("v", keys)] {
        tensors.append((prefix + "self_attn.\(projection)_proj.weight", [rows, hiddenSize]))
        if attentionBias { tensors.append((prefix + "self_attn.\(projection)_proj.bias", [rows])) }
      }
      tensors.append((prefix + "self_attn.o_proj.weight", [hiddenSize, queries]))
      tensors.append((prefix + "post_attention_layernorm.weight", [hiddenSize]))
      tensors.append((prefix + "mlp.gate_proj.weight", [intermediateSize, hiddenSize]))
      tensors.append((prefix + "mlp.up_proj.weight", [intermediateSize, hiddenSize]))
      tensors.append((prefix + "mlp.down_proj.weight", [hiddenSize, intermediateSize]))
    }
    tensors.append(("model.norm.weight", [hiddenSize]))
    if !tieWordEmbeddings { tensors.append(("lm_head.weight", [vocabSize, hiddenSize])) }
    return tensors
  }
}
