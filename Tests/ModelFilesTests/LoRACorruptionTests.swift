import BoundedJSON
import Foundation
import ModelFiles
import Tensors
import Testing

/// An adapter that is damaged, or asks for what this program does not do, ends in a `ModelFileError` that names the
/// file and the field; it never ends the process and is never taken for something else.
@Suite struct LoRACorruptionTests {
  private static let configuration = "adapter_config.json"
  private static let weights = "adapter_model.safetensors"

  private func sample() throws -> Scratch {
    let scratch = try Scratch()
    try SampleAdapter.make(fingerprint: "00", metadata: ["k": "v"]).write(to: scratch.path)
    return scratch
  }

  private func problem(_ scratch: Scratch) -> String {
    do throws(ModelFileError) {
      _ = try LoRAAdapter(path: scratch.path)
      return "read"
    } catch {
      return error.description
    }
  }

  /// The sample with one member of its configuration replaced by a JSON text, or taken out.
  private func problem(with key: String, _ value: String?) throws -> String {
    let scratch = try sample()
    let path = scratch.path + "/" + Self.configuration
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    var members = try #require(try JSONReader.value(bytes, limits: .modelFile).object)
    members[key] = try value.map { try JSONReader.value(Array($0.utf8), limits: .modelFile) }
    try scratch.write(Self.configuration, JSONWriter.bytes(JSONValue.object(members)))
    return problem(scratch)
  }

  @Test(arguments: [
    ("r", nil, "key 'r' is missing"), ("r", "0", "must be from 1 to 4096, not 0"), ("r", "\"8\"", "whole number"),
    ("r", "4097", "must be from 1 to 4096"), ("r", "2.5", "whole number"), ("r", "4", "shape [3, 12], not [4, 12]"),
    ("lora_alpha", nil, "key 'lora_alpha' is missing"), ("lora_alpha", "0", "above 0"), ("lora_alpha", "-1", "above 0"),
    ("lora_alpha", "1e9", "above 0 and at most"), ("lora_dropout", "1", "from 0 to below 1"),
    ("lora_dropout", "true", "must be a number"), ("bias", "\"lora_only\"", "'bias' is lora_only"),
    ("bias", "\"all\"", "'bias' is all"), ("peft_type", "\"LOHA\"", "'peft_type' is LOHA"),
    ("peft_type", nil, "'peft_type' is missing"), ("task_type", "\"SEQ_CLS\"", "'task_type' is SEQ_CLS"),
    ("use_dora", "true", "'use_dora' is true"), ("rank_pattern", "{\"q_proj\":4}", "'rank_pattern' is {\"q_proj\":4}"),
    ("alpha_pattern", "{\"q_proj\":4}", "'alpha_pattern' is"),
    ("modules_to_save", "[\"lm_head\"]", "'modules_to_save'"),
    ("fan_in_fan_out", "true", "'fan_in_fan_out' is true"), ("use_qalora", "true", "'use_qalora' is true"),
    ("lora_bias", "true", "'lora_bias' is true"), ("layer_replication", "[[0,1]]", "'layer_replication' is [[0,1]]"),
    ("trainable_token_indices", "[1]", "'trainable_token_indices'"),
    ("target_parameters", "[\"x\"]", "'target_parameters'"),
    ("alora_invocation_tokens", "[1]", "'alora_invocation_tokens'"),
    ("init_lora_weights", "\"pissa\"", "'init_lora_weights' is pissa"),
    ("a_new_idea", "0.5", "'a_new_idea' is 0.5, which is not supported"),
    ("target_modules", nil, "'target_modules' is missing"), ("target_modules", "[]", "'target_modules' is missing"),
    ("target_modules", "\".*_proj\"", "the pattern .*_proj"), ("target_modules", "[1]", "array of strings"),
    ("target_modules", "[\"q_proj\",\"v_proj\",\"down_proj\",\"lm_head\"]", "'target_modules' is lm_head"),
    ("target_modules", "[\"q_proj\",\"v_proj\",\"down_proj\",\"embed_tokens\"]", "is embed_tokens"),
    ("target_modules", "[\"q_proj\",\"v_proj\",\"down_proj\",\"o_proj\"]", "names o_proj, of which there is no matrix"),
    ("target_modules", "[\"q_proj\",\"v_proj\"]", "does not name model.layers.0.mlp.down_proj"),
    ("use_rslora", "1", "true or false"), ("base_model_name_or_path", "1", "must be a string"),
  ])
  func configurationIsRefusedByName(_ key: String, _ value: String?, _ expected: String) throws {
    let found = try problem(with: key, value)
    #expect(found.contains(expected), "\(found)")
    #expect(found.contains(key == "r" && value == "4" ? Self.weights : Self.configuration), "\(found)")
  }

