import Tensors
import Testing

@Suite struct ElementTypeTests {
  @Test func countsBytesOfWholeBlocksOnly() {
    #expect(ElementType.f32.bytes(elements: 3) == 12)
    #expect(ElementType.bf16.bytes(elements: 0) == 0)
    #expect(ElementType.q4_1.bytes(elements: 576) == 360)
    #expect(ElementType.q6_K.bytes(elements: 512) == 420)
    #expect(ElementType.q8_0.bytes(elements: 33) == nil)
    #expect(ElementType.q4_K.bytes(elements: 128) == nil)
    #expect(ElementType.f32.bytes(elements: -1) == nil)
  }

  @Test func refusesBytesThatOverflow() {
    #expect(ElementType.f32.bytes(elements: .max) == nil)
    #expect(ElementType.q8_0.bytes(elements: .max / 32 * 32) == nil)
  }

  /// Bits a weight as every description of the formats gives them.
  @Test(arguments: [
    (ElementType.q8_0, 8.5), (.q4_0, 4.5), (.q4_1, 5), (.q5_0, 5.5), (.q5_1, 6), (.q4_K, 4.5), (.q5_K, 5.5),
    (.q6_K, 6.5625),
  ])
  func blocksHaveTheKnownDensity(_ type: ElementType, _ bits: Double) {
    #expect(Double(type.blockBytes * 8) / Double(type.blockElements) == bits)
  }

  @Test func namesDiffer() {
    #expect(Set(ElementType.allCases.map(\.name)).count == ElementType.allCases.count)
  }
}
