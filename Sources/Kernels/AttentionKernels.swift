private import CKernels

/// Attention over a key-value cache of bfloat16 or of 8-bit integers, of one instruction set.
///
/// Within a set results are the same to the bit however rows are grouped and walks are cut (`ck_attention.h`); between
/// sets they differ by rounding.
package struct AttentionKernels: Sendable {
  /// What there are kernels for.
  package enum InstructionSet: String, Sendable, CaseIterable {
    case portable, avx2, avx512bf16

    fileprivate var code: ck_attention_isa {
      switch self {
      case .portable: CK_ATTENTION_PORTABLE
      case .avx2: CK_ATTENTION_AVX2
      case .avx512bf16: CK_ATTENTION_AVX512_BF16
      }
    }
  }

  /// How keys and values are kept.
  package enum Element: String, Sendable, CaseIterable {
    /// 16 bits each.
    case bfloat16
    /// 8 bits each, with a float32 scale for each token and head.
    case int8
  }

  /// Blocks of one chunk of the context.
  package static let chunkBlocks = Int(CK_KV_CHUNK_BLOCKS)
  /// Query rows one call takes at most.
  package static let rowsMax = Int(CK_KV_ROWS_MAX)
  /// Whether there are kernels for heads of a width.
  package static func supports(headDim: Int, _ element: Element) -> Bool {
    switch element {
    case .bfloat16: headDim % 2 == 0 && headDim <= 512
    case .int8: headDim % 4 == 0 && headDim <= 256
    }
  }

  /// 16-bit units of one head's keys in a block: [headDim / 2, 16, 2] bfloat16, or [headDim / 4, 16, 4] bytes.
  package static func keyUnits(headDim: Int, _ element: Element) -> Int {
    element == .bfloat16 ? headDim * KernelSet.blockTokens : headDim * KernelSet.blockTokens / 2
  }

  /// 16-bit units of one head in a block: keys, then values [8, headDim rounded up to 16, 2] bfloat16, or [4, headDim
  /// rounded up to 16, 4] bytes and float32 scales of 16 keys and 16 values.
  package static func headUnits(headDim: Int, _ element: Element) -> Int {
    let values = (headDim + 15) / 16 * 16 * KernelSet.blockTokens
    return keyUnits(headDim: headDim, element) + (element == .bfloat16 ? values : values / 2 + 64)
  }

  /// 16-bit units of one head's query: bfloat16, or two digits a feature, a scale and a sum.
  package static func queryUnits(headDim: Int, _ element: Element) -> Int {
    element == .bfloat16 ? headDim : headDim + 4
  }

  /// Floats of one row's state.
  package static func stateFloats(headDim: Int) -> Int { 32 + (headDim + 15) / 16 * 16 }
  /// What queries are scaled by: scores are exponents of 2.
  package static func queryScale(headDim: Int) -> Float { 1.442_695_04 / Float(headDim).squareRoot() }

  package let instructionSet: InstructionSet
  package let element: Element
  // SAFETY: points at a constant table with static lifetime that nothing writes.
  private nonisolated(unsafe) let table: UnsafePointer<ck_attention_table>

  /// The kernels of `instructionSet` for caches of `element`, or nil where this machine lacks it.
  package init?(_ instructionSet: InstructionSet, _ element: Element = .bfloat16) {
    guard let table = ck_attention_kernels(instructionSet.code, element == .int8 ? 1 : 0) else { return nil }
    self.instructionSet = instructionSet
    self.element = element
    self.table = table
  }

  /// The fastest kernels of this machine.
  package static func best(_ element: Element) -> AttentionKernels {
    for set in InstructionSet.allCases.reversed() {
      if let kernels = AttentionKernels(set, element) { return kernels }
    }
    preconditionFailure("the portable kernels run everywhere")
  }

  /// Where the keys and values of one layer and one key-value head lie.
  package struct CacheView {
    package let pool: UnsafePointer<UInt16>
    /// 16-bit units from block to block.
    package let blockStride: Int
    /// Units from a block's start to this head's keys, and to its values.
    package let keyOffset: Int
    package let valueOffset: Int

    package init(pool: UnsafePointer<UInt16>, blockStride: Int, keyOffset: Int, valueOffset: Int) {
      self.pool = pool
      self.blockStride = blockStride
      self.keyOffset = keyOffset
      self.valueOffset = valueOffset
    }
  }

  /// Up to 6 query rows of one key-value head that walk the same blocks.
  package struct Walk {
    /// Base of the queries as `rotateAndStore` writes them; row r at `queryOffsets[r]`.
    package var queries: UnsafePointer<UInt16>
    package var queryOffsets: UnsafePointer<Int>
    /// Positions each row sees; 1 or more.
    package var lengths: UnsafePointer<Int32>
    package var rows: Int
    /// The sequence's blocks, from position 0 on.
    package var blocks: UnsafePointer<Int32>
    /// The part of them to walk; starts at a chunk, and ends at one but for the last part.
    package var blockRange: Range<Int>
    /// Whether the rows' states are fresh, and whether to write the result.
    package var begins: Bool
    package var ends: Bool
    /// Base of the states; row r at `stateOffsets[r]`, `stateFloats` floats.
    package var states: UnsafeMutablePointer<Float>
    package var stateOffsets: UnsafePointer<Int>
    /// Base of the results; row r at `outOffsets[r]`, headDim floats.
    package var out: UnsafeMutablePointer<Float>
    package var outOffsets: UnsafePointer<Int>

    package init(
      queries: UnsafePointer<UInt16>, queryOffsets: UnsafePointer<Int>, lengths: UnsafePointer<Int32>, rows: Int,
      blocks: UnsafePointer<Int32>, blockRange: Range<Int>, begins: Bool, ends: Bool,
      states: UnsafeMutablePointer<Float>, stateOffsets: UnsafePointer<Int>, out: UnsafeMutablePointer<Float>,
      outOffsets: UnsafePointer<Int>
    ) {
      self.queries = queries
      self.queryOffsets = queryOffsets
      self.lengths = lengths
      self.rows = rows
      self.blocks = blocks
      self.blockRange = blockRange
      self.begins = begins
      self.ends = ends
      self.states = states
      self.stateOffsets = stateOffsets
      self.out = out
      self.outOffsets = outOffsets
    }
  }

  /// Walks a part of the context.
  package func attend(_ walk: Walk, cache: CacheView, headDim: Int) {
    assert((1...Self.rowsMax).contains(walk.rows) && walk.blockRange.lowerBound % Self.chunkBlocks == 0)
    var call = ck_attention_call(
      queries: walk.queries, query_at: walk.queryOffsets, lengths: walk.lengths, rows: walk.rows, pool: cache.pool,
      blocks: walk.blocks, block_stride: cache.blockStride, key_at: cache.keyOffset, value_at: cache.valueOffset,
      head_dim: headDim, first_block: walk.blockRange.lowerBound, last_block: walk.blockRange.upperBound,
      begins: walk.begins ? 1 : 0, ends: walk.ends ? 1 : 0, states: walk.states, state_at: walk.stateOffsets,
      out: walk.out, out_at: walk.outOffsets)
    table.pointee.attend(&call)
  }

  /// Rotates one token's queries and keys, writes the queries scaled and as the cache wants them, and stores keys and
  /// values.
  ///
  /// - Parameters:
  ///   - heads: [queryHeads + 2 * kvHeads, headDim]
  ///   - cosines, sines: [headDim / 2]
  ///   - queries: [queryHeads, queryUnits]; overwritten.
  ///   - block: the token's block of the layer, heads `headStride` units apart.
  ///   - slot: the token's place in it, 0...15.
  package func rotateAndStore(
    heads: UnsafePointer<Float>, queryHeads: Int, kvHeads: Int, headDim: Int, cosines: UnsafePointer<Float>,
    sines: UnsafePointer<Float>, queries: UnsafeMutablePointer<UInt16>, block: UnsafeMutablePointer<UInt16>,
    headStride: Int, slot: Int
  ) {
    table.pointee.rotate_store(
      heads, queryHeads, kvHeads, headDim, cosines, sines, Self.queryScale(headDim: headDim), queries, block,
      headStride, slot)
  }
}
