import Digests
import Engine
import Foundation
import Judge
import Kernels
import LocalInference
import ModelFiles
import Models
import Tensors
import TestSupport
import Testing
import Tokenization

/// Adapters on the default model: loaded from a directory, refused, and swapped while the engine runs.
@Suite struct AdapterTests {
  /// Random matrices of rank 8 for some projections of the first and the last layer.
  private static func adapter(seed: UInt64, fingerprint: String? = nil) throws -> LoRAAdapter {
    let model = try ModelCheckpoint.open(path: DefaultModel.path).configuration
    let shapes = Dictionary(uniqueKeysWithValues: model.requiredTensors.map { ($0.name, $0.dimensions) })
    var random = SeededGenerator(seed: seed)
    func values(_ count: Int) -> FloatBuffer {
      let buffer = FloatBuffer(count: count)
      for index in 0..<count { buffer.values[index] = Float.random(in: -0.05...0.05, using: &random) }
      return buffer
    }
    var matrices: [String: LoRAAdapter.Matrices] = [:]
    for layer in [0, model.layerCount - 1] {
      for projection in ["self_attn.q_proj", "self_attn.v_proj", "mlp.up_proj"] {
        let module = "model.layers.\(layer).\(projection)"
        let shape = try #require(shapes[module + ".weight"])
        matrices[module] = LoRAAdapter.Matrices(
          a: values(8 * shape[1]), b: values(shape[0] * 8), inputs: shape[1], outputs: shape[0], rank: 8)
      }
    }
    return LoRAAdapter(
      configuration: LoRAConfiguration(
        rank: 8, alpha: 16, targetModules: ["q_proj", "v_proj", "up_proj"], baseFingerprint: fingerprint),
      matrices: matrices, metadata: ["persrm.evidence": "true"])
  }

  private func options(adapter: String?, allowsOtherBase: Bool = false) -> LocalModelOptions {
    LocalModelOptions(
      path: DefaultModel.path, adapter: adapter, allowsOtherBase: allowsOtherBase, threads: 2, contextTokens: 1024,
      cacheMebibytes: 64, sequencesMax: 2)
  }

  private func answer(_ model: LocalModel) async throws -> [UInt32] {
    let result = try await model.engine.generate(
      EngineRequest(prompt: model.tokenizer.encode("Once upon a time in the"), maxTokens: 12, logProbabilitiesFrom: 1))
    return (result.logProbabilities.compactMap { $0 } + result.promptLogProbabilities).map(\.bitPattern)
  }

  @Test func servesWithAnAdapterAndSwapsItWhileItRuns() async throws {
    let folder = try TemporaryFolder()
    let (first, second) = (try Self.adapter(seed: 1), try Self.adapter(seed: 2))
    try first.write(to: folder.path("first"))
    let plain = try DefaultModel.shared.get()
    let model = try LocalModel.load(options(adapter: folder.path("first")))
    defer { model.engine.shutDown() }
    #expect(model.name == "SmolLM2-135M-Instruct.Q4_1+first")
    #expect(model.adapter?.configuration.rank == 8 && model.adapter?.metadata == ["persrm.evidence": "true"])
    #expect(model.memory.weights > plain.memory.weights && plain.adapter == nil)
    #expect(model.showsEvidence && !plain.showsEvidence)
    let withFirst = try await answer(model)
    try await model.adapterSwap.replace(with: second)
    let withSecond = try await answer(model)
    try await model.adapterSwap.replace(with: nil)
    let without = try await answer(model)
    try await model.adapterSwap.replace(with: first)
    #expect(try await answer(model) == withFirst)
    #expect(withFirst != withSecond && withSecond != without && without != withFirst)
    #expect(try await answer(plain) == without)
  }

  @Test func theFingerprintCoversTheAdapter() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try ModelCheckpoint.open(path: DefaultModel.path)
    let tokenizer = try DefaultModel.tokenizer.get()
    func fingerprint(_ adapter: String?) throws -> [UInt8] {
      try LocalModel.fingerprint(
        checkpoint, tokenizer, adapter: adapter, contextTokens: 1024, arithmetic: LocalModel.arithmetic(.balanced))
    }
    try Self.adapter(seed: 1).write(to: folder.path("one"))
    try Self.adapter(seed: 1).write(to: folder.path("same"))
    try Self.adapter(seed: 2).write(to: folder.path("other"))
    let one = try fingerprint(folder.path("one"))
    #expect(try one == fingerprint(folder.path("same")))
    #expect(try one != fingerprint(folder.path("other")) && one != fingerprint(nil))
  }

  @Test func anAdapterOfOtherWeightsIsRefusedUnlessTheCallerInsists() throws {
    let folder = try TemporaryFolder()
    try Self.adapter(seed: 1, fingerprint: String(repeating: "0", count: 64)).write(to: folder.path("other"))
    let error = #expect(throws: LocalModelError.self) {
      _ = try LocalModel.load(options(adapter: folder.path("other")))
    }
    #expect(error?.description.contains("--allow-other-base") == true)
    try LocalModel.load(options(adapter: folder.path("other"), allowsOtherBase: true)).engine.shutDown()
  }

  @Test func anAdapterOfAnotherModelOrNoneIsRefused() throws {
    let tiny = TinyModel.fixtures.appendingPathComponent("tiny-llama-lora").path
    let error = #expect(throws: LocalModelError.self) { _ = try LocalModel.load(options(adapter: tiny)) }
    #expect(error?.description.contains("an adapter of another model") == true)
    let missing = #expect(throws: LocalModelError.self) { _ = try LocalModel.load(options(adapter: "no-such")) }
    #expect(missing?.description.contains("no-such: holds no adapter") == true)
  }
}
