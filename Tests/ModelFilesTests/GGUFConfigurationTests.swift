import ModelFiles
import Testing

/// What the metadata of a GGUF file may say, and what is refused by name.
@Suite struct GGUFConfigurationTests {
  private func open(_ change: (inout GGUFBuilder) -> Void) throws -> ModelCheckpoint {
    var builder = GGUFBuilder.llama()
    change(&builder)
    let scratch = try Scratch()
    return try ModelCheckpoint.open(path: scratch.write("model.gguf", builder.bytes))
  }

  private func message(_ change: (inout GGUFBuilder) -> Void) throws -> String {
    do {
      _ = try open(change)
      return "opened"
    } catch let error as ModelFileError {
      return error.description
    }
  }

  @Test func fillsInWhatFilesLeaveOut() throws {
    let configuration = try open { _ in }.configuration
    #expect(configuration.ropeTheta == 10_000)
    #expect(configuration.headDim == 4)
    #expect(configuration.vocabSize == 10)
    #expect(configuration.tieWordEmbeddings)
    #expect(!configuration.attentionBias)
    #expect(configuration.bosTokenID == nil)
    #expect(configuration.eosTokenIDs == [])
  }

  @Test(arguments: [
    "general.architecture", "llama.block_count", "llama.context_length", "llama.embedding_length",
    "llama.feed_forward_length", "llama.attention.head_count", "llama.attention.layer_norm_rms_epsilon",
  ])
  func namesAKeyThatIsMissing(_ key: String) throws {
    #expect(try message { $0.remove(key) }.hasSuffix("key '\(key)' is missing"))
  }

  @Test(arguments: [
    ("llama.block_count", GGUFBuilder.uint32(0), "must be from 1 to 1024, not 0"),
    ("llama.block_count", GGUFBuilder.uint32(.max), "must be from 1 to 1024"),
    ("llama.block_count", GGUFBuilder.string("1"), "must be a whole number"),
    ("llama.block_count", GGUFBuilder.uint64(.max), "must be a whole number"),
    ("llama.embedding_length", GGUFBuilder.uint32(1 << 31), "must be from 1 to"),
    ("llama.attention.head_count", GGUFBuilder.uint32(0), "must be from 1 to"),
    ("llama.attention.head_count_kv", GGUFBuilder.uint32(3), "does not divide the 2 query heads"),
    ("llama.attention.key_length", GGUFBuilder.uint32(3), "must be even"),
    ("llama.attention.layer_norm_rms_epsilon", GGUFBuilder.float32(.nan), "must lie between 0 and 1"),
    ("llama.rope.freq_base", GGUFBuilder.float32(.infinity), "must be at least 1"),
    ("llama.rope.freq_base", GGUFBuilder.bool(1), "must be a number"),
    ("tokenizer.ggml.eos_token_id", GGUFBuilder.uint32(10), "outside the vocabulary of 10"),
    ("tokenizer.ggml.bos_token_id", GGUFBuilder.uint32(.max), "outside the vocabulary of 10"),
  ])
  func namesAKeyWhoseValueMakesNoSense(_ key: String, _ value: [UInt8], _ reason: String) throws {
    let text = try message { $0.set(key, value) }
    #expect(text.contains(reason), "\(text)")
  }

  @Test(arguments: [
    ("general.architecture", GGUFBuilder.string("gemma2"), "gemma2"),
    ("llama.rope.scaling.type", GGUFBuilder.string("yarn"), "yarn"),
    ("llama.rope.dimension_count", GGUFBuilder.uint32(2), "2 of 4"),
    ("llama.attention.sliding_window", GGUFBuilder.uint32(4096), "4096"),
    ("llama.attention.value_length", GGUFBuilder.uint32(8), "8"),
    ("llama.attention.causal", GGUFBuilder.bool(0), "false"),
    ("llama.expert_count", GGUFBuilder.uint32(8), "8"),
    ("split.count", GGUFBuilder.uint32(2), "2 (merge the parts first)"),
  ])
  func refusesByNameWhatItDoesNotDo(_ key: String, _ value: [UInt8], _ shown: String) throws {
    #expect(try message { $0.set(key, value) }.hasSuffix("'\(key)' is \(shown), which is not supported"))
  }

  @Test func readsRopeScalings() throws {
    #expect(try open { $0.set("llama.rope.scaling.type", GGUFBuilder.string("none")) }.configuration.ropeScaling == nil)
    let linear = try open {
      $0.set("llama.rope.scaling.type", GGUFBuilder.string("linear"))
      $0.set("llama.rope.scaling.factor", GGUFBuilder.float32(4))
    }
    #expect(linear.configuration.ropeScaling == .linear(factor: 4))
    let old = try open { $0.set("llama.rope.scale_linear", GGUFBuilder.float32(2)) }
    #expect(old.configuration.ropeScaling == .linear(factor: 2))
  }

