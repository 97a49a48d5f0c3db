import Foundation
import ModelFiles
import Tensors
import Testing

/// On the tiny models of `Scripts/golden/tiny_model_files.py`, written by other people's libraries.
@Suite struct ModelCheckpointTests {
  private static let llama = ModelConfiguration(
    architecture: .llama, hiddenSize: 8, layerCount: 1, headCount: 2, kvHeadCount: 1, headDim: 4,
    intermediateSize: 12, vocabSize: 10, positionCount: 64, rmsNormEpsilon: 1e-5, ropeTheta: 10_000,
    tieWordEmbeddings: false, attentionBias: false, bosTokenID: 0, eosTokenIDs: [2], name: "tiny-llama")

  @Test(arguments: ["tiny-llama", "tiny-llama.gguf"])
  func readsALlamaConfigurationFromBothFormats(_ name: String) throws {
    #expect(try ModelCheckpoint.open(path: Fixture.path(name)).configuration == Self.llama)
  }

  @Test(arguments: ["tiny-qwen2", "tiny-qwen2.gguf"])
  func readsAQwenConfigurationFromBothFormats(_ name: String) throws {
    var expected = Self.llama
    expected.architecture = .qwen2
    expected.ropeTheta = 1_000_000
    expected.tieWordEmbeddings = true
    expected.attentionBias = true
    expected.name = "tiny-qwen2"
    // `generation_config.json` names a second token that ends an answer.
    if !name.hasSuffix("gguf") { expected.eosTokenIDs = [2, 0] }
    #expect(try ModelCheckpoint.open(path: Fixture.path(name)).configuration == expected)
  }

  /// The same weights from both formats, though GGUF keeps query and key rows of llama models in another order.
  @Test(arguments: ["tiny-llama", "tiny-qwen2"])
  func givesTheSameWeightsFromBothFormats(_ name: String) throws {
    let directory = try ModelCheckpoint.open(path: Fixture.path(name))
    let gguf = try ModelCheckpoint.open(path: Fixture.path(name + ".gguf"))
    #expect(Set(directory.tensors.keys) == Set(gguf.tensors.keys))
    #expect(directory.tensors.count == (name == "tiny-llama" ? 12 : 14))
    for (tensor, record) in directory.tensors {
      let other = try gguf.record(tensor)
      #expect(record.shape == other.shape)
      #expect(directory.readAll(record) == gguf.readAll(other), "\(tensor)")
    }
  }

