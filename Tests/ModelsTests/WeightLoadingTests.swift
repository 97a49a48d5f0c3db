import Foundation
import Kernels
import ModelFiles
import Models
import Tensors
import TestSupport
import Testing

@Suite struct WeightLoadingTests {
  /// A copy of a tiny model in which the last bytes of the safetensors file are overwritten.
  private func damaged(_ bytes: [UInt8]) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("persrm-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: TinyModel.fixtures.appendingPathComponent("tiny-llama"), to: folder)
    let file = folder.appendingPathComponent("model.safetensors")
    var data = try Data(contentsOf: file)
    data.replaceSubrange(data.count - bytes.count..<data.count, with: bytes)
    try data.write(to: file)
    return folder.path
  }

  @Test(arguments: [UInt32(0x7FC0_0000), 0x7F80_0000, 0xFF80_0000])
  func weightsThatAreNotFiniteAreRefusedByName(_ bits: UInt32) throws {
    let path = try damaged(withUnsafeBytes(of: bits.littleEndian) { Array($0) })
    defer { try? FileManager.default.removeItem(atPath: path) }  // `try?`: nothing is left to clean up
    let checkpoint = try ModelCheckpoint.open(path: path)
    let last = try #require(checkpoint.tensors.values.max { $0.byteRange.upperBound < $1.byteRange.upperBound })
    #expect(
      throws: ModelFileError.invalidTensor(
        file: checkpoint.paths[0], tensor: last.storedName, reason: "has weights that are not finite")
    ) {
      _ = try DecoderWeights(checkpoint, parallel: ParallelFor(threads: 2))
    }
  }

  @Test func theEstimateOfMemoryIsWhatWeightsTake() throws {
    for name in ["tiny-llama", "tiny-llama3-rope", "tiny-qwen2"] {
      let tiny = try TinyModel(named: name)
      let weights = tiny.model.weights
      var floats = weights.embedding.panels.count + weights.norm.count
      if weights.outputHead !== weights.embedding { floats += weights.outputHead.panels.count }
      for layer in weights.layers {
        floats += layer.inputNorm.count + layer.postAttentionNorm.count + layer.queryKeyValue.panels.count
        floats += layer.attentionOutput.panels.count + layer.gateUp.panels.count + layer.down.panels.count
        floats += layer.queryKeyValueBias?.count ?? 0
      }
      let estimate = DecoderWeights.bytes(tiny.model.configuration)
      #expect(estimate >= floats * 4 && estimate <= floats * 4 + 4096, "\(name)")
    }
  }
}
