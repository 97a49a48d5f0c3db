import Kernels
import Tensors
import Testing

/// Products with frozen weights against sums in double precision, at odd sizes.
@Suite struct FrozenMatrixTests {
  private struct Refusal: Error, Equatable { let row: Int }

  static func matrix(_ weights: DenseReference, _ precision: ProductPrecision, threads: Int = 2) -> FrozenMatrix {
    FrozenMatrix(
      outputs: weights.rows, inputs: weights.columns, precision: precision, parallel: ParallelFor(threads: threads)
    ) { rows, into in
      for row in rows {
        for column in 0..<weights.columns {
          into[(row - rows.lowerBound) * weights.columns + column] = weights[row, column]
        }
      }
    }
  }

  /// x W^T or dy W.
  static func product(
    _ matrix: FrozenMatrix, _ x: DenseReference, isForward: Bool, plus start: [Float]? = nil, threads: Int = 2
  ) throws -> [Float] {
    let columns = isForward ? matrix.outputs : matrix.inputs
    let (input, y) = (x.buffer, FloatBuffer(count: x.rows * columns))
    for index in 0..<y.count { y.pointer[index] = start?[index] ?? .nan }
    let products = try DenseReference.products(threads: threads)
    if isForward {
      matrix.forward(input.pointer, rows: x.rows, into: y.pointer, accumulate: start != nil, products: products)
    } else {
      matrix.backward(input.pointer, rows: x.rows, into: y.pointer, accumulate: start != nil, products: products)
    }
    return Array(y.values)
  }

  @Test func passesOnWhatTheRowsSourceThrows() {
    #expect(throws: Refusal(row: 256)) {
      try FrozenMatrix(outputs: 300, inputs: 2, precision: .float32, parallel: ParallelFor(threads: 1)) {
        rows, _ throws(Refusal) in
        if rows.contains(299) { throw Refusal(row: rows.lowerBound) }
      }
    }
  }

  @Test(arguments: ProductPrecision.allCases, [(1, 1), (33, 65), (70, 130)])
  func productsEqualSumsInDoublePrecision(_ precision: ProductPrecision, shape: (outputs: Int, inputs: Int)) throws {
    let weights = DenseReference.random(shape.outputs, shape.inputs, seed: 1)
    let matrix = Self.matrix(weights, precision)
    for rows in [1, 11, 12, 13, 50] {
      for isForward in [true, false] {
        let x = DenseReference.random(rows, isForward ? shape.inputs : shape.outputs, seed: 3)
        let factor = isForward ? weights.transposed : weights
        for start in [nil, DenseReference.random(rows, factor.columns, seed: 5).values] {
          let y = try Self.product(matrix, x, isForward: isForward, plus: start)
          #expect(DenseReference.distance(y, x.times(factor, plus: start)) < 1e-5)
        }
      }
    }
  }
}
