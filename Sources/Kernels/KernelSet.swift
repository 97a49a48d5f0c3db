private import CKernels

/// The kernels of one instruction set, chosen at run time.
///
/// All sets compute the same bits (`ck_kernels.h` says why), so the choice changes only the speed; tests hold the
/// fast ones to the portable twin.
package struct KernelSet: Sendable {
  /// An instruction set there are kernels for.
  package enum InstructionSet: String, Sendable, CaseIterable {
    case portable, avx2, avx512

    /// Its number in `ck_kernels.h`.
    var number: UInt32 {
      switch self {
      case .portable: CK_ISA_PORTABLE.rawValue
      case .avx2: CK_ISA_AVX2.rawValue
      case .avx512: CK_ISA_AVX512.rawValue
      }
    }
  }

  /// Columns of one panel of a packed matrix.
  package static let panelColumns = Int(CK_PANEL_COLUMNS)
  /// Tokens of one block of the key-value cache.
  package static let blockTokens = Int(CK_BLOCK_TOKENS)
  /// Floats from one token's values to the next within a block: the head's width rounded up to whole vectors.
  package static func valueStride(headDim: Int) -> Int { (headDim + 15) / 16 * 16 }
  /// Query rows one attention call takes at most.
  package static let attentionRowsMax = Int(CK_ATTENTION_ROWS_MAX)

  package let instructionSet: InstructionSet
  // SAFETY: points at a constant table with static lifetime that nothing writes.
  private nonisolated(unsafe) let table: UnsafePointer<ck_kernel_table>

  /// The kernels of `instructionSet`, or nil where this machine lacks it.
  package init?(_ instructionSet: InstructionSet) {
    guard let table = ck_kernels(ck_isa(instructionSet.number)) else { return nil }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// The fastest kernels of this machine.
  package static let best: KernelSet = {
    for set in InstructionSet.allCases.reversed() {
      if let kernels = KernelSet(set) { return kernels }
    }
    preconditionFailure("the portable kernels run everywhere")
  }()

  /// Products of rows with the columns of some panels of a packed matrix.
  ///
  /// - Parameters:
  ///   - x: [rows, inner], `xStride` floats from row to row.
  ///   - panels: the packed matrix, [panel, inner, 32].
  ///   - y: [rows, columns], `yStride` floats from row to row; overwritten, or added to where `accumulate`.
  package func gemm(
    _ x: UnsafePointer<Float>, xStride: Int, rows: Int, panels: UnsafePointer<Float>, inner: Int, columns: Int,
    panelRange: Range<Int>, into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool
  ) {
    table.pointee.gemm(
      x, xStride, rows, panels, inner, columns, panelRange.lowerBound, panelRange.upperBound, y, yStride,
      accumulate ? 1 : 0)
  }

  /// Where the keys and values of one layer and one key-value head lie in the cache.
  package struct CacheView {
    /// First float of the cache.
    package let pool: UnsafePointer<Float>
    /// Block numbers of the sequence, in order of position.
    package let blocks: UnsafePointer<Int32>
    /// Floats from block to block.
    package let blockStride: Int
    /// Floats from a block's start to this head's keys, [headDim, 16].
    package let keyOffset: Int
    /// Floats from a block's start to this head's values, [16, valueStride].
    package let valueOffset: Int

    package init(
      pool: UnsafePointer<Float>, blocks: UnsafePointer<Int32>, blockStride: Int, keyOffset: Int, valueOffset: Int
    ) {
      self.pool = pool
      self.blocks = blocks
      self.blockStride = blockStride
      self.keyOffset = keyOffset
      self.valueOffset = valueOffset
    }
  }

  /// Causal attention of up to 12 query rows that share a sequence and a key-value head.
  ///
  /// - Parameters:
  ///   - q: base of the queries; row r at `queryOffsets[r]`, `headDim` floats.
  ///   - out: base of the result; row r goes to `outOffsets[r]`.
  ///   - lengths: `lengths[r]` positions are seen by row r, at least 1.
  ///   - scratch: rows * ceil(longest / 16) * 16 floats.
  package func attention(
    q: UnsafePointer<Float>, queryOffsets: UnsafePointer<Int>, lengths: UnsafePointer<Int32>, rows: Int,
    cache: CacheView, headDim: Int, scale: Float, out: UnsafeMutablePointer<Float>, outOffsets: UnsafePointer<Int>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    table.pointee.attention(
      q, queryOffsets, lengths, rows, cache.pool, cache.blocks,
      cache.blockStride, cache.keyOffset, cache.valueOffset, headDim, scale, out, outOffsets,
      scratch)
  }

  /// One row of root-mean-square normalisation: y = x / sqrt(mean(x^2) + epsilon) * weight, `count` floats each.
  package func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
    into y: UnsafeMutablePointer<Float>
  ) {
    table.pointee.rms_norm(x, weight, count, epsilon, y)
  }

  /// Rotates pairs (i, i + headDim / 2) of one head in place; cosines and sines are [headDim / 2].
  ///
  /// - Source: Su et al. 2021 (arXiv:2104.09864) eq. 34, in the half-split layout of Hugging Face's models.
  package func rope(
    _ head: UnsafeMutablePointer<Float>, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, headDim: Int
  ) {
    table.pointee.rope(head, cosines, sines, headDim)
  }

  /// out = silu(gate) * up, `count` floats each; `out` may be `gate`.
  package func siluMultiply(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    table.pointee.silu_multiply(gate, up, count, out)
  }

  /// Lays `count` (1...32) rows of `inner` weights out as one panel [inner, 32]; other columns stay as they are.
  ///
  /// - Returns: whether all weights are finite.
  package func pack(
    rows: UnsafePointer<Float>, count: Int, inner: Int, into panel: UnsafeMutablePointer<Float>
  ) -> Bool {
    table.pointee.pack(rows, count, inner, panel) != 0
  }

  /// y += x, `count` floats each.
  package func add(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
    table.pointee.add(y, x, count)
  }

  /// The largest of `count` floats.
  package func maximum(_ x: UnsafePointer<Float>, count: Int) -> Float { table.pointee.maximum(x, count) }

  /// x = minus infinity where bit `i % 64` of `words[i / 64]` is 0, `count` floats.
  package func mask(_ x: UnsafeMutablePointer<Float>, words: UnsafePointer<UInt64>, count: Int) {
    table.pointee.mask(x, words, count)
  }

  /// out = exp((x - shift) * scale), and the sum of it; `out` may be `x`.
  package func expSum(
    _ x: UnsafePointer<Float>, count: Int, shift: Float, scale: Float, into out: UnsafeMutablePointer<Float>
  ) -> Float {
    table.pointee.exp_sum(x, count, shift, scale, out)
  }
}
