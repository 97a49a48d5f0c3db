import Foundation
import Kernels
import ModelFiles
import Models
import Tensors
import TestSupport
import Testing

/// Adapters merged into weights, against PEFT (`Scripts/golden/tiny_adapters.py`) and against plain loops.
@Suite struct AdapterMergingTests {
  private struct Expected: Decodable {
    let model: String
    let tokens: [Int32]
  }

  private static let names = ["tiny-llama-lora", "tiny-qwen2-lora"]

  private func adapter(_ name: String) throws -> LoRAAdapter {
    try LoRAAdapter(path: TinyModel.fixtures.appendingPathComponent(name).path)
  }

  private func expected(_ name: String) throws -> (Expected, logits: [Float]) {
    let folder = TinyModel.fixtures.appendingPathComponent(name)
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
    let data = try Data(contentsOf: folder.appendingPathComponent("expected-logits.bin"))
    return (expected, data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
  }

  private func difference(_ ours: [[Float]], _ theirs: [Float]) -> Float {
    zip(ours.joined(), theirs).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(arguments: names)
  func mergedLogitsAreThoseOfPEFT(_ name: String) throws {
    let (expected, theirs) = try expected(name)
    let ours = try TinyModel(named: expected.model, adapter: adapter(name)).logits(expected.tokens)
    try #require(ours.joined().count == theirs.count)
    let largest = difference(ours, theirs)
    print("merged logits \(name): largest difference \(largest)")
    #expect(largest < 1e-4)
    // The reference is not met by chance: without the adapter logits are elsewhere.
    #expect(difference(try TinyModel(named: expected.model).logits(expected.tokens), theirs) > 3)
  }

  @Test func ggufTakesTheSameAdapterToTheBit() throws {
    let (expected, _) = try expected("tiny-llama-lora")
    let adapter = try adapter("tiny-llama-lora")
    let gguf = try TinyModel(named: "tiny-llama.gguf", adapter: adapter).logits(expected.tokens)
    #expect(try gguf == TinyModel(named: "tiny-llama", adapter: adapter).logits(expected.tokens))
  }

  /// Weights in 8 bits: nearer to the merged reference than to anything else, and the same however they were loaded.
  @Test(arguments: names)
  func quantisedLogitsFollowTheReference(_ name: String) throws {
    let (expected, theirs) = try expected(name)
    let ours = try TinyModel(named: expected.model, precision: .balanced, adapter: adapter(name))
      .logits(expected.tokens)
    let plain = try TinyModel(named: expected.model, precision: .balanced).logits(expected.tokens)
    let mean = zip(ours.joined(), theirs).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(theirs.count)
    let meanWithout = zip(plain.joined(), theirs).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(theirs.count)
    print("merged in 8 bits, \(name): mean difference \(mean), without the adapter \(meanWithout)")
    #expect(mean < 0.1 && meanWithout > 10 * mean)
  }

  @Test(arguments: [(ElementType.f32, "tiny-llama-lora"), (.bf16, "tiny-qwen2-lora")])
  func ourFileIsTheReferencesToTheByte(_ type: ElementType, _ name: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("persrm-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }  // `try?`: nothing is left to clean up
    try adapter(name).write(to: folder.path, storedAs: type)
    let file = "adapter_model.safetensors"
    let theirs = try Data(contentsOf: TinyModel.fixtures.appendingPathComponent(name).appendingPathComponent(file))
    #expect(try Data(contentsOf: folder.appendingPathComponent(file)) == theirs)
  }

  private func buffer(_ count: Int, _ random: inout SeededGenerator) -> FloatBuffer {
    let buffer = FloatBuffer(count: count)
    for index in 0..<count { buffer.values[index] = Float.random(in: -1...1, using: &random) }
    return buffer
  }

  @Test(arguments: [(1, 1, 1), (5, 37, 41), (4, 32, 32), (16, 65, 70), (3, 100, 33)])
  func theProductIsThatOfPlainLoops(_ rank: Int, _ inputs: Int, _ outputs: Int) throws {
    var random = SeededGenerator(seed: UInt64(rank * 1000 + inputs))
    let (a, b) = (buffer(rank * inputs, &random), buffer(outputs * rank, &random))
    let module = "model.layers.0.mlp.up_proj"
    let adapter = LoRAAdapter(
      configuration: LoRAConfiguration(rank: rank, alpha: 3, targetModules: ["up_proj"]),
      matrices: [module: LoRAAdapter.Matrices(a: a, b: b, inputs: inputs, outputs: outputs, rank: rank)])
    let updates = LowRankUpdates(adapter)
    #expect(updates.tensorNames == [module + ".weight"] && !updates.changes(module))
    let weights = buffer(outputs * inputs, &random)
    let merged = FloatBuffer(count: outputs * inputs)
    merged.pointer.update(from: weights.pointer, count: weights.count)
    updates.add(to: merged.pointer, rows: 0..<outputs, of: module + ".weight")
    for row in 0..<outputs {
      for column in 0..<inputs {
        var sum = Double(weights.values[row * inputs + column])
        for k in 0..<rank {
          sum += Double(adapter.configuration.scale) * Double(b.values[row * rank + k] * a.values[k * inputs + column])
        }
        #expect(abs(Double(merged.values[row * inputs + column]) - sum) < 1e-5)
      }
    }
    // Row by row the bits are the same, and tensors of other names are left alone.
    let single = FloatBuffer(count: inputs)
    for row in 0..<outputs {
      single.pointer.update(from: weights.pointer + row * inputs, count: inputs)
      updates.add(to: single.pointer, rows: row..<row + 1, of: "model.layers.1.mlp.up_proj.weight")
      #expect(single.values.elementsEqual(weights.values[row * inputs..<(row + 1) * inputs]))
      updates.add(to: single.pointer, rows: row..<row + 1, of: module + ".weight")
      #expect(single.values.elementsEqual(merged.values[row * inputs..<(row + 1) * inputs]))
    }
    withExtendedLifetime((weights, merged, single)) {}
  }

  private func bits(_ layer: LinearLayer) -> [UInt32] {
    let row = FloatBuffer(count: layer.inputs)
    return (0..<layer.outputs).flatMap { index in
      layer.row(index, into: row.pointer)
      return row.values.map(\.bitPattern)
    }
  }

  @Test(arguments: Precision.allCases)
  func whatNoAdapterChangesStaysAsItIsStored(_ precision: Precision) throws {
    let plain = try TinyModel(named: "tiny-llama", precision: precision).model
    let merged = try TinyModel(named: "tiny-llama", precision: precision, adapter: adapter("tiny-llama-lora")).model
    for (before, after) in zip(plain.weights.layers, merged.weights.layers) {
      #expect(bits(before.attentionOutput) == bits(after.attentionOutput))
      #expect(bits(before.gateUp) == bits(after.gateUp))
      #expect(bits(before.down) != bits(after.down))
      // Queries (32 rows) and values (16) change, the 16 rows of keys between them do not.
      let (old, new) = (bits(before.queryKeyValue), bits(after.queryKeyValue))
      #expect(old[32 * 32..<48 * 32] == new[32 * 32..<48 * 32])
      #expect(old[..<(32 * 32)] != new[..<(32 * 32)] && old[(48 * 32)...] != new[(48 * 32)...])
    }
    #expect(merged.weights.mergedTensors.count == 9 && plain.weights.mergedTensors.isEmpty)
  }

  @Test(arguments: [Precision.float32, .balanced])
  func weightsThatShareAreThoseReadAnew(_ precision: Precision) throws {
    let checkpoint = try ModelCheckpoint.open(path: TinyModel.fixtures.appendingPathComponent("tiny-llama").path)
    let parallel = ParallelFor(threads: 2)
    func weights(_ adapter: LoRAAdapter?, sharing other: DecoderWeights?) throws -> DecoderWeights {
      try DecoderWeights(checkpoint, precision: precision, adapter: adapter, sharing: other, parallel: parallel)
    }
    let first = try adapter("tiny-llama-lora")
    var second = first
    second.matrices = first.matrices.filter { $0.key.hasSuffix("q_proj") }
    var known = try weights(nil, sharing: nil)
    for adapter in [first, second, nil, second] {
      let fresh = try weights(adapter, sharing: nil)
      let shared = try weights(adapter, sharing: known)
      #expect(shared.embedding === known.embedding && shared.outputHead === shared.embedding)
      for (layers, old) in zip(zip(fresh.layers, shared.layers), known.layers) {
        #expect(layers.1.gateUp === old.gateUp && layers.1.attentionOutput === old.attentionOutput)
        #expect(bits(layers.0.queryKeyValue) == bits(layers.1.queryKeyValue))
        #expect(bits(layers.0.down) == bits(layers.1.down))
      }
      known = shared
    }
  }

  @Test(arguments: Precision.allCases)
  func theEstimateOfMemoryCountsWhatIsMerged(_ precision: Precision) throws {
    for name in Self.names {
      let model = try expected(name).0.model
      let tiny = try TinyModel(named: model, precision: precision, adapter: adapter(name))
      let estimate = try DecoderWeights.bytes(tiny.checkpoint, precision: precision, adapter: adapter(name))
      let taken = tiny.model.weights.byteCount
      #expect(estimate >= taken && Double(estimate) <= Double(taken) * 1.5, "\(name): \(estimate), \(taken)")
    }
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    let error = #expect(throws: ModelFileError.self) {
      _ = try TinyModel(named: "tiny-llama3-rope", adapter: adapter("tiny-llama-lora"))
    }
    #expect(error?.description.contains("an adapter of another model") == true, "\(String(describing: error))")
  }

  @Test func aMergedWeightThatIsNotFiniteIsNamed() throws {
    let adapter = try adapter("tiny-llama-lora")
    let pair = try #require(adapter.matrices["model.layers.1.mlp.down_proj"])
    pair.b.values.update(repeating: 3e38)
    pair.a.values.update(repeating: 3e38)
    let error = #expect(throws: ModelFileError.self) { _ = try TinyModel(named: "tiny-llama", adapter: adapter) }
    #expect(error?.description.contains("model.layers.1.mlp.down_proj.weight' has weights that are not finite") == true)
  }
}
