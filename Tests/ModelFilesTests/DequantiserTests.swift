import Foundation
import ModelFiles
import Tensors
import Testing

/// Against `dequantise.json`: random blocks, and what the gguf package makes of them
/// (`Scripts/golden/dequantise_golden.py`).
@Suite struct DequantiserTests {
  private struct Golden: Decodable {
    struct Blocks: Decodable {
      let blocks: Data
      let values: Data
    }
    let types: [String: Blocks]
  }

  @Test(arguments: ElementType.allCases.filter { $0 != .f32 })
  func agreesWithTheReferenceToTheBit(_ type: ElementType) throws {
    let golden = try JSONDecoder().decode(Golden.self, from: Data(Fixture.bytes("dequantise.json")))
    let recorded = try #require(golden.types[type.name])
    let values = try #require(Dequantiser.values(type, Array(recorded.blocks)))
    let expected = recorded.values.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
    }
    #expect(values.count >= 512)
    #expect(values.count == expected.count)
    let wrong = zip(values, expected).enumerated().filter { $1.0.bitPattern != UInt32(littleEndian: $1.1) }
    #expect(wrong.isEmpty, "\(wrong.count) differ, the first at \(wrong.first?.offset ?? 0)")
  }

  @Test func copiesFloat32AsItIs() {
    let bits: [UInt32] = [0, 0x8000_0000, 1, 0x7F80_0000, 0x3F80_0000, 0xFF7F_FFFF]
    let values = Dequantiser.values(.f32, bits.flatMap { GGUFBuilder.little($0) })
    #expect(values?.map(\.bitPattern) == bits)
  }

  /// All 65,536 halves against the conversion of the language.
  @Test func widensEveryHalf() throws {
    let patterns = Array(UInt16.min...UInt16.max)
    let values = try #require(Dequantiser.values(.f16, patterns.flatMap { GGUFBuilder.little($0) }))
    for (pattern, value) in zip(patterns, values) {
      let expected = Float(Float16(bitPattern: pattern))
      #expect(value.bitPattern == expected.bitPattern || (value.isNaN && expected.isNaN), "\(pattern)")
    }
  }

  @Test func takesWholeBlocksOnly() {
    #expect(Dequantiser.values(.q4_0, [UInt8](repeating: 0, count: 17)) == nil)
    #expect(Dequantiser.values(.q6_K, []) == [])
  }
}