  @Test(arguments: [
    ("use_rslora", "true"), ("init_lora_weights", "\"gaussian\""), ("base_model_name_or_path", "null"),
    ("task_type", nil), ("a_new_idea", "false"), ("a_new_idea", "{}"), ("peft_version", "\"0.20.0\""),
    ("target_modules", "[\"model.layers.0.self_attn.q_proj\",\"v_proj\",\"mlp.down_proj\"]"),
  ])
  func whatChangesNothingIsRead(_ key: String, _ value: String?) throws {
    #expect(try problem(with: key, value) == "read")
  }

  @Test func filesThatAreMissingAreNamed() throws {
    let scratch = try Scratch()
    #expect(problem(scratch).contains("holds no adapter: there is no adapter_config.json"))
    try scratch.write(Self.configuration, "{}")
    #expect(problem(scratch).hasSuffix("has no adapter_model.safetensors"))
    try scratch.write("adapter_model.bin", "x")
    #expect(problem(scratch).hasSuffix("adapter_model.bin is not read, convert it to safetensors"))
    try scratch.write(Self.weights, GGUFBuilder.little(UInt64(2)) + Array("{}".utf8))
    #expect(problem(scratch).contains("'peft_type' is missing"))
    try scratch.write(Self.configuration, "[]")
    #expect(problem(scratch).contains("must be an object"))
  }

