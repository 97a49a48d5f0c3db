/// Products in bfloat16.
///
/// Theory of operation. Activations are rounded into tiles, once each. Tiles of all rows are in the third-level cache
/// for as long as they are needed: where they would be larger, the inner dimension is taken in several goes, and each
/// adds to what the one before it left. In a go strips of rows and groups of panels are shared out among the threads.
/// An element of the result is one chain of sums over the inner dimension for all that, so that neither cut changes
/// its bits.
extension DenseProducts {
  /// Rows of a strip: what of them is under way stays in the second-level cache while panels stream by.
  static let stripRows = 24 * BrainFloatKernels.tileRows
  /// Inner dimension that a go has at least, as adding to the result costs time too.
  private static let goInnerMin = 2048
  /// Panels that are packed by one part, for all rows of a go.
  private static let packedGroup = 4
  /// Goes begin at a multiple of it: whole blocks of stored weights.
  private static let goUnit = 32

  /// y = x b, or y += x b, in bfloat16 with float32 sums; the same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - x: [rows, matrix.inner], contiguous.
  ///   - y: [rows, matrix.columns], contiguous.
  func multiply(
    _ x: UnsafePointer<Float>, _ matrix: BrainFloatMatrix, rows: Int, into y: UnsafeMutablePointer<Float>,
    accumulate: Bool, kernels: BrainFloatKernels
  ) {
    let activations = OpenBLAS.Factor(x, stride: matrix.inner)
    withTiles(activations, rows: rows, inner: matrix.inner, kernels: kernels) { tiles in
      // SAFETY: parts write disjoint rectangles of `y`, which outlives the call; the panels are only read.
      nonisolated(unsafe) let output = y + tiles.rows.lowerBound * matrix.columns
      nonisolated(unsafe) let panels = matrix.panels + tiles.inner.lowerBound * BrainFloatKernels.panelColumns
      let strips = tiles.strips(of: Self.stripRows)
      let panelCount = matrix.panelCount
      // Some parts for each thread, so that none waits long for the last one.
      let groups = max(1, min((panelCount + 3) / 4, max(4 * parallel.threads / strips.count, panelCount / 16)))
      parallel(parts: strips.count * groups) { part in
        let group = part % groups
        tiles.multiply(
          strips[part / groups], panels: panels,
          panelStride: BrainFloatKernels.panelElements(inner: matrix.inner), columns: matrix.columns,
          panelRange: panelCount * group / groups..<panelCount * (group + 1) / groups, into: output,
          yStride: matrix.columns, accumulate: accumulate)
      }
    }
  }

  /// y = a b, or y += a b, in bfloat16 with float32 sums, of factors that are not kept rounded: both are rounded as
  /// they are used. The same bits for any number of threads.
  ///
  /// For sides of 64 and more: panels have 32 columns whether they are used or not, and rounding has to be worth it.
  ///
  /// - Parameters:
  ///   - a: [rows, inner] once transposed where it says so; `b`: [inner, columns] likewise.
  ///   - y: [rows, columns], `yStride` floats from row to row; not read unless `accumulate`.
  ///   - kernels: what computes.
  package func multiplyRounded(
    _ a: OpenBLAS.Factor, _ b: OpenBLAS.Factor, rows: Int, columns: Int, inner: Int,
    into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool = false, kernels: BrainFloatKernels = .best
  ) {
    if rows == 0 || columns == 0 { return }
    if inner == 0 {
      return multiply(
        a, b, rows: rows, columns: columns, inner: 0, into: y, yStride: yStride, accumulate: accumulate)
    }
    // SAFETY: `b` is only read, and outlives the call.
    nonisolated(unsafe) let right = b
    withTiles(a, rows: rows, inner: inner, kernels: kernels) { tiles in
      multiplyPanels(tiles, columns: columns, into: y, yStride: yStride, accumulate: accumulate) { panel, _, packed in
        let column = panel * BrainFloatKernels.panelColumns
        let count = min(BrainFloatKernels.panelColumns, columns - column)
        let values = right.from(row: tiles.inner.lowerBound, column: column).values
        if right.isTransposed {
          kernels.packColumns(
            values, stride: right.stride, columns: count, inner: tiles.inner.count, into: packed)
        } else {
          kernels.packInner(values, stride: right.stride, rows: tiles.inner.count, columns: count, into: packed)
        }
      }
    }
  }

  /// Products of rounded rows with panels that are packed as they are used.
  ///
  /// - Parameters:
  ///   - y: row 0 and column 0 of the product.
  ///   - pack: writes the inner range of the tiles of one panel; it has a block of 32 x 32 floats to work in.
  func multiplyPanels(
    _ tiles: RoundedRows, columns: Int, into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool,
    pack: @Sendable (_ panel: Int, _ block: UnsafeMutablePointer<Float>, UnsafeMutablePointer<UInt16>) -> Void
  ) {
    let width = BrainFloatKernels.panelColumns
    let groups = groups(of: (columns + width - 1) / width, good: Self.packedGroup)
    let elements = BrainFloatKernels.panelElements(inner: tiles.inner.count)
    // SAFETY: parts write disjoint columns of `y`, which outlives the call.
    nonisolated(unsafe) let output = y + tiles.rows.lowerBound * yStride
    let strips = tiles.strips(of: Self.stripRows)
    parallel(parts: groups.count) { part in
      let panels = groups[part]
      scratch.withScratch(floats: width * width + panels.count * elements / 2) { memory in
        let packed = (memory + width * width).brainFloats
        for panel in panels { pack(panel, memory, packed + (panel - panels.lowerBound) * elements) }
        for strip in strips {
          tiles.multiply(
            strip, panels: packed, panelStride: elements, columns: columns - panels.lowerBound * width,
            panelRange: 0..<panels.count, into: output + panels.lowerBound * width, yStride: yStride,
            accumulate: accumulate)
        }
      }
    }
  }