  @Test func theInterleavedOrderIsReallyAnother() throws {
    let gguf = try ModelCheckpoint.open(path: Fixture.path("tiny-llama.gguf"))
    let record = try gguf.record("model.layers.0.self_attn.q_proj.weight")
    #expect(record.rowOrder == .interleavedRotary(headDim: 4))
    #expect((0..<8).map(record.storedIndex) == [0, 2, 1, 3, 4, 6, 5, 7])
    let values = try #require(
      gguf.withStoredRow(record, row: 1) { Dequantiser.values(record.elementType, Array($0)) })
    var row = [Float](repeating: 0, count: 8)
    try row.withUnsafeMutableBufferPointer { buffer throws(ModelFileError) in
      try gguf.readRows(record, rows: 1..<2, into: buffer)
    }
    #expect(values == row)
    let plain = try ModelCheckpoint.open(path: Fixture.path("tiny-qwen2.gguf"))
    #expect(try plain.record("model.layers.0.self_attn.q_proj.weight").rowOrder == .plain)
  }

  @Test func readsAnyRunOfRows() throws {
    let checkpoint = try ModelCheckpoint.open(path: Fixture.path("tiny-qwen2"))
    let record = try checkpoint.record("model.embed_tokens.weight")
    let all = checkpoint.readAll(record)
    for start in 0...10 {
      for end in start...10 {
        var rows = [Float](repeating: -7, count: (end - start) * 8 + 1)
        try rows.withUnsafeMutableBufferPointer { buffer throws(ModelFileError) in
          try checkpoint.readRows(record, rows: start..<end, into: buffer)
        }
        #expect(rows == Array(all[start * 8..<end * 8]) + [-7])
      }
    }
  }

  @Test func refusesRowsThatAreNotThereOrDoNotFit() throws {
    let checkpoint = try ModelCheckpoint.open(path: Fixture.path("tiny-llama"))
    let record = try checkpoint.record("model.norm.weight")
    var room = [Float](repeating: 0, count: 8)
    #expect(throws: ModelFileError.rowsOutOfRange(tensor: record.name, rows: 0..<2, available: 1)) {
      try room.withUnsafeMutableBufferPointer { buffer throws(ModelFileError) in
        try checkpoint.readRows(record, rows: 0..<2, into: buffer)
      }
    }
    room.removeLast()
    #expect(throws: ModelFileError.rowsOutOfRange(tensor: record.name, rows: 0..<1, available: 0)) {
      try room.withUnsafeMutableBufferPointer { buffer throws(ModelFileError) in
        try checkpoint.readRows(record, rows: 0..<1, into: buffer)
      }
    }
  }

  @Test func namesATensorThatIsNotThere() throws {
    let path = try Fixture.path("tiny-llama")
    let checkpoint = try ModelCheckpoint.open(path: path)
    #expect(throws: ModelFileError.missingTensor(file: path, tensor: "model.layers.7.x")) {
      try checkpoint.record("model.layers.7.x")
    }
  }

  @Test func handsOverTheTokenizerOfAGGUFFile() throws {
    let material = try ModelCheckpoint.open(path: Fixture.path("tiny-llama.gguf")).tokenizerMaterial()
    guard case .gguf(let vocabulary) = material else {
      Issue.record("not from a GGUF file")
      return
    }
    #expect(vocabulary.tokens.count == 10)
    #expect(vocabulary.tokens[6] == "\u{120}")
    #expect(vocabulary.tokenTypes == [3, 3, 3, 1, 1, 1, 1, 1, 1, 1])
    #expect(vocabulary.merges == ["a b", "\u{120} a"])
    #expect(vocabulary.pre == "smollm")
    #expect(vocabulary.bos == 0)
    #expect(vocabulary.eos == 2)
    #expect(vocabulary.addBOS == false)
    #expect(vocabulary.addSpacePrefix == nil)
    #expect(vocabulary.chatTemplate?.hasPrefix("{% for m in messages %}") == true)
  }

  /// tiny-llama keeps its template in `tokenizer_config.json`, tiny-qwen2 in `chat_template.jinja`.
  @Test(arguments: ["tiny-llama", "tiny-qwen2"])
  func handsOverTheTokenizerOfADirectory(_ name: String) throws {
    let material = try ModelCheckpoint.open(path: Fixture.path(name)).tokenizerMaterial()
    guard case .json(let files) = material else {
      Issue.record("not from a directory")
      return
    }
    #expect(files.tokenizer == (try Fixture.bytes(name + "/tokenizer.json")))
    #expect((files.configuration != nil) == (name == "tiny-llama"))
    #expect(files.chatTemplate?.hasPrefix("{% for m in messages %}") == true)
  }

  @Test func saysWhatIsWrongWithAPathThatHoldsNoModel() throws {
    let scratch = try Scratch()
    let missing = scratch.path + "/none.gguf"
    #expect(problemOpening(missing) == .cannotOpen(file: missing, reason: "No such file or directory"))
    #expect(
      problemOpening(scratch.path) == .notAModel(path: scratch.path, reason: "is a directory without config.json"))
    let empty = try scratch.write("empty.gguf", "")
    #expect(problemOpening(empty)?.description.contains("neither a GGUF file nor a directory") == true)
    let weights = try Fixture.path("tiny-llama/model.safetensors")
    #expect(problemOpening(weights)?.description.contains("give the directory that holds it") == true)
    let pickle = try Fixture.copy("tiny-llama")
    try pickle.write("pytorch_model.bin", "x")
    #expect(problemOpening(pickle.path) == nil)
    try #require(rename(pickle.path + "/model.safetensors", pickle.path + "/other") == 0)
    #expect(problemOpening(pickle.path)?.description.contains("convert it to safetensors") == true)
  }
}
