import Foundation
import ModelFiles
import Testing

/// What `config.json` may say, and what is refused by name.
@Suite struct HuggingFaceConfigurationTests {
  /// Opens a tiny model whose `config.json` was changed: a nil takes a member away.
  private func open(_ name: String, _ changes: [String: Any?]) throws -> ModelCheckpoint {
    let scratch = try Fixture.copy(name)
    let data = Data(try Fixture.bytes(name + "/config.json"))
    var config = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (key, value) in changes { config[key] = value }
    try scratch.write("config.json", Array(JSONSerialization.data(withJSONObject: config)))
    return try ModelCheckpoint.open(path: scratch.path)
  }

  private func message(_ name: String, _ changes: [String: Any?]) throws -> String {
    do {
      _ = try open(name, changes)
      return "opened"
    } catch let error as ModelFileError {
      return error.description
    }
  }

  @Test(arguments: [
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
    "max_position_embeddings", "rms_norm_eps",
  ])
  func namesAMemberThatIsMissing(_ key: String) throws {
    let text = try message("tiny-llama", [key: nil as Any?])
    #expect(text.hasSuffix("config.json: key '\(key)' is missing"), "\(text)")
  }

  @Test func refusesByNameWhatItDoesNotDo() throws {
    let cases: [(String, String, Any, String)] = [
      ("tiny-llama", "model_type", "mistral", "mistral"),
      ("tiny-llama", "architectures", ["LlamaForSequenceClassification"], "LlamaForSequenceClassification"),
      ("tiny-llama", "hidden_act", "gelu", "gelu"),
      ("tiny-llama", "mlp_bias", true, "true"),
      ("tiny-qwen2", "use_sliding_window", true, "true"),
      ("tiny-qwen2", "layer_types", ["sliding_attention"], "sliding_attention"),
      ("tiny-llama", "quantization_config", ["bits": 4], "set"),
      ("tiny-llama", "partial_rotary_factor", 0.5, "0.5"),
    ]
    for (name, key, value, shown) in cases {
      let text = try message(name, [key: value])
      #expect(text.hasSuffix("config.json: '\(key)' is \(shown), which is not supported"), "\(text)")
    }
    let yarn = try message("tiny-qwen2", ["rope_parameters": ["rope_type": "yarn", "factor": 4]])
    #expect(yarn.hasSuffix("'rope_parameters.rope_type' is yarn, which is not supported"))
    let layered = try message("tiny-qwen2", ["rope_parameters": ["full_attention": ["rope_theta": 1e6]]])
    #expect(layered.hasSuffix("'rope_parameters.full_attention' is an object, which is not supported"))
    let dynamic = try message("tiny-llama", ["rope_scaling": ["type": "dynamic", "factor": 2]])
    #expect(dynamic.hasSuffix("'rope_scaling.rope_type' is dynamic, which is not supported"))
  }

  @Test func namesAMemberWhoseValueMakesNoSense() throws {
    let cases: [(String, Any, String)] = [
      ("hidden_size", "8", "key 'hidden_size' must be a whole number"),
      ("hidden_size", 8.5, "key 'hidden_size' must be a whole number"),
      ("hidden_size", -8, "key 'hidden_size' must be from 1 to 1048576, not -8"),
      ("num_hidden_layers", 1 << 40, "key 'num_hidden_layers' must be from 1 to 1024, not 1099511627776"),
      ("num_key_value_heads", 0, "key 'num_key_value_heads' must be from 1 to 4096, not 0"),
      ("rms_norm_eps", 0, "key 'rms_norm_eps' must lie between 0 and 1"),
      ("rope_theta", "big", "key 'rope_theta' must be a number"),
      ("rope_scaling", 3, "key 'rope_scaling' must be an object"),
      ("tie_word_embeddings", "yes", "key 'tie_word_embeddings' must be true or false"),
      ("eos_token_id", [2, "x"], "key 'eos_token_id' must be a whole number or an array of them"),
      ("eos_token_id", [2, 99], "key 'eos_token_id' is 99, outside the vocabulary of 10"),
      ("architectures", [1], "key 'architectures' must be an array of strings"),
    ]
    for (key, value, reason) in cases {
      let text = try message("tiny-llama", [key: value])
      #expect(text.hasSuffix(reason), "\(text)")
    }
  }

  @Test func readsRopeScalingsOldAndNew() throws {
    let llama3: [String: Any] = [
      "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
    ]
    let expected = ModelConfiguration.RopeScaling.llama3(
      factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositionCount: 8192)
    let old = try open("tiny-llama", ["rope_scaling": llama3.merging(["rope_type": "llama3"]) { $1 }])
    #expect(old.configuration.ropeScaling == expected)
    #expect(old.configuration.ropeTheta == 10_000)
    let new = try open(
      "tiny-qwen2", ["rope_parameters": llama3.merging(["rope_type": "llama3", "rope_theta": 5e5]) { $1 }])
    #expect(new.configuration.ropeScaling == expected)
    #expect(new.configuration.ropeTheta == 5e5)
    let linear = try open("tiny-llama", ["rope_scaling": ["type": "linear", "factor": 2]])
    #expect(linear.configuration.ropeScaling == .linear(factor: 2))
    let partial = try message("tiny-llama", ["rope_scaling": ["rope_type": "llama3", "factor": 2]])
    #expect(partial.hasSuffix("key 'rope_scaling.low_freq_factor' is missing"))
    let nonsense = try message("tiny-llama", ["rope_scaling": ["type": "linear", "factor": 0]])
    #expect(nonsense.hasSuffix("key 'rope_scaling' has factors that make no sense"))
  }

  @Test func fillsInWhatOlderFilesLeaveOut() throws {
    let checkpoint = try open(
      "tiny-llama",
      ["rope_theta": nil as Any?, "architectures": nil as Any?, "hidden_act": nil as Any?, "bos_token_id": NSNull()])
    #expect(checkpoint.configuration.ropeTheta == 10_000)
    #expect(checkpoint.configuration.bosTokenID == nil)
  }

  /// Whether the output projection is the embedding: as the file says, or by what is there where it says nothing.
  @Test func tiesEmbeddings() throws {
    #expect(try !open("tiny-llama", ["tie_word_embeddings": nil as Any?]).configuration.tieWordEmbeddings)
    #expect(try open("tiny-qwen2", ["tie_word_embeddings": nil as Any?]).configuration.tieWordEmbeddings)
    #expect(try open("tiny-llama", ["tie_word_embeddings": true]).configuration.tieWordEmbeddings)
    let lost = try message("tiny-qwen2", ["tie_word_embeddings": false])
    #expect(lost.hasSuffix("tensor 'lm_head.weight' is missing"))
  }

  @Test func checksShapesAgainstTheConfiguration() throws {
    let head = try message("tiny-llama", ["head_dim": 2])
    #expect(head.hasSuffix("'model.layers.0.self_attn.q_proj.weight' has shape [8, 8], not [4, 8]"))
    let bias = try message("tiny-llama", ["attention_bias": true])
    #expect(bias.hasSuffix("tensor 'model.layers.0.self_attn.q_proj.bias' is missing"))
    let fewer = try message("tiny-llama", ["model_type": "qwen2", "architectures": nil as Any?])
    #expect(fewer.hasSuffix("tensor 'model.layers.0.self_attn.q_proj.bias' is missing"))
    let more = try message("tiny-qwen2", ["model_type": "llama", "architectures": nil as Any?])
    #expect(more.hasSuffix("tensor 'model.layers.0.self_attn.k_proj.bias' has no place in this architecture"))
  }
}
