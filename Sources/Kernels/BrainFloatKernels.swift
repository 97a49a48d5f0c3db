private import CKernels

/// Products in bfloat16 with float32 sums, of one instruction set.
///
/// Within a set an element of the result is one chain of sums in order of the inner dimension, however rows and columns
/// are grouped (`ck_bf16.h`); between sets results differ by rounding.
package struct BrainFloatKernels: Sendable {
  /// What there are kernels for.
  package enum InstructionSet: String, Sendable, CaseIterable {
    case portable, avx2, avx512bf16

    fileprivate var code: ck_bf16_isa {
      switch self {
      case .portable: CK_BF16_PORTABLE
      case .avx2: CK_BF16_AVX2
      case .avx512bf16: CK_BF16_AVX512
      }
    }
  }

  /// Columns of one panel.
  package static let panelColumns = Int(CK_BF16_COLUMNS)
  /// Rows of one tile.
  package static let tileRows = Int(CK_BF16_ROWS)

  /// Bfloat16 elements of one panel, and of one tile, of an inner dimension.
  static func panelElements(inner: Int) -> Int { (inner + 1) / 2 * 2 * panelColumns }
  static func tileElements(inner: Int) -> Int { (inner + 1) / 2 * 2 * tileRows }

  package let instructionSet: InstructionSet
  // SAFETY: points at a constant table with static lifetime that nothing writes.
  private nonisolated(unsafe) let table: UnsafePointer<ck_bf16_table>

  /// The kernels of `instructionSet`, or nil where this machine lacks it.
  package init?(_ instructionSet: InstructionSet) {
    guard let table = ck_bf16_kernels(instructionSet.code) else { return nil }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// The fastest kernels of this machine.
  package static let best: BrainFloatKernels = {
    for set in InstructionSet.allCases.reversed() {
      if let kernels = BrainFloatKernels(set) { return kernels }
    }
    preconditionFailure("the portable kernels run everywhere")
  }()

  /// The nearest bfloat16, ties to even; subnormal numbers become zeros.
  package static func round(_ value: Float) -> Float {
    Float(bitPattern: UInt32(ck_bf16_round(value)) << 16)
  }

  /// Rounds rows and lays them out in tiles of 12.
  ///
  /// - Parameters:
  ///   - x: [rows, inner], `stride` floats from row to row; or where it is to be transposed, [inner, rows].
  ///   - tiles: `tileElements(inner:)` for each 12 rows or part of them; overwritten.
  func packRows(
    _ x: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false, rows: Int, inner: Int,
    into tiles: UnsafeMutablePointer<UInt16>
  ) {
    if isTransposed {
      table.pointee.pack_rows_transposed(x, stride, rows, inner, tiles)
    } else {
      table.pointee.pack_rows(x, stride, rows, inner, tiles)
    }
  }

  /// Products of rows in tiles with the columns of some panels.
  ///
  /// - Parameters:
  ///   - panels: panel 0, or a pair of it; the panels lie `panelStride` elements apart.
  ///   - inner: of the tiles; the panels have as much or more.
  ///   - y: [rows, columns], `yStride` floats from row to row; overwritten, or added to where `accumulate`.
  func gemm(
    _ tiles: UnsafePointer<UInt16>, rows: Int, panels: UnsafePointer<UInt16>, panelStride: Int, inner: Int,
    columns: Int, panelRange: Range<Int>, into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool
  ) {
    table.pointee.gemm(
      tiles, rows, panels, panelStride, inner, columns, panelRange.lowerBound, panelRange.upperBound, y, yStride,
      accumulate ? 1 : 0)
  }

  /// Lays out one panel whose columns are given.
  ///
  /// - Parameter weights: [columns, inner], `stride` floats from column to column; at most 32 columns.
  func packColumns(
    _ weights: UnsafePointer<Float>, stride: Int, columns: Int, inner: Int, into panel: UnsafeMutablePointer<UInt16>
  ) {
    table.pointee.pack_columns(weights, stride, columns, inner, panel)
  }

  /// Lays out rows of the inner dimension of one panel, from an even one on.
  ///
  /// - Parameters:
  ///   - weights: [rows, columns], `stride` floats from row to row; at most 32 columns.
  ///   - pairs: where in the panel the first row lies.
  func packInner(
    _ weights: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into pairs: UnsafeMutablePointer<UInt16>
  ) {
    table.pointee.pack_inner(weights, stride, rows, columns, pairs)
  }
}
