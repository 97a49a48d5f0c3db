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

  @Test(arguments: [UInt32(0x7FC0_0000), 0x7F80_0000, 0xFF80_0000], [Precision.float32, .balanced])
  func weightsThatAreNotFiniteAreRefusedByName(_ bits: UInt32, _ precision: Precision) throws {
    let path = try damaged(withUnsafeBytes(of: bits.littleEndian) { Array($0) })
    defer { try? FileManager.default.removeItem(atPath: path) }  // `try?`: nothing is left to clean up
    let checkpoint = try ModelCheckpoint.open(path: path)
    let last = try #require(checkpoint.tensors.values.max { $0.byteRange.upperBound < $1.byteRange.upperBound })
    #expect(
      throws: ModelFileError.invalidTensor(
        file: checkpoint.paths[0], tensor: last.storedName, reason: "has weights that are not finite")
    ) {
      _ = try DecoderWeights(checkpoint, precision: precision, parallel: ParallelFor(threads: 2))
    }
  }

  @Test(arguments: Precision.allCases)
  func theEstimateOfMemoryIsWhatWeightsTake(_ precision: Precision) throws {
    for name in ["tiny-llama", "tiny-llama3-rope", "tiny-qwen2", "tiny-llama.gguf"] {
      let tiny = try TinyModel(named: name, precision: precision)
      let estimate = try DecoderWeights.bytes(tiny.checkpoint, precision: precision)
      let taken = tiny.model.weights.byteCount
      // Tensors that are packed together share their last panel.
      #expect(estimate >= taken && Double(estimate) <= Double(taken) * 1.5, "\(name): \(estimate), \(taken)")
    }
  }

  @Test(arguments: [
    (ElementType.q4_0, StoredQuantisation.q4_0), (.q4_1, .q4_1), (.q5_0, .q5_0), (.q5_1, .q5_1), (.q8_0, .q8_0),
    (.q4_K, .q4_K), (.q5_K, .q5_K),
  ])
  func packedWeightsAreTheStoredOnesToTheBit(_ type: ElementType, _ source: StoredQuantisation) throws {
    var generator = SeededBytes(state: 41)
    let inputs = 512
    let matrix = QuantisedMatrix(outputs: 45, inputs: inputs, format: source.format)
    var expected: [[Float]] = []
    for feature in 0..<45 {
      var bytes = (0..<inputs / type.blockElements * type.blockBytes).map { _ in generator.next() }
      // Scales that are numbers: the upper byte of each half at a block's start.
      let halves = type == .q4_0 || type == .q5_0 || type == .q8_0 ? [1] : [1, 3]
      for start in stride(from: 0, to: bytes.count, by: type.blockBytes) {
        for offset in halves { bytes[start + offset] = bytes[start + offset] & 0xBF }
      }
      expected.append(try #require(Dequantiser.values(type, bytes)))
      #expect(bytes.withUnsafeBytes { matrix.setFeature(feature, stored: $0, as: source) })
    }
    let row = FloatBuffer(count: inputs)
    for feature in 0..<45 {
      matrix.row(feature, into: row.pointer)
      #expect(row.values.map(\.bitPattern) == expected[feature].map(\.bitPattern), "feature \(feature)")
    }
  }

  @Test func floatsAreQuantisedToTheNearestOf255Steps() throws {
    var generator = SeededBytes(state: 43)
    let inputs = 70
    let weights = (0..<inputs).map { _ in (Float(generator.next()) - 127.5) / 300 }
    let matrix = QuantisedMatrix(outputs: 33, inputs: inputs, format: .u8)
    for feature in 0..<33 {
      let isSet = try weights.withUnsafeBufferPointer { weights in
        matrix.setFeature(feature, floats: try #require(weights.baseAddress))
      }
      #expect(isSet)
    }
    let row = FloatBuffer(count: inputs)
    matrix.row(32, into: row.pointer)
    for first in stride(from: 0, to: inputs, by: 32) {
      let block = first..<min(inputs, first + 32)
      let step = weights[block].map(abs).max()! / 127
      for index in block { #expect(abs(row.values[index] - weights[index]) <= step * 0.51) }
    }
    let bad: [Float] = Array(repeating: 1, count: 69) + [.infinity]
    #expect(!bad.withUnsafeBufferPointer { matrix.setFeature(0, floats: $0.baseAddress!) })
  }
}

/// Bytes that are the same in every run.
private struct SeededBytes {
  var state: UInt64
  mutating func next() -> UInt8 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 33)
  }
}
