import Kernels
import Tensors
import Testing

/// Products with frozen weights against sums in double precision, at odd sizes.
@Suite struct FrozenMatrixTests {
  private struct Refusal: Error, Equatable { let row: Int }

  static let shapes = [(outputs: 1, inputs: 1), (33, 65), (70, 130), (32, 1100)]

  static func matrix(
    _ weights: DenseReference, _ precision: ProductPrecision, threads: Int = 2, kernels: BrainFloatKernels = .best
  ) -> FrozenMatrix {
    FrozenMatrix(
      outputs: weights.rows, inputs: weights.columns, precision: precision, parallel: ParallelFor(threads: threads),
      kernels: kernels
    ) { rows, into in
      for row in rows {
        for column in 0..<weights.columns {
          into[(row - rows.lowerBound) * weights.columns + column] = weights[row, column]
        }
      }
    }
  }

  /// x W^T or dy W, or what was there and that; no number is there otherwise.
  static func product(
    _ matrix: FrozenMatrix, _ x: DenseReference, isForward: Bool, plus start: [Float]? = nil, threads: Int = 2,
    roundedBytesMax: Int = 8 << 20
  ) throws -> [Float] {
    let columns = isForward ? matrix.outputs : matrix.inputs
    let (input, y) = (x.buffer, FloatBuffer(count: x.rows * columns))
    for index in 0..<y.count { y.pointer[index] = start?[index] ?? .nan }
    let products = DenseProducts(
      parallel: ParallelFor(threads: threads), blas: try OpenBLAS.shared.get(), roundedBytesMax: roundedBytesMax)
    if isForward {
      matrix.forward(input.pointer, rows: x.rows, into: y.pointer, accumulate: start != nil, products: products)
    } else {
      matrix.backward(input.pointer, rows: x.rows, into: y.pointer, accumulate: start != nil, products: products)
    }
    return Array(y.values)
  }

