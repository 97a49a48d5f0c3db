import Foundation
import ModelFiles
import Testing

@Suite struct ModelSummaryTests {
  @Test func saysWhatIsInAGGUFFile() throws {
    let summary = ModelSummary(try ModelCheckpoint.open(path: Fixture.path("tiny-llama.gguf")))
    let lines = summary.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for line in [
      "model           tiny-llama",
      "format          GGUF v3",
      "architecture    llama",
      "parameters      664",
      "layers          1 of width 8, feed-forward 12",
      "attention       2 query heads, 1 key/value heads, 4 each",
      "vocabulary      10, output projection of its own",
      "context         64 positions",
      "rope            base 10000.0",
      "tokenizer       byte-level BPE (smollm), 10 tokens, 2 merges, a chat template",
      "special tokens  begin 0, end 2",
      "weights         F32   3 tensors     24 elements         96 B",
      "                F16   9 tensors     640 elements        1.3 kB",
      "memory          weights about 1.4 kB as stored, 2.7 kB with --precision float32",
      "                key/value cache 16 B a position, 1.0 kB for one full context (bfloat16; int8 takes half, "
        + "Float32 twice)",
      "  model.layers.N.mlp.down_proj.weight  N = 0             [8, 12]           F16   192 B",
      "  lm_head.weight                                         [10, 8]           F16   160 B",
    ] {
      #expect(lines.contains(line), "\(line)\n\(summary.text)")
    }
  }

  @Test func saysWhatIsInADirectory() throws {
    let summary = ModelSummary(try ModelCheckpoint.open(path: Fixture.path("tiny-qwen2")))
    #expect(summary.format == "safetensors, 2 files")
    #expect(summary.text.contains("tokenizer       BPE, 10 tokens, 2 merges, a chat template\n"))
    #expect(summary.types.map(\.type) == ["BF16"])
    #expect(summary.text.contains("key/value heads, 4 each, with biases\n"))
    #expect(summary.text.contains("end 2, 0\n"))
  }

  @Test func writesTheSameAsJSON() throws {
    let summary = ModelSummary(try ModelCheckpoint.open(path: Fixture.path("tiny-llama.gguf")))
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(summary)) as? [String: Any]
    let configuration = json?["configuration"] as? [String: Any]
    #expect(configuration?["architecture"] as? String == "llama")
    #expect(configuration?["kv_heads"] as? Int == 1)
    #expect(configuration?["eos_token_ids"] as? [Int] == [2])
    #expect(configuration?["rope_scaling"] is NSNull || configuration?["rope_scaling"] == nil)
    #expect(json?["parameters"] as? Int == 664)
    #expect((json?["memory"] as? [String: Int])?["cache_per_position_float32"] == 32)
    #expect((json?["memory"] as? [String: Int])?["cache_per_position_bfloat16"] == 16)
    let tensors = try #require(json?["tensors"] as? [[String: Any]])
    #expect(tensors.count == 12)
    #expect(tensors.first?["stored_name"] as? String == "token_embd.weight")
    #expect(tensors.first?["shape"] as? [Int] == [10, 8])
  }

  /// A model without a usable tokenizer can still be looked at.
  @Test func remarksOnATokenizerThatCannotBeRead() throws {
    let scratch = try Fixture.copy("tiny-llama")
    try scratch.write("tokenizer.json", "{\"model\":")
    let broken = ModelSummary(try ModelCheckpoint.open(path: scratch.path))
    #expect(broken.tokenizer.problem?.hasPrefix("tokenizer.json: document ends") == true)
    try FileManager.default.removeItem(atPath: scratch.path + "/tokenizer.json")
    let missing = ModelSummary(try ModelCheckpoint.open(path: scratch.path))
    #expect(missing.text.contains("tokenizer.json: No such file or directory\n"))
  }

  @Test func escapesWhatAFileCallsItself() throws {
    var builder = GGUFBuilder.llama()
    builder.set("general.name", GGUFBuilder.string("a\u{1B}[2Jb\nc"))
    let scratch = try Scratch()
    let checkpoint = try ModelCheckpoint.open(path: scratch.write("model.gguf", builder.bytes))
    #expect(ModelSummary(checkpoint).text.hasPrefix(#"model           a\u{1b}[2Jb\u{a}c"# + "\n"))
  }
}