  @Test func honoursFrequencyFactors() throws {
    let checkpoint = try open { $0.add("rope_freqs.weight", [2]) }
    #expect(checkpoint.ropeFrequencyFactors == [0.5, 0.5])
    #expect(try open { _ in }.ropeFrequencyFactors == nil)
    #expect(try message { $0.add("rope_freqs.weight", [4]) }.hasSuffix("has shape [4], not [2]"))
    let zero = try message {
      $0.add("rope_freqs.weight", [2])
      $0.change("rope_freqs.weight") { $0.bytes = [UInt8](repeating: 0, count: 8) }
    }
    #expect(zero.hasSuffix("tensor 'rope_freqs.weight' holds 0.0, which is no factor"))
  }

  @Test func takesBiasesOfQueriesKeysAndValuesInTheirOwnOrder() throws {
    let checkpoint = try open {
      for (name, rows) in [("q", 8), ("k", 4), ("v", 4)] as [(String, UInt64)] {
        $0.add("blk.0.attn_\(name).bias", [rows])
      }
      $0.change("blk.0.attn_q.bias") { $0.bytes = (0..<8).flatMap { GGUFBuilder.little(Float($0).bitPattern) } }
    }
    #expect(checkpoint.configuration.attentionBias)
    let bias = try checkpoint.record("model.layers.0.self_attn.q_proj.bias")
    #expect(checkpoint.readAll(bias) == [0, 2, 1, 3, 4, 6, 5, 7])
    #expect(try message { $0.add("blk.0.attn_q.bias", [8]) }.hasSuffix("tensor 'blk.0.attn_k.bias' is missing"))
  }

  @Test(arguments: ["blk.0.attn_output.bias", "blk.0.ffn_up.bias", "blk.0.attn_q_norm.weight", "blk.1.attn_q.weight"])
  func refusesTensorsInsideALayerThatHaveNoPlace(_ name: String) throws {
    #expect(try message { $0.add(name, [8]) }.hasSuffix("tensor '\(name)' has no place in this architecture"))
  }

  @Test func toleratesTensorsThatDoNoHarm() throws {
    let checkpoint = try open { $0.add("value_head.weight", [8]) }
    #expect(checkpoint.tensors["value_head.weight"] != nil)
    let summary = ModelSummary(checkpoint)
    #expect(summary.tensors.filter { !$0.isUsed }.map(\.name) == ["value_head.weight"])
    #expect(summary.text.contains("(not used)"))
  }

  @Test func namesTensorsThatAreMissingOrOfAnotherShapeAsTheFileDoes() throws {
    let missing = try message { $0.tensors.removeAll { $0.name == "blk.0.ffn_down.weight" } }
    #expect(missing.hasSuffix("tensor 'blk.0.ffn_down.weight' is missing"))
    let layer = try message { $0.set("llama.block_count", GGUFBuilder.uint32(2)) }
    #expect(layer.hasSuffix("tensor 'blk.1.attn_norm.weight' is missing"))
    let turned = try message { $0.change("blk.0.ffn_down.weight") { $0.dimensions = [8, 12] } }
    #expect(turned.hasSuffix("tensor 'blk.0.ffn_down.weight' has shape [12, 8], not [8, 12]"))
    let vocabulary = try message { $0.set("llama.vocab_size", GGUFBuilder.uint32(11)) }
    #expect(vocabulary.hasSuffix("tensor 'token_embd.weight' has shape [10, 8], not [11, 8]"))
  }

  @Test(arguments: [
    ("tokenizer.ggml.model", GGUFBuilder.string("llama"), "'tokenizer.ggml.model' is llama, which is not supported"),
    ("tokenizer.ggml.tokens", GGUFBuilder.uint32(1), "key 'tokenizer.ggml.tokens' must be an array of strings"),
    ("tokenizer.ggml.token_type", GGUFBuilder.array(type: 5, count: 0, []), ""),
    (
      "tokenizer.ggml.tokens", GGUFBuilder.strings((0..<11).map { "t\($0)" }),
      "key 'tokenizer.ggml.tokens' has 11 entries for an embedding of 10 rows"
    ),
    (
      "tokenizer.ggml.token_type", GGUFBuilder.array(type: 0, count: 2, [1, 1]),
      "key 'tokenizer.ggml.token_type' has 2 entries for 10 tokens"
    ),
    (
      "tokenizer.ggml.token_type", GGUFBuilder.array(type: 10, count: 1, GGUFBuilder.little(UInt64.max)),
      "key 'tokenizer.ggml.token_type' must be an array of 32-bit whole numbers"
    ),
  ])
  func saysWhatIsWrongWithATokenizer(_ key: String, _ value: [UInt8], _ reason: String) throws {
    let checkpoint = try open { $0.set(key, value) }
    do throws(ModelFileError) {
      _ = try checkpoint.tokenizerMaterial()
      #expect(reason.isEmpty)
    } catch {
      #expect(!reason.isEmpty && error.description.hasSuffix(reason), "\(error)")
    }
  }
}
