import Kernels
import Tensors
import Testing

/// Products on several threads against sums in double precision, at odd sizes.
@Suite struct DenseProductsTests {
  /// Small, skinny and cut products; an inner dimension of one, and of nothing.
  static let shapes = [
    (1, 1, 1), (3, 5, 7), (130, 17, 200), (17, 401, 60), (8, 600, 300), (700, 8, 300), (97, 33, 1), (5, 6, 0),
    (40, 300, 200), (300, 40, 200), (32, 33, 1100),
  ]

  @Test(arguments: shapes, [false, true])
  func productsEqualSumsInDoublePrecision(shape: (Int, Int, Int), accumulate: Bool) throws {
    let (rows, columns, inner) = shape
    let (a, b) = (DenseReference.random(rows, inner, seed: 1), DenseReference.random(inner, columns, seed: 2))
    let (start, gap) = (DenseReference.random(rows, columns, seed: 3), 3)
    let expected = a.times(b, scale: 0.5, plus: accumulate ? start.values : nil)
    for (isLeftTransposed, isRightTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
      let left = (isLeftTransposed ? a.transposed : a).buffer, right = (isRightTransposed ? b.transposed : b).buffer
      var first: [UInt32]?
      for threads in [1, 2, 3] {
        let y = FloatBuffer(count: rows * (columns + gap))
        for row in 0..<rows {
          for column in 0..<columns { y.pointer[row * (columns + gap) + column] = start[row, column] }
        }
        try DenseReference.products(threads: threads).multiply(
          OpenBLAS.Factor(
            left.pointer, stride: isLeftTransposed ? rows : max(1, inner), isTransposed: isLeftTransposed),
          OpenBLAS.Factor(
            right.pointer, stride: isRightTransposed ? max(1, inner) : columns, isTransposed: isRightTransposed),
          rows: rows, columns: columns, inner: inner, scale: 0.5, into: y.pointer, yStride: columns + gap,
          accumulate: accumulate)
        let between = (0..<rows).flatMap { row in (0..<gap).map { y.pointer[row * (columns + gap) + columns + $0] } }
        #expect(between.allSatisfy { $0 == 0 }, "written beyond the columns")
        let result = (0..<rows * columns).map { y.pointer[$0 / columns * (columns + gap) + $0 % columns] }
        #expect(DenseReference.distance(result, expected) < 1e-5)
        #expect(result.map(\.bitPattern) == first ?? result.map(\.bitPattern), "\(threads) threads change bits")
        first = first ?? result.map(\.bitPattern)
      }
    }
  }

  @Test(
    arguments: BrainFloatKernels.InstructionSet.allCases.compactMap(BrainFloatKernels.init),
    [(1, 1, 1), (13, 33, 7), (13, 35, 2101), (301, 40, 9), (5, 6, 0)])
  func roundedProductsAreThoseOfRoundedFactors(_ kernels: BrainFloatKernels, shape: (Int, Int, Int)) throws {
    let (rows, columns, inner) = shape
    let (a, b) = (DenseReference.random(rows, inner, seed: 1), DenseReference.random(inner, columns, seed: 2))
    let start = DenseReference.random(rows, columns, seed: 3)
    let (product, sum) = (a.rounded.times(b.rounded), a.rounded.times(b.rounded, plus: start.values))
    for (isLeftTransposed, isRightTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
      let left = (isLeftTransposed ? a.transposed : a).buffer, right = (isRightTransposed ? b.transposed : b).buffer
      let accumulate = isLeftTransposed != isRightTransposed
      var first: [UInt32]?
      for (threads, bytesMax) in [(1, 8 << 20), (2, 8 << 20), (2, 1)] {
        let y = start.buffer
        let products = DenseProducts(
          parallel: ParallelFor(threads: threads), blas: try OpenBLAS.shared.get(), roundedBytesMax: bytesMax)
        products.multiplyRounded(
          OpenBLAS.Factor(
            left.pointer, stride: isLeftTransposed ? rows : max(1, inner), isTransposed: isLeftTransposed),
          OpenBLAS.Factor(
            right.pointer, stride: isRightTransposed ? max(1, inner) : columns, isTransposed: isRightTransposed),
          rows: rows, columns: columns, inner: inner, into: y.pointer, yStride: columns, accumulate: accumulate,
          kernels: kernels)
        #expect(DenseReference.distance(y.values, accumulate ? sum : product) < 1e-5)
        #expect(y.values.map(\.bitPattern) == first ?? y.values.map(\.bitPattern), "threads or goes change bits")
        first = first ?? y.values.map(\.bitPattern)
      }
    }
  }
}