  @Test func passesOnWhatTheRowsSourceThrows() {
    for precision in ProductPrecision.allCases {
      #expect(throws: Refusal(row: 256)) {
        try FrozenMatrix(outputs: 300, inputs: 2, precision: precision, parallel: ParallelFor(threads: 1)) {
          rows, _ throws(Refusal) in
          if rows.contains(299) { throw Refusal(row: rows.lowerBound) }
        }
      }
    }
  }

  @Test(arguments: shapes)
  func float32ProductsEqualSumsInDoublePrecision(shape: (outputs: Int, inputs: Int)) throws {
    let weights = DenseReference.random(shape.outputs, shape.inputs, seed: 1)
    let matrix = Self.matrix(weights, .float32)
    for (rows, isForward) in [(1, true), (1, false), (13, true), (13, false)] {
      let x = DenseReference.random(rows, isForward ? shape.inputs : shape.outputs, seed: 3)
      let factor = isForward ? weights.transposed : weights
      for start in [nil, DenseReference.random(rows, factor.columns, seed: 5).values] {
        let y = try Self.product(matrix, x, isForward: isForward, plus: start)
        #expect(DenseReference.distance(y, x.times(factor, plus: start)) < 1e-5)
      }
    }
  }

  @Test(arguments: BrainFloatKernels.InstructionSet.allCases.compactMap(BrainFloatKernels.init), shapes)
  func bfloat16ProductsAreThoseOfRoundedFactors(
    _ kernels: BrainFloatKernels, shape: (outputs: Int, inputs: Int)
  ) throws {
    let weights = DenseReference.random(shape.outputs, shape.inputs, seed: 1)
    let matrix = Self.matrix(weights, .bfloat16, kernels: kernels)
    for rows in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25] {
      for isForward in [true, false] {
        let x = DenseReference.random(rows, isForward ? shape.inputs : shape.outputs, seed: 3)
        let factor = isForward ? weights.transposed : weights
        let start = rows % 2 == 0 ? DenseReference.random(rows, factor.columns, seed: 5).values : nil
        let y = try Self.product(matrix, x, isForward: isForward, plus: start)
        #expect(DenseReference.distance(y, x.rounded.times(factor.rounded, plus: start)) < 1e-5, "\(rows) rows")
        #expect(DenseReference.distance(y, x.times(factor, plus: start)) < 1e-2, "\(rows) rows")
      }
    }
  }

  /// Enough rows for several strips and groups of panels.
  @Test(arguments: ProductPrecision.allCases)
  func bitsDependOnNeitherThreadsNorRepetition(_ precision: ProductPrecision) throws {
    let weights = DenseReference.random(300, 70, seed: 1)
    let matrices = [1, 2].map { Self.matrix(weights, precision, threads: $0) }
    for isForward in [true, false] {
      let x = DenseReference.random(700, isForward ? 70 : 300, seed: 3)
      let first = try Self.product(matrices[0], x, isForward: isForward, threads: 1).map(\.bitPattern)
      for (matrix, threads) in [(matrices[1], 2), (matrices[1], 2), (matrices[0], 3)] {
        let again = try Self.product(matrix, x, isForward: isForward, threads: threads)
        #expect(again.map(\.bitPattern) == first, "\(threads) threads")
      }
      let inGoes = try Self.product(matrices[1], x, isForward: isForward, roundedBytesMax: 1)
      #expect(inGoes.map(\.bitPattern) == first, "in several goes")
    }
  }

  /// An inner dimension of several goes, the last one odd.
  @Test func goesOverTheInnerDimensionChangeNoBit() throws {
    let matrix = Self.matrix(DenseReference.random(35, 4500 + 1, seed: 1), .bfloat16)
    let x = DenseReference.random(14, 4500 + 1, seed: 3)
    for start in [nil, DenseReference.random(14, 35, seed: 5).values] {
      let whole = try Self.product(matrix, x, isForward: true, plus: start)
      let inGoes = try Self.product(matrix, x, isForward: true, plus: start, roundedBytesMax: 1)
      #expect(inGoes.map(\.bitPattern) == whole.map(\.bitPattern))
    }
  }

  @Test func aRowOfABfloat16ProductDoesNotDependOnTheOtherRows() throws {
    let matrix = Self.matrix(DenseReference.random(45, 1100, seed: 1), .bfloat16)
    let x = DenseReference.random(25, 1100, seed: 3)
    let together = try Self.product(matrix, x, isForward: true)
    for row in [0, 11, 12, 24] {
      let one = DenseReference(rows: 1, columns: 1100, values: Array(x.values[row * 1100..<(row + 1) * 1100]))
      let alone = try Self.product(matrix, one, isForward: true)
      #expect(alone.map(\.bitPattern) == together[row * 45..<(row + 1) * 45].map(\.bitPattern))
    }
  }

  /// <x W^T, y> == <x, y W>
  @Test(arguments: ProductPrecision.allCases)
  func backwardIsTheAdjointOfForward(_ precision: ProductPrecision) throws {
    let matrix = Self.matrix(DenseReference.random(97, 61, seed: 1), precision)
    // Numbers that bfloat16 holds, so that both directions round nothing but sums.
    let x = DenseReference.random(14, 61, seed: 3).rounded, y = DenseReference.random(14, 97, seed: 5).rounded
    func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    let left = dot(try Self.product(matrix, x, isForward: true), y.values)
    let right = dot(x.values, try Self.product(matrix, y, isForward: false))
    #expect(abs(left - right) < 1e-4 * max(1, abs(left)))
  }

  @Test(arguments: ProductPrecision.allCases)
  func givesRowsBackAsTheyAreKept(_ precision: ProductPrecision) {
    let weights = DenseReference.random(300, 7, seed: 1)
    let matrix = Self.matrix(weights, precision)
    let kept = precision == .float32 ? weights : weights.rounded
    let row = FloatBuffer(count: 7)
    for index in [0, 31, 32, 255, 256, 299] {
      matrix.row(index, into: row.pointer)
      #expect(Array(row.values) == Array(kept.values[index * 7..<index * 7 + 7]))
    }
    #expect(matrix.byteCount >= 300 * 7 * 4 && matrix.byteCount < 2 * 320 * 32 * 4)
  }

  @Test func noRowsAreNoWork() throws {
    for precision in ProductPrecision.allCases {
      let matrix = Self.matrix(DenseReference.random(5, 6, seed: 1), precision)
      #expect(try Self.product(matrix, DenseReference.random(0, 6, seed: 1), isForward: true).isEmpty)
    }
  }

  @Test func bfloat16RoundsToTheNearestAndKeepsWhatIsNoNumber() {
    let cases: [(Float, Float)] = [
      (1, 1), (1.003_906_25, 1), (1.011_718_75, 1.015_625), (1.004, 1.007_812_5), (-3.141_592_7, -3.140_625),
      (.infinity, .infinity), (.greatestFiniteMagnitude, .infinity), (Float(bitPattern: 0x7F_FFFF), 0), (0, 0),
    ]
    for (value, rounded) in cases { #expect(BrainFloatKernels.round(value) == rounded) }
    #expect(BrainFloatKernels.round(.nan).isNaN)
    #expect(BrainFloatKernels.round(Float(bitPattern: 0x7FFF_FFFF)).isNaN)
    #expect(BrainFloatKernels.round(-0.0).sign == .minus)
  }

  /// What is no number in an activation must not vanish: a loss that is none is found by it.
  @Test(arguments: BrainFloatKernels.InstructionSet.allCases.compactMap(BrainFloatKernels.init))
  func whatIsNoNumberStaysNone(_ kernels: BrainFloatKernels) throws {
    let matrix = Self.matrix(DenseReference.random(40, 3, seed: 1), .bfloat16, kernels: kernels)
    var x = DenseReference.random(2, 3, seed: 3)
    x.values[1] = Float(bitPattern: 0x7FFF_FFFF)
    let y = try Self.product(matrix, x, isForward: true)
    #expect(y[..<40].allSatisfy { $0.isNaN } && y[40...].allSatisfy { $0.isFinite })
  }
}
