package import BoundedJSON
package import Tensors

/// The configuration as `config.json` and `generation_config.json`, for models that came in another form.
extension ModelConfiguration {
  /// The name of a type in `config.json`.
  ///
  /// - Precondition: one of `FloatNarrowing.types`.
  package static func typeName(_ type: ElementType) -> String {
    switch type {
    case .bf16: "bfloat16"
    case .f16: "float16"
    default: "float32"
    }
  }

  /// The members of `config.json`.
  ///
  /// - Parameter type: what the weights are stored as.
  /// - Precondition: no llama model with biases, for which Hugging Face's form has no place without others beside them.
  package func huggingFaceMembers(storedAs type: ElementType) -> [String: JSONValue] {
    precondition(architecture == .qwen2 || !attentionBias)
    func whole(_ value: Int) -> JSONValue { .integer(Int64(value)) }
    var members: [String: JSONValue] = [
      "architectures": .array([.string(architecture == .llama ? "LlamaForCausalLM" : "Qwen2ForCausalLM")]),
      "attention_dropout": .number(0), "bos_token_id": bosTokenID.map(whole) ?? .null, "eos_token_id": endTokens,
      "hidden_act": .string("silu"), "hidden_size": whole(hiddenSize), "intermediate_size": whole(intermediateSize),
      "max_position_embeddings": whole(positionCount), "model_type": .string(architecture.rawValue),
      "num_attention_heads": whole(headCount), "num_hidden_layers": whole(layerCount),
      "num_key_value_heads": whole(kvHeadCount),
      // The shortest decimal that is this float, not the double nearest to it.
      "rms_norm_eps": .number(Double("\(rmsNormEpsilon)") ?? Double(rmsNormEpsilon)),
      "rope_theta": .number(ropeTheta), "rope_scaling": ropeScaling.map(Self.members) ?? .null,
      "tie_word_embeddings": .bool(tieWordEmbeddings), "torch_dtype": .string(Self.typeName(type)),
      "use_cache": .bool(true), "vocab_size": whole(vocabSize),
    ]
    switch architecture {
    case .llama:
      members["attention_bias"] = .bool(false)
      members["head_dim"] = whole(headDim)
      members["mlp_bias"] = .bool(false)
    case .qwen2:
      members["use_sliding_window"] = .bool(false)
      if headDim * headCount != hiddenSize { members["head_dim"] = whole(headDim) }
    }
    return members
  }

  /// The members of `generation_config.json`.
  package var generationMembers: [String: JSONValue] {
    ["bos_token_id": bosTokenID.map { .integer(Int64($0)) } ?? .null, "eos_token_id": endTokens]
  }

  private var endTokens: JSONValue {
    switch eosTokenIDs.count {
    case 0: .null
    case 1: .integer(Int64(eosTokenIDs[0]))
    default: .array(eosTokenIDs.map { .integer(Int64($0)) })
    }
  }

  private static func members(_ scaling: RopeScaling) -> JSONValue {
    switch scaling {
    case .linear(let factor): .object(["rope_type": .string("linear"), "factor": .number(factor)])
    case .llama3(let factor, let low, let high, let original):
      .object([
        "rope_type": .string("llama3"), "factor": .number(factor), "low_freq_factor": .number(low),
        "high_freq_factor": .number(high), "original_max_position_embeddings": .integer(Int64(original)),
      ])
    }
  }
}
