import BoundedJSON
import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct LoRAAdapterTests {
  private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test func comesBackFromFilesToTheBit() throws {
    let scratch = try Scratch()
    let metadata = ["persrm.evidence": "true", "note": "a \"quoted\" word\n"]
    let adapter = SampleAdapter.make(fingerprint: String(repeating: "ab", count: 32), metadata: metadata)
    try adapter.write(to: scratch.path + "/one")
    let read = try LoRAAdapter(path: scratch.path + "/one")
    #expect(read.configuration == adapter.configuration)
    #expect(read.metadata == metadata)
    #expect(SampleAdapter.bits(read) == SampleAdapter.bits(adapter))
    #expect(read.matrices.mapValues(\.inputs) == adapter.matrices.mapValues(\.inputs))
    #expect(read.parameterCount == 3 * (16 + 12 + 20))
    try read.write(to: scratch.path + "/two")
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
      #expect(try contents(scratch.path + "/one/" + file) == contents(scratch.path + "/two/" + file))
    }
  }

  @Test(arguments: [ElementType.bf16, .f16])
  func comesBackFrom16BitsRoundedOnce(_ type: ElementType) throws {
    let scratch = try Scratch()
    let adapter = SampleAdapter.make()
    try adapter.write(to: scratch.path, storedAs: type)
    let read = try LoRAAdapter(path: scratch.path)
    let bound: Float = type == .bf16 ? 0x1p-9 : 0x1p-12
    for (module, pair) in adapter.matrices {
      let other = try #require(read.matrices[module])
      for (value, rounded) in zip(pair.a.values, other.a.values) { #expect(abs(value - rounded) <= bound) }
    }
    try read.write(to: scratch.path + "/again", storedAs: type)
    let name = "/adapter_model.safetensors"
    #expect(try contents(scratch.path + name) == contents(scratch.path + "/again" + name))
  }

  @Test func scaleIsAlphaOverTheRankOrItsRoot() {
    #expect(LoRAConfiguration(rank: 16, alpha: 32).scale == 2)
    #expect(LoRAConfiguration(rank: 16, alpha: 32, usesRSLoRA: true).scale == 8)
  }

  @Test(arguments: ["tiny-llama", "tiny-qwen2", "tiny-llama.gguf"])
  func fitsTheModelItWasMadeFor(_ name: String) throws {
    let model = try ModelCheckpoint.open(path: Fixture.path(name))
    try SampleAdapter.make().check(fits: model.configuration)
  }

  @Test func anotherModelIsNamedWithBothShapes() throws {
    var model = try ModelCheckpoint.open(path: Fixture.path("tiny-llama")).configuration
    let adapter = SampleAdapter.make()
    let prefix = "base_model.model.model.layers.0."
    model.intermediateSize = 16
    #expect(
      throws: ModelFileError.otherModel(
        file: "adapter", tensor: prefix + "mlp.down_proj.lora_A.weight", expected: [3, 16], found: [3, 12])
    ) { try adapter.check(fits: model) }
    model.intermediateSize = 12
    model.kvHeadCount = 2
    let error = ModelFileError.otherModel(
      file: "adapter", tensor: prefix + "self_attn.v_proj.lora_B.weight", expected: [8, 3], found: [4, 3])
    #expect(throws: error) { try adapter.check(fits: model) }
    #expect("\(error)".contains("has shape [4, 3], where this model takes [8, 3]: an adapter of another model"))
    model.layerCount = 0
    #expect(
      throws: ModelFileError.otherModel(
        file: "adapter", tensor: prefix + "mlp.down_proj.lora_A.weight", expected: nil, found: [3, 12])
    ) { try adapter.check(fits: model) }
  }

  @Test func otherWeightsOfTheSameShapeAreToldByTheirFingerprint() throws {
    let llama = try ModelCheckpoint.open(path: Fixture.path("tiny-llama"))
    let gguf = try ModelCheckpoint.open(path: Fixture.path("tiny-llama.gguf"))
    let fingerprint = try llama.fileFingerprint()
    #expect(fingerprint.count == 64)
    let adapter = SampleAdapter.make(fingerprint: fingerprint)
    try adapter.check(trainedOn: llama)
    #expect(
      throws: ModelFileError.otherBase(file: "adapter", recorded: fingerprint, actual: try gguf.fileFingerprint())
    ) { try adapter.check(trainedOn: gguf) }
    try SampleAdapter.make().check(trainedOn: gguf)
  }

  @Test func aFullOrMissingFolderIsAnErrorThatNamesIt() throws {
    let scratch = try Scratch()
    let error = #expect(throws: ModelFileError.self) {
      try SampleAdapter.make().write(to: scratch.path + "/no/such")
    }
    #expect(error?.description == "cannot make the directory \(scratch.path)/no/such: No such file or directory")
  }

  @Test func theSummarySaysWhatIsInIt() throws {
    let scratch = try Scratch()
    let adapter = SampleAdapter.make(fingerprint: "ab", metadata: ["persrm.evidence": "true", "b": "x\u{1B}y"])
    try adapter.write(to: scratch.path, storedAs: .bf16)
    let summary = try AdapterSummary(path: scratch.path)
    #expect(summary.types == ["BF16"] && summary.rank == 3 && summary.scale == 2 && summary.parameters == 144)
    let lines = summary.text.split(separator: "\n").map(String.init)
    for line in [
      "rank            3", "alpha           6.0, scale 2.0000 (alpha / rank)", "dropout         0.05 in training",
      "targets         down_proj, q_proj, v_proj", "base model      tiny", "base SHA-256    ab",
      #"metadata        b = x\u{1b}y"#, "                persrm.evidence = true",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    // The change of one module, by plain loops over scale * B A.
    let read = try LoRAAdapter(path: scratch.path)
    let module = try #require(summary.modules.first { $0.name.hasSuffix("down_proj") })
    let pair = try #require(read.matrices[module.name])
    var sum = 0.0
    for row in 0..<8 {
      for column in 0..<12 {
        let product = (0..<3).reduce(0.0) {
          $0 + Double(pair.b.values[row * 3 + $1]) * Double(pair.a.values[$1 * 12 + column])
        }
        sum += 4 * product * product
      }
    }
    #expect(abs(module.change - (sum / 96).squareRoot()) < 1e-9)
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(summary)) as? [String: Any]
    #expect(json?["base_sha256"] as? String == "ab" && json?["rank_stabilised"] as? Bool == false)
    #expect((json?["modules"] as? [[String: Any]])?.count == 3)
  }

  @Test func shardsAreFilledInOrder() throws {
    let tensors = try [("c", 4), ("a", 30), ("b", 2), ("d", 2)].map { name, count in
      SafetensorsWriter.Tensor(name: name, shape: try #require(TensorShape([count])), elementType: .f32)
    }
    let shards = SafetensorsShards(tensors, bytesMax: 16)
    #expect(shards.shards.map { $0.tensors.map(\.name) } == [["c"], ["a"], ["b", "d"]])
    #expect(shards.shards.map(\.name) == (1...3).map { "model-0000\($0)-of-00003.safetensors" })
    #expect(shards.byteCount == 152 && shards.index?["weight_map"]?["d"]?.string == shards.shards[2].name)
    let single = SafetensorsShards(tensors, bytesMax: 152)
    #expect(single.shards.map(\.name) == ["model.safetensors"] && single.index == nil)
  }
}
