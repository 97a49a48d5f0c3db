/// Products of float32 matrices on several threads: what training computes with weights that change.
///
/// Theory of operation. The library runs on the thread that calls it, so a product is cut along its longer side into
/// parts, one call each. The cut follows from the shape alone, and so do the bits of the result: neither the number of
/// threads nor their pace changes them. Low-rank adapters make products with one short side, the rank; the other one is
/// as long as a layer is wide or a batch has tokens, so there are parts enough, and no sums for each thread that would
/// have to be added up afterwards. Up to 32 the library is two to three times as fast in small pieces, which it
/// computes without laying the factors out first (for up to a million multiplications), so such products are cut finely
/// in both the long side and the inner dimension, whose pieces add up one after the other;
/// where a library lacks this, it costs up to a fifth.
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
  private static let lengthMin = 96
  /// Rows or columns that make a part good; long sides have more than `partsMin` parts of this length.
  private static let lengthGood = 384
  private static let partsMin = 8

  /// The longest short side of a product that is computed in pieces, and the multiplications of a piece.
  private static let shortMax = 32
  private static let pieceWork = 1 << 19
  /// Rows or columns of a piece at most.
  private static let pieceLengthMax = 256

  /// Parts of a product, from its shape alone.
  private static func partCount(rows: Int, columns: Int, inner: Int) -> Int {
    let length = max(rows, columns)
    let parts = min(length / lengthMin, rows * columns * inner / workMin, max(partsMin, length / lengthGood))
    // An even number, so that two threads have the same to do.
    return parts < 2 ? 1 : parts / 2 * 2
  }

  /// Rows or columns of a piece: the library takes no more than 1,024 results at a time in this way where only the
  /// right factor is transposed.
  private static func pieceLength(short: Int, isRightAloneTransposed: Bool) -> Int {
    let results = isRightAloneTransposed ? 1024 : 4096
    return min(pieceLengthMax, results / short / unit * unit)
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
    // SAFETY: parts write disjoint rows or columns of `y`, which outlives the call; the factors are only read.
    nonisolated(unsafe) let (left, right, output) = (a, b, y)
    let isByRows = rows >= columns
    let (length, short) = (max(rows, columns), min(rows, columns))
    /// The product of some rows or columns and a piece of the inner dimension, added up but for the first piece.
    @Sendable func compute(_ own: Range<Int>, _ inner: Range<Int>) {
      let (first, count, adds) = (own.lowerBound, own.count, accumulate || inner.lowerBound > 0)
      if isByRows {
        blas.multiply(
          left.from(row: first, column: inner.lowerBound), right.from(row: inner.lowerBound, column: 0), rows: count,
          columns: columns, inner: inner.count, scale: scale, into: output + first * yStride, yStride: yStride,
          accumulate: adds)
      } else {
        blas.multiply(
          left.from(row: 0, column: inner.lowerBound), right.from(row: inner.lowerBound, column: first), rows: rows,
          columns: count, inner: inner.count, scale: scale, into: output + first, yStride: yStride, accumulate: adds)
      }
    }
    guard short <= Self.shortMax else {
      let parts = Self.partCount(rows: rows, columns: columns, inner: inner)
      let units = (length + Self.unit - 1) / Self.unit
      return parallel(parts: parts) { part in
        compute(units * part / parts * Self.unit..<min(units * (part + 1) / parts * Self.unit, length), 0..<inner)
      }
    }
    let pieceLength = Self.pieceLength(short: short, isRightAloneTransposed: b.isTransposed && !a.isTransposed)
    let goes = max(1, (inner * pieceLength * short + Self.pieceWork - 1) / Self.pieceWork)
    let pieces = (length + pieceLength - 1) / pieceLength
    let grain = max(1, Self.workMin / max(1, pieceLength * short * inner))
    parallel.ranges(of: pieces, grain: grain, slack: 4) { range in
      for piece in range {
        let own = piece * pieceLength..<min(length, (piece + 1) * pieceLength)
        for go in 0..<goes { compute(own, inner * go / goes..<inner * (go + 1) / goes) }
      }
    }
  }
}

extension OpenBLAS.Factor {
  /// The matrix from a row and a column on, as it is read.
  func from(row: Int, column: Int) -> OpenBLAS.Factor {
    OpenBLAS.Factor(
      values + (isTransposed ? column * stride + row : row * stride + column), stride: stride,
      isTransposed: isTransposed)
  }
}