  /// Weights of one's own making, with the sample's configuration.
  private func problem(tensors: [(name: String, dimensions: [Int], value: Float)], type: ElementType = .f32) throws
    -> String
  {
    let scratch = try sample()
    let described = try tensors.map {
      SafetensorsWriter.Tensor(name: $0.name, shape: try #require(TensorShape($0.dimensions)), elementType: type)
    }
    var writer = try SafetensorsWriter(
      path: scratch.path + "/" + Self.weights, tensors: described, metadata: ["format": "pt"])
    for tensor in writer.tensors {
      let value = try #require(tensors.first { $0.name == tensor.name }?.value)
      try [Float](repeating: value, count: tensor.shape.elementCount)
        .withUnsafeBufferPointer { buffer throws(ModelFileError) in
          try writer.append(buffer, of: tensor.name)
        }
    }
    try writer.commit()
    return problem(scratch)
  }

  @Test func metadataIsTextsOrNothing() throws {
    let scratch = try sample()
    let path = scratch.path + "/" + Self.weights
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let length = Int(bytes[0]) + Int(bytes[1]) << 8
    let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    let old = #"{"format":"pt","k":"v","persrm.base_sha256":"00"}"#
    try #require(header.contains(old))
    for (new, expected) in [
      ("null", "read"), ("{}", "read"), (#"{"k":1}"#, "/__metadata__/k: must be a string"),
      (#"["k"]"#, "/__metadata__: must be an object of strings"),
    ] {
      let changed = Array(header.replacing(old, with: new).utf8)
      try scratch.write(Self.weights, GGUFBuilder.little(UInt64(changed.count)) + changed + bytes[(8 + length)...])
      #expect(problem(scratch).hasSuffix(expected), "\(problem(scratch))")
    }
  }

  @Test func matricesThatDoNotBelongTogetherAreNamed() throws {
    let module = "base_model.model.model.layers.0.self_attn.q_proj"
    let (a, b) = (module + ".lora_A.weight", module + ".lora_B.weight")
    #expect(try problem(tensors: [(a, [3, 8], 1)]).contains("'\(b)' is missing"))
    #expect(try problem(tensors: [(b, [8, 3], 1)]).contains("'\(a)' is missing"))
    #expect(try problem(tensors: [(a, [4, 8], 1), (b, [8, 3], 1)]).contains("'\(a)' has shape [4, 8], not [3, 8]"))
    #expect(try problem(tensors: [(a, [3, 8], 1), (b, [8, 2], 1)]).contains("'\(b)' has shape [8, 2], not [8, 3]"))
    #expect(try problem(tensors: [(a, [24], 1), (b, [8, 3], 1)]).contains("'\(a)' has shape [24], not [3, 24]"))
    #expect(try problem(tensors: []).contains("holds no matrices"))
    for name in [
      "base_model.model.lm_head.lora_A.weight", "base_model.model.model.embed_tokens.lora_embedding_A",
      "base_model.model.lm_head.weight", module + ".lora_magnitude_vector", "model.layers.0.self_attn.q_proj.weight",
      "base_model.model.model.layers.00.self_attn.q_proj.lora_A.weight", module + ".lora_B.bias",
    ] {
      let found = try problem(tensors: [(a, [3, 8], 1), (b, [8, 3], 1), (name, [3, 8], 1)])
      #expect(found.contains("'\(name)' is no LoRA matrix"), "\(found)")
    }
  }

  @Test func valuesThatAreNotFiniteAreNamed() throws {
    for bits in [UInt32(0x7FC0_0000), 0x7F80_0000, 0xFF80_0000] {
      let scratch = try sample()
      let path = scratch.path + "/" + Self.weights
      var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: GGUFBuilder.little(bits))
      try scratch.write(Self.weights, bytes)
      #expect(problem(scratch).contains("v_proj.lora_B.weight' has weights that are not finite"))
    }
  }

  @Test func integersAreNoWeights() throws {
    let scratch = try sample()
    let path = scratch.path + "/" + Self.weights
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let range = try #require(Data(bytes).range(of: Data("F32".utf8)))
    bytes.replaceSubrange(range, with: Array("I32".utf8))
    try scratch.write(Self.weights, bytes)
    #expect(problem(scratch).contains("has type I32, which is not supported"))
  }

  @Test func weightsCutAtAnyByteAreRefused() throws {
    let scratch = try sample()
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/" + Self.weights)))
    for length in 0..<bytes.count {
      try scratch.write(Self.weights, Array(bytes[..<length]))
      let found = problem(scratch)
      try #require(found.contains(Self.weights), "cut at \(length): \(found)")
    }
  }

  @Test func configurationsCutAtAnyByteAreRefused() throws {
    let scratch = try sample()
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/" + Self.configuration)))
    for length in 0..<bytes.count - 2 {  // The last two close the document.
      try scratch.write(Self.configuration, Array(bytes[..<length]))
      let found = problem(scratch)
      try #require(found.contains(Self.configuration), "cut at \(length): \(found)")
    }
  }

  /// Random bytes in the header: an error, or an adapter that is still whole.
  @Test func damagedHeadersNeverEndTheProcess() throws {
    let scratch = try sample()
    let original = Array(try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/" + Self.weights)))
    let headerBytes = 8 + Int(original[0]) + Int(original[1]) << 8
    var random = SeededBytes(seed: 20_25)
    var readable = 0
    for _ in 0..<1500 {
      var bytes = original
      bytes[Int.random(in: 0..<headerBytes, using: &random)] = UInt8.random(in: 0...255, using: &random)
      try scratch.write(Self.weights, bytes)
      if problem(scratch) == "read" { readable += 1 }
    }
    #expect(readable < 400)
  }
}
