import Tensors

/// One factor [inner, columns] of products in bfloat16, in panels of 32 columns (`ck_bf16.h`).
final class BrainFloatMatrix: Sendable {
  let inner: Int
  let columns: Int
  // SAFETY: written by whoever fills it, parts apart, and by nobody afterwards.
  private let storage: FloatBuffer

  /// An all-zero matrix.
  init(inner: Int, columns: Int) {
    self.inner = inner
    self.columns = columns
    let panels = (columns + BrainFloatKernels.panelColumns - 1) / BrainFloatKernels.panelColumns
    storage = FloatBuffer(count: panels * BrainFloatKernels.panelElements(inner: inner) / 2)
  }

  var panelCount: Int { (columns + BrainFloatKernels.panelColumns - 1) / BrainFloatKernels.panelColumns }
  var byteCount: Int { storage.count * MemoryLayout<Float>.stride }

  /// The first panel. Whoever uses it keeps the matrix alive.
  var panels: UnsafeMutablePointer<UInt16> { storage.pointer.brainFloats }

  /// Reads one column: [inner].
  func column(_ index: Int, into values: UnsafeMutablePointer<Float>) {
    let width = BrainFloatKernels.panelColumns
    // SAFETY: reads stay inside the panel of the column.
    let panel = panels + index / width * BrainFloatKernels.panelElements(inner: inner) + index % width * 2
    for k in 0..<inner { values[k] = Float(bitPattern: UInt32(panel[k / 2 * 2 * width + k % 2]) << 16) }
  }
}

extension UnsafeMutablePointer<Float> {
  /// The same memory as bfloat16 numbers.
  var brainFloats: UnsafeMutablePointer<UInt16> {
    // SAFETY: a buffer's memory holds plain bits, and is used as one type or the other for its whole life.
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt16.self)
  }
}

extension DenseProducts {
  /// Rows of a strip: what of them is under way stays in the second-level cache while panels stream by.
  private static let stripRows = 24 * BrainFloatKernels.tileRows

  /// y = x b, or y += x b, in bfloat16 with float32 sums; the same bits for any number of threads.
  ///
  /// Activations are rounded once, then strips of rows and groups of panels are shared out.
  ///
  /// - Parameters:
  ///   - x: [rows, matrix.inner], contiguous.
  ///   - y: [rows, matrix.columns], contiguous.
  func multiply(
    _ x: UnsafePointer<Float>, _ matrix: BrainFloatMatrix, rows: Int, into y: UnsafeMutablePointer<Float>,
    accumulate: Bool, kernels: BrainFloatKernels
  ) {
    // SAFETY: parts write disjoint rectangles of `y`, which outlives the call; the panels are only read.
    nonisolated(unsafe) let (panels, output) = (UnsafePointer(matrix.panels), y)
    withTiles(x, rows: rows, inner: matrix.inner, kernels: kernels) { tiles, first, count in
      nonisolated(unsafe) let tiles = tiles
      let tileElements = BrainFloatKernels.tileElements(inner: matrix.inner)
      let strips = (count + Self.stripRows - 1) / Self.stripRows
      // Some parts for each thread, so that none waits long for the last one.
      let groups = max(1, min((matrix.panelCount + 3) / 4, max(4 * parallel.threads / strips, matrix.panelCount / 16)))
      parallel(parts: strips * groups) { part in
        let (strip, group) = (part / groups, part % groups)
        // Strips of much the same length, whole tiles each.
        let tileCount = (count + BrainFloatKernels.tileRows - 1) / BrainFloatKernels.tileRows
        let tileRange = tileCount * strip / strips..<tileCount * (strip + 1) / strips
        let row = tileRange.lowerBound * BrainFloatKernels.tileRows
        kernels.gemm(
          tiles + tileRange.lowerBound * tileElements,
          rows: min(count, tileRange.upperBound * BrainFloatKernels.tileRows) - row, panels: panels,
          inner: matrix.inner, columns: matrix.columns,
          panelRange: matrix.panelCount * group / groups..<matrix.panelCount * (group + 1) / groups,
          into: output + (first + row) * matrix.columns, yStride: matrix.columns, accumulate: accumulate)
      }
    }
  }

  /// Rounds rows into tiles, as many at a time as there is memory for.
  ///
  /// - Parameter body: takes the tiles, the first of their rows and the number of them.
  func withTiles(
    _ x: UnsafePointer<Float>, rows: Int, inner: Int, kernels: BrainFloatKernels,
    _ body: (_ tiles: UnsafePointer<UInt16>, _ first: Int, _ count: Int) -> Void
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
        nonisolated(unsafe) let (tiles, source) = (memory.brainFloats, x + first * inner)
        parallel.ranges(of: own.count, grain: 2, slack: 4) { range in
          let row = range.lowerBound * tileRows
          kernels.packRows(
            source + row * inner, stride: inner, rows: min(count, range.upperBound * tileRows) - row, inner: inner,
            into: tiles + range.lowerBound * tileElements)
        }
        body(UnsafePointer(tiles), first, count)
      }
    }
  }
}
