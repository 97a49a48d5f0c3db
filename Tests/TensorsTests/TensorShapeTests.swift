import Tensors
import Testing

@Suite struct TensorShapeTests {
  @Test func multipliesItsDimensions() throws {
    let shape = try #require(TensorShape([2, 3, 4]))
    #expect(shape.elementCount == 24)
    #expect(shape.rowLength == 4)
    #expect(shape.rowCount == 6)
    #expect(shape.dimensions == [2, 3, 4])
  }

  @Test func takesAVectorForOneRowAndNothingForOneNumber() throws {
    let vector = try #require(TensorShape([7]))
    #expect((vector.rowCount, vector.rowLength) == (1, 7))
    let scalar = try #require(TensorShape([]))
    #expect((scalar.rowCount, scalar.rowLength, scalar.elementCount) == (1, 1, 1))
  }

  @Test(arguments: [[0], [2, -1], [1, 1, 1, 1, 1], [1 << 32, 1 << 32], [.max, 2], [.min]])
  func refusesWhatIsNoShape(_ dimensions: [Int]) {
    #expect(TensorShape(dimensions) == nil)
  }

  @Test func takesTheLargestProductThatFits() {
    #expect(TensorShape([.max])?.elementCount == .max)
    #expect(TensorShape([1 << 31, 1 << 31])?.elementCount == 1 << 62)
  }
}