  /// Parts of much the same length, an even number where there are several.
  func groups(of count: Int, good: Int) -> [Range<Int>] {
    let wanted = (count + good - 1) / good
    let parts = min(count, wanted < 2 ? wanted : (wanted + 1) / 2 * 2)
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }

  /// Rounds activations into tiles, as many at a time as `roundedBytesMax` has room for.
  ///
  /// - Parameters:
  ///   - x: [rows, inner] once transposed where it says so.
  ///   - body: called for one go after the other.
  func withTiles(
    _ x: OpenBLAS.Factor, rows: Int, inner: Int, kernels: BrainFloatKernels, _ body: (RoundedRows) -> Void
  ) {
    let tileRows = BrainFloatKernels.tileRows
    let units = (inner + Self.goUnit - 1) / Self.goUnit
    let goUnits = min(units, max(Self.goInnerMin, roundedBytesMax / 2 / max(1, rows)) / Self.goUnit)
    let innerGoes = (units + goUnits - 1) / goUnits
    let innerMax = (units + innerGoes - 1) / innerGoes * Self.goUnit
    let tilesMax = max(Self.stripRows / tileRows, roundedBytesMax / 2 / BrainFloatKernels.tileElements(inner: innerMax))
    let tileCount = (rows + tileRows - 1) / tileRows
    let rowGoes = (tileCount + tilesMax - 1) / tilesMax
    let floats = min(tileCount, tilesMax) * BrainFloatKernels.tileElements(inner: innerMax) / 2
    scratch.withScratch(floats: floats) { memory in
      for go in 0..<rowGoes * innerGoes {
        let (rowGo, innerGo) = (go / innerGoes, go % innerGoes)
        let first = tileCount * rowGo / rowGoes * tileRows
        let own = RoundedRows(
          tiles: memory.brainFloats, rows: first..<min(rows, tileCount * (rowGo + 1) / rowGoes * tileRows),
          inner: units * innerGo / innerGoes
            * Self.goUnit..<min(
              inner, units * (innerGo + 1) / innerGoes * Self.goUnit), kernels: kernels)
        own.fill(x, parallel: parallel)
        body(own)
      }
    }
  }
}

/// Some rows and inputs of activations, rounded and in tiles, for as long as a go of a product lasts.
struct RoundedRows: Sendable {
  // SAFETY: lent for the length of a call; `fill` writes them, tiles apart, and then they are only read.
  private nonisolated(unsafe) let tiles: UnsafeMutablePointer<UInt16>
  /// Which of the product's rows, and which of its inner dimension.
  let rows: Range<Int>
  let inner: Range<Int>
  private let kernels: BrainFloatKernels

  fileprivate init(
    tiles: UnsafeMutablePointer<UInt16>, rows: Range<Int>, inner: Range<Int>, kernels: BrainFloatKernels
  ) {
    self.tiles = tiles
    self.rows = rows
    self.inner = inner
    self.kernels = kernels
  }

  private var tileElements: Int { BrainFloatKernels.tileElements(inner: inner.count) }

  /// Rounds them.
  ///
  /// - Parameter x: the product's activations.
  fileprivate func fill(_ x: OpenBLAS.Factor, parallel: ParallelFor) {
    let tileRows = BrainFloatKernels.tileRows
    // SAFETY: parts write tiles of their own; `x` is only read.
    nonisolated(unsafe) let source = x
    parallel.ranges(of: (rows.count + tileRows - 1) / tileRows, grain: 2, slack: 4) { range in
      let row = range.lowerBound * tileRows
      let own = source.from(row: rows.lowerBound + row, column: inner.lowerBound)
      kernels.packRows(
        own.values, stride: own.stride, isTransposed: own.isTransposed,
        rows: min(rows.count, range.upperBound * tileRows) - row, inner: inner.count,
        into: tiles + range.lowerBound * tileElements)
    }
  }

  /// Cuts the rows, counted from the first, into strips of much the same length: whole tiles each but for the last.
  func strips(of rowsMax: Int) -> [Range<Int>] {
    let tileRows = BrainFloatKernels.tileRows
    let tileCount = (rows.count + tileRows - 1) / tileRows
    let strips = (rows.count + rowsMax - 1) / rowsMax
    return (0..<strips).map {
      tileCount * $0 / strips * tileRows..<min(rows.count, tileCount * ($0 + 1) / strips * tileRows)
    }
  }

  /// Products of a strip with some panels; added to what is there in all goes over the inner dimension but the first.
  ///
  /// - Parameters:
  ///   - panels: where panel 0 has this inner range; the panels lie `panelStride` elements apart.
  ///   - y: where the first of these rows and column 0 of the product go; `columns` of them.
  func multiply(
    _ strip: Range<Int>, panels: UnsafePointer<UInt16>, panelStride: Int, columns: Int, panelRange: Range<Int>,
    into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool
  ) {
    kernels.gemm(
      tiles + strip.lowerBound / BrainFloatKernels.tileRows * tileElements, rows: strip.count, panels: panels,
      panelStride: panelStride, inner: inner.count, columns: columns, panelRange: panelRange,
      into: y + strip.lowerBound * yStride, yStride: yStride, accumulate: accumulate || inner.lowerBound > 0)
  }
}
