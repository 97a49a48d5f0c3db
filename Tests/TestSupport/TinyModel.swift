package import Foundation
package import Kernels
package import ModelFiles
package import Models
import Tensors

/// A small model on disk, loaded as serving loads it, with its logits for whole sequences.
package struct TinyModel: Sendable {
  package let checkpoint: ModelCheckpoint
  package let model: DecoderModel

  /// The folder of the tiny random models recorded by `Scripts/golden/tiny_models.py`.
  package static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("ModelsTests/Fixtures")

  package init(
    path: String, threads: Int = 2, precision: Precision = .float32, keyValueType: KeyValueType? = nil,
    adapter: LoRAAdapter? = nil, kernels: KernelSet = .best, path gemm: GEMMPath = .packed,
    profile: PassProfile? = nil
  ) throws {
    checkpoint = try ModelCheckpoint.open(path: path)
    let parallel = ParallelFor(threads: threads)
    model = DecoderModel(
      configuration: checkpoint.configuration,
      weights: try DecoderWeights(checkpoint, precision: precision, adapter: adapter, parallel: parallel),
      positionCount: checkpoint.configuration.positionCount, frequencyFactors: checkpoint.ropeFrequencyFactors,
      keyValueType: keyValueType ?? precision.keyValueType,
      linear: LinearKernel(kernels: kernels, parallel: parallel, path: gemm),
      profile: profile)
  }

  package init(
    named name: String, threads: Int = 2, precision: Precision = .float32, keyValueType: KeyValueType? = nil,
    adapter: LoRAAdapter? = nil, kernels: KernelSet = .best, path gemm: GEMMPath = .packed,
    profile: PassProfile? = nil
  ) throws {
    try self.init(
      path: Self.fixtures.appendingPathComponent(name).path, threads: threads, precision: precision,
      keyValueType: keyValueType, adapter: adapter, kernels: kernels, path: gemm, profile: profile)
  }

  /// Logits at every wanted position, [positions, vocabSize], the sequence run in passes of `chunk` tokens.
  package func logits(
    _ tokens: [Int32], chunk: Int = .max, wanting isWanted: (Int) -> Bool = { _ in true }
  ) -> [[Float]] {
    let count = tokens.count
    let blockCount = (count + KernelSet.blockTokens - 1) / KernelSet.blockTokens
    let cache = KeyValueCache(model.configuration, type: model.keyValueType, blockCount: blockCount + 3)
    let size = min(chunk, count)
    let buffers = ActivationBuffers(model.configuration, tokensMax: size, logitsMax: size)
    // Blocks out of order, so that a kernel that ignored the table would fail.
    let blocks = (0..<Int32(blockCount)).map { ($0 + 2) % Int32(blockCount + 3) }.reversed().map { Int32($0) }
    var rows: [[Float]] = []
    for start in stride(from: 0, to: count, by: size) {
      let part = Array(tokens[start..<min(count, start + size)])
      let wanted = part.indices.filter { isWanted(start + $0) }
      let segment = ForwardBatch.Segment(tokens: part, start: start, blocks: Array(blocks), logitsAt: wanted)
      model.forward(ForwardBatch(segments: [segment]), cache: cache, buffers: buffers)
      model.project(0..<wanted.count, buffers: buffers)
      let width = model.configuration.vocabSize
      for row in wanted.indices { rows.append(Array(buffers.logits.values[row * width..<(row + 1) * width])) }
    }
    return rows
  }
}
