import BoundedJSON
import Foundation
import ModelExport
import ModelFiles
import Models
import Tensors
import TestSupport
import Testing
import Tokenization

/// A model written as a Hugging Face directory is the model that was read.
@Suite struct HuggingFaceExportTests {
  private let tokens: [Int32] = (0..<33).map { Int32(($0 * 37 + 5) % 96) }

  private func checkpoint(_ name: String) throws -> ModelCheckpoint {
    try ModelCheckpoint.open(path: TinyModel.fixtures.appendingPathComponent(name).path)
  }

  private func adapter(_ name: String) throws -> LoRAAdapter {
    try LoRAAdapter(path: TinyModel.fixtures.appendingPathComponent(name).path)
  }

  /// A tiny model's folder with a tokenizer beside it, which the fixtures have none of.
  private func source(_ name: String, in folder: TemporaryFolder) throws -> String {
    let path = folder.path("source")
    try FileManager.default.copyItem(at: TinyModel.fixtures.appendingPathComponent(name), to: URL(filePath: path))
    for file in ["tokenizer.json", "chat_template.jinja"] { try folder.write("{}", to: "source/" + file) }
    return path
  }

  @Test(arguments: [("tiny-llama", "tiny-llama-lora"), ("tiny-qwen2", "tiny-qwen2-lora")])
  func theExportIsTheMergedModelToTheBit(_ name: String, _ adapterName: String) throws {
    let folder = try TemporaryFolder()
    let adapter = try adapter(adapterName)
    let path = try source(name, in: folder)
    let export = try HuggingFaceExport(ModelCheckpoint.open(path: path), adapter: adapter, storedAs: .f32)
    var seen: [Int] = []
    let files = try export.write(to: folder.path("out")) { seen.append($0) }
    #expect(
      files == ["model.safetensors", "tokenizer.json", "chat_template.jinja", "generation_config.json", "config.json"])
    #expect(seen == seen.sorted() && seen.last == export.byteCount)
    let merged = try TinyModel(named: name, adapter: adapter)
    let read = try TinyModel(path: folder.path("out"))
    #expect(read.logits(tokens) == merged.logits(tokens))
    var expected = merged.checkpoint.configuration
    expected.name = "out"
    #expect(read.checkpoint.configuration == expected)
  }

  @Test func otherWeightsTakeTheirPlace() throws {
    let folder = try TemporaryFolder()
    let path = try source("tiny-qwen2", in: folder)
    let base = try ModelCheckpoint.open(path: path)
    try HuggingFaceExport(base, adapter: adapter("tiny-qwen2-lora"), storedAs: .f32).write(to: folder.path("merged"))
    let weights = try SafetensorsReader(path: folder.path("merged/model.safetensors"))
    try HuggingFaceExport(base, adapter: nil, weights: weights, storedAs: .f32).write(to: folder.path("out"))
    #expect(try folder.read("out/model.safetensors") == folder.read("merged/model.safetensors"))
    #expect(try folder.read("out/config.json") == folder.read("merged/config.json"))
    let other = try SafetensorsReader(
      path: TinyModel.fixtures.appendingPathComponent("tiny-llama/model.safetensors").path)
    #expect(throws: ExportError.self) {
      _ = try HuggingFaceExport(base, adapter: nil, weights: other, storedAs: .f32)
    }
  }

  @Test(arguments: ["tiny-llama", "tiny-llama3-rope", "tiny-qwen2", "tiny-qwen2-sharded"])
  func shardsHoldTheSameModel(_ name: String) throws {
    let folder = try TemporaryFolder()
    let path = try source(name, in: folder)
    let export = try HuggingFaceExport(
      ModelCheckpoint.open(path: path), adapter: nil, storedAs: .f32, shardBytesMax: 40_000)
    let files = try export.write(to: folder.path("out"))
    #expect(files.filter { $0.hasPrefix("model-0000") }.count >= 3 && files.contains("model.safetensors.index.json"))
    let index = try JSONReader.value(folder.read("out/model.safetensors.index.json"), limits: .modelFile)
    #expect(index["metadata"]?["total_size"]?.integer == Int64(export.byteCount))
    #expect(try TinyModel(path: folder.path("out")).logits(tokens) == TinyModel(named: name).logits(tokens))
  }

  @Test func sixteenBitsAreRoundedOnce() throws {
    let folder = try TemporaryFolder()
    let path = try source("tiny-llama", in: folder)
    for (type, name) in [(ElementType.bf16, "bfloat16"), (.f16, "float16")] {
      try HuggingFaceExport(ModelCheckpoint.open(path: path), adapter: nil, storedAs: type)
        .write(to: folder.path(name))
      let (before, after) = (try ModelCheckpoint.open(path: path), try ModelCheckpoint.open(path: folder.path(name)))
      for (tensor, record) in after.tensors {
        #expect(record.elementType == type)
        let exact = try before.readAll(before.record(tensor))
        let rounded = try #require(
          exact.withUnsafeBufferPointer { FloatNarrowing.bytes($0, as: type) }.flatMap { Dequantiser.values(type, $0) })
        #expect(after.readAll(record) == rounded)
      }
      let config = try JSONReader.value(folder.read(name + "/config.json"), limits: .modelFile)
      #expect(config["torch_dtype"]?.string == name)
    }
  }

  @Test func nothingIsOverwrittenAndNothingHalfIsLeft() throws {
    let folder = try TemporaryFolder()
    let path = try source("tiny-llama", in: folder)
    let export = try HuggingFaceExport(ModelCheckpoint.open(path: path), adapter: nil, storedAs: .f32)
    #expect(throws: ExportError.notEmpty(directory: path)) { try export.write(to: path) }
    try FileManager.default.createDirectory(atPath: folder.path("empty"), withIntermediateDirectories: true)
    try export.write(to: folder.path("empty"))
    #expect(throws: ExportError.notEmpty(directory: folder.path("empty"))) {
      try export.write(to: folder.path("empty"))
    }
    // The tokenizer is missing: found out after the weights are written.
    try FileManager.default.removeItem(atPath: path + "/tokenizer.json")
    #expect(throws: ExportError.self) { try export.write(to: folder.path("new")) }
    #expect(!FileManager.default.fileExists(atPath: folder.path("new")))
    let error = #expect(throws: ExportError.self) { try export.write(to: folder.path("no/such")) }
    #expect(error?.description.hasPrefix("cannot make the directory") == true)
  }

  @Test func aValueThatTheTypeCannotHoldIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try source("tiny-llama", in: folder)
    let adapter = try adapter("tiny-llama-lora")
    let pair = try #require(adapter.matrices["model.layers.1.mlp.down_proj"])
    pair.b.values.update(repeating: 1000)
    pair.a.values.update(repeating: 1000)
    let export = try HuggingFaceExport(ModelCheckpoint.open(path: path), adapter: adapter, storedAs: .f16)
    let error = #expect(throws: ExportError.self) { try export.write(to: folder.path("out")) }
    #expect(
      error?.description.contains("'model.layers.1.mlp.down_proj.weight' has a value that F16 cannot hold") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    #expect(throws: ExportError.self) {
      _ = try HuggingFaceExport(checkpoint("tiny-llama3-rope"), adapter: adapter("tiny-llama-lora"), storedAs: .f32)
    }
  }

  /// A configuration made of a model's numbers is read as those numbers.
  @Test(arguments: ["tiny-llama", "tiny-llama3-rope", "tiny-qwen2"])
  func configurationsComeBack(_ name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("copy")
    try FileManager.default.copyItem(at: TinyModel.fixtures.appendingPathComponent(name), to: URL(filePath: path))
    let configuration = try checkpoint(name).configuration
    let members = JSONValue.object(configuration.huggingFaceMembers(storedAs: .bf16))
    try folder.write(JSONWriter.bytes(members, indented: true), to: "copy/config.json")
    var read = try ModelCheckpoint.open(path: path).configuration
    read.name = configuration.name
    #expect(read == configuration)
  }

  @Test func publishedRotaryScalingsAreRecognised() throws {
    var configuration = try checkpoint("tiny-llama3-rope").configuration
    configuration.ropeTheta = 500_000
    for factor in [8.0, 32] {
      let scaling = ModelConfiguration.RopeScaling.llama3(
        factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositionCount: 8192)
      configuration.ropeScaling = nil
      let plain = RotaryTables(configuration, positionCount: 2)
      configuration.ropeScaling = scaling
      let scaled = RotaryTables(configuration, positionCount: 2)
      // Sines of the angles at position 1: of small ones, the ratio is that of the frequencies.
      let factors = (0..<plain.width).map { index in
        asin(plain.sines.values[plain.width + index]) / asin(scaled.sines.values[plain.width + index])
      }
      #expect(RotaryTables.scaling(of: factors, configuration) == scaling)
    }
    #expect(RotaryTables.scaling(of: [Float](repeating: 1, count: 8), configuration) == nil)
  }
}
