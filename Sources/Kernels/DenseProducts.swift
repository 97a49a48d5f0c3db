/// Products of float32 matrices on several threads: what training computes with weights that change.
///
/// Theory of operation. The library runs on the thread that calls it, so a product is cut along its longer side into
/// parts, one call each. The cut follows from the shape alone, and so do the bits of the result: neither the number of
/// threads nor their pace changes them. The inner dimension is never cut. Products of low-rank adapters have one short
/// side, the rank, but always one that is as long as a layer is wide or a batch has tokens, and that makes parts
/// enough; sums of their own for each thread would only cost memory and another pass.
package struct DenseProducts: Sendable {
  package let parallel: ParallelFor
  package let blas: OpenBLAS
  /// Bytes of a product's rounded activations there are at a time, about: what a third-level cache holds with ease.
  let roundedBytesMax: Int
  /// Working memory of products that pass by here; copies share it.
  let scratch = ScratchPool()

  package init(parallel: ParallelFor, blas: OpenBLAS, roundedBytesMax: Int = 8 << 20) {
    self.parallel = parallel
    self.blas = blas
    self.roundedBytesMax = roundedBytesMax
  }

  /// Bytes of working memory kept at the moment.
  package var scratchByteCount: Int { scratch.byteCount }

  /// Rows or columns parts begin at: whole tiles of the library's kernels.
  private static let unit = 16
  /// Multiplications below which a part is not worth a thread.
  private static let workMin = 1 << 19
  /// Rows or columns below which a part spends its time on laying out the other factor.
  private static let lengthMin = 48
  /// Rows or columns that make a part good; long sides have more than `partsMin` parts of this length.
  private static let lengthGood = 384
  private static let partsMin = 8

  /// Parts of a product, from its shape alone.
  static func partCount(rows: Int, columns: Int, inner: Int) -> Int {
    let length = max(rows, columns)
    let parts = min(length / lengthMin, rows * columns * inner / workMin, max(partsMin, length / lengthGood))
    // An even number, so that two threads have the same to do.
    return parts < 2 ? 1 : parts / 2 * 2
  }

  /// y = scale * a b, or y += scale * a b; the same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - a: [rows, inner] once transposed where it says so; `b`: [inner, columns] likewise.
  ///   - y: [rows, columns], `yStride` floats from row to row; not read unless `accumulate`. Nothing of it may lie in
  ///     `a` or `b`.
  /// - Complexity: O(rows * columns * inner); bound by arithmetic, but by memory where a side is shorter than about 32.
  package func multiply(
    _ a: OpenBLAS.Factor, _ b: OpenBLAS.Factor, rows: Int, columns: Int, inner: Int, scale: Float = 1,
    into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool = false
  ) {
    if rows == 0 || columns == 0 { return }
    let parts = Self.partCount(rows: rows, columns: columns, inner: inner)
    // SAFETY: parts write disjoint rows or columns of `y`, which outlives the call; the factors are only read.
    nonisolated(unsafe) let (left, right, output) = (a, b, y)
    let isByRows = rows >= columns
    let units = (max(rows, columns) + Self.unit - 1) / Self.unit
    parallel(parts: parts) { part in
      let first = units * part / parts * Self.unit
      let count = min(units * (part + 1) / parts * Self.unit, max(rows, columns)) - first
      if isByRows {
        blas.multiply(
          left.skippingRows(first), right, rows: count, columns: columns, inner: inner, scale: scale,
          into: output + first * yStride, yStride: yStride, accumulate: accumulate)
      } else {
        blas.multiply(
          left, right.skippingColumns(first), rows: rows, columns: count, inner: inner, scale: scale,
          into: output + first, yStride: yStride, accumulate: accumulate)
      }
    }
  }
}

extension OpenBLAS.Factor {
  /// The matrix from a row on, as it is read.
  fileprivate func skippingRows(_ rows: Int) -> OpenBLAS.Factor {
    OpenBLAS.Factor(values + rows * (isTransposed ? 1 : stride), stride: stride, isTransposed: isTransposed)
  }

  /// The matrix from a column on, as it is read.
  fileprivate func skippingColumns(_ columns: Int) -> OpenBLAS.Factor {
    OpenBLAS.Factor(values + columns * (isTransposed ? stride : 1), stride: stride, isTransposed: isTransposed)
  }
}
