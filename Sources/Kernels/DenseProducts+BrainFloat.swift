/// Products in bfloat16: activations are rounded once, then strips of rows and groups of panels are shared out.
extension DenseProducts {
  /// Rows of a strip: what of them is under way stays in the second-level cache while panels stream by.
  private static let stripRows = 24 * BrainFloatKernels.tileRows

  /// y = x b, or y += x b, in bfloat16 with float32 sums; the same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - x: [rows, matrix.inner], contiguous.
  ///   - y: [rows, matrix.columns], contiguous.
  func multiply(
    _ x: UnsafePointer<Float>, _ matrix: BrainFloatMatrix, rows: Int, into y: UnsafeMutablePointer<Float>,
    accumulate: Bool, kernels: BrainFloatKernels
  ) {
    withTiles(x, stride: matrix.inner, rows: rows, inner: matrix.inner, kernels: kernels) { tiles in
      // SAFETY: parts write disjoint rectangles of `y`, which outlives the call; the panels are only read.
      nonisolated(unsafe) let (panels, output) = (UnsafePointer(matrix.panels), y + tiles.first * matrix.columns)
      let strips = tiles.strips(of: Self.stripRows)
      let panelCount = matrix.panelCount
      // Some parts for each thread, so that none waits long for the last one.
      let groups = max(1, min((panelCount + 3) / 4, max(4 * parallel.threads / strips.count, panelCount / 16)))
      parallel(parts: strips.count * groups) { part in
        let group = part % groups
        tiles.multiply(
          strips[part / groups], panels: panels, columns: matrix.columns,
          panelRange: panelCount * group / groups..<panelCount * (group + 1) / groups, into: output,
          yStride: matrix.columns, accumulate: accumulate)
      }
    }
  }

  /// Rounds rows into tiles, as many at a time as there is memory for.
  ///
  /// - Parameters:
  ///   - x: [rows, inner], `stride` floats from row to row.
  ///   - body: called for some rows after the other.
  func withTiles(
    _ x: UnsafePointer<Float>, stride: Int, rows: Int, inner: Int, kernels: BrainFloatKernels,
    _ body: (RoundedRows) -> Void
  ) {
    if rows == 0 { return }
    let (tileRows, tileElements) = (BrainFloatKernels.tileRows, BrainFloatKernels.tileElements(inner: inner))
    let tilesMax = max(Self.stripRows / tileRows, roundedBytesMax / (2 * tileElements))
    let tileCount = (rows + tileRows - 1) / tileRows
    let goes = (tileCount + tilesMax - 1) / tilesMax
    scratch.withScratch(floats: (tileCount + goes - 1) / goes * tileElements / 2) { memory in
      for go in 0..<goes {
        let own = tileCount * go / goes..<tileCount * (go + 1) / goes
        let first = own.lowerBound * tileRows
        let count = min(rows, own.upperBound * tileRows) - first
        // SAFETY: parts write tiles of their own; `x` is only read.
        nonisolated(unsafe) let (tiles, source) = (memory.brainFloats, x + first * stride)
        parallel.ranges(of: own.count, grain: 2, slack: 4) { range in
          let row = range.lowerBound * tileRows
          kernels.packRows(
            source + row * stride, stride: stride, rows: min(count, range.upperBound * tileRows) - row, inner: inner,
            into: tiles + range.lowerBound * tileElements)
        }
        body(RoundedRows(tiles: UnsafePointer(tiles), first: first, count: count, inner: inner, kernels: kernels))
      }
    }
  }
}

/// Some rows of activations, rounded and in tiles, for as long as a product lasts.
struct RoundedRows: Sendable {
  // SAFETY: written before this is made and only read through it, inside the call that lends the memory.
  private nonisolated(unsafe) let tiles: UnsafePointer<UInt16>
  /// The first of them among the product's rows.
  let first: Int
  let count: Int
  private let inner: Int
  private let kernels: BrainFloatKernels

  init(tiles: UnsafePointer<UInt16>, first: Int, count: Int, inner: Int, kernels: BrainFloatKernels) {
    self.tiles = tiles
    self.first = first
    self.count = count
    self.inner = inner
    self.kernels = kernels
  }

  /// Cuts the rows into strips of much the same length, whole tiles each but for the last.
  func strips(of rowsMax: Int) -> [Range<Int>] {
    let tileRows = BrainFloatKernels.tileRows
    let tileCount = (count + tileRows - 1) / tileRows
    let strips = (count + rowsMax - 1) / rowsMax
    return (0..<strips).map {
      tileCount * $0 / strips * tileRows..<min(count, tileCount * ($0 + 1) / strips * tileRows)
    }
  }

  /// Products of some rows, from a tile's first on, with some panels.
  ///
  /// - Parameters:
  ///   - panels: panel 0 of the matrix, which has `columns` columns.
  ///   - y: where row 0 and column 0 of the product go.
  func multiply(
    _ rows: Range<Int>, panels: UnsafePointer<UInt16>, columns: Int, panelRange: Range<Int>,
    into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool
  ) {
    let tile = rows.lowerBound / BrainFloatKernels.tileRows * BrainFloatKernels.tileElements(inner: inner)
    kernels.gemm(
      tiles + tile, rows: rows.count, panels: panels, inner: inner, columns: columns, panelRange: panelRange,
      into: y + rows.lowerBound * yStride, yStride: yStride, accumulate: accumulate)
  }
}
