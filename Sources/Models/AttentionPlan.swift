package import Kernels
package import ModelFiles
import Tensors

/// The attention of one pass over a bfloat16 cache, cut into tiles that threads share out; made once, run in every
/// layer.
///
/// Theory of operation. A tile is up to 6 query rows that read the same key-value head of the same blocks. A prompt's
/// rows make tiles of their own and walk their whole context in one go. Sequences that are being written have a row or
/// two each and would read their context for these alone; where several hold the very same blocks, their rows walk
/// those together, once for all, then each its own rest. Shared prefixes form a tree (all share the instructions, some
/// an author's texts), so there is one phase for each level: the walks of a phase are independent, and go on from the
/// states that the phase before left. Cutting and grouping do not change a bit (`ck_attention.h`).
package struct AttentionPlan {
  /// Rows `first..<first + count` of the flat tables walk `blocks` of the table that starts at `table`.
  private struct Tile {
    let kvHead: Int
    let first: Int
    let count: Int
    let table: Int
    let blocks: Range<Int>
    let begins: Bool
    let ends: Bool
  }

  /// A sequence that shares its walk as far as it can.
  private struct Walker {
    /// First row in the pass, and rows.
    let row: Int
    let count: Int
    /// Position of the first row's token; everything before it is seen by all rows.
    let start: Int
    let table: Int
    let blocks: [Int32]

    /// Blocks of whole chunks that all rows see.
    var sharableBlocks: Int {
      start / KernelSet.blockTokens / AttentionKernels.chunkBlocks * AttentionKernels.chunkBlocks
    }
  }

  private let configuration: ModelConfiguration
  private let group: Int
  private let stateFloats: Int
  private var phases: [[Tile]] = [[]]
  private var tables: [Int32] = []
  private var lengths: [Int32] = []
  private var queryOffsets: [Int] = []
  private var stateOffsets: [Int] = []
  private let parts: Int

  /// Tokens of a sequence beyond which its rows fill tiles of their own.
  private static let walkerTokensMax = 4

  package init(_ batch: ForwardBatch, configuration: ModelConfiguration, threads: Int) {
    self.configuration = configuration
    group = configuration.headCount / configuration.kvHeadCount
    stateFloats = AttentionKernels.stateFloats(headDim: configuration.headDim)
    parts = threads == 1 ? 1 : threads * 16
    var walkers: [Walker] = []
    var row = 0
    for segment in batch.segments {
      let walker = Walker(
        row: row, count: segment.tokens.count, start: segment.start, table: tables.count, blocks: segment.blocks)
      tables += segment.blocks
      row += walker.count
      if walker.count > Self.walkerTokensMax { addAlone(walker, from: 0, phase: 0) } else { walkers.append(walker) }
    }
    share(walkers, from: 0, phase: 0)
  }

  /// Floats of the states of a pass.
  package static func stateFloats(_ configuration: ModelConfiguration, tokens: Int) -> Int {
    tokens * configuration.headCount * AttentionKernels.stateFloats(headDim: configuration.headDim)
  }

  /// Plans the walks of some sequences from block `first` on, which all but the first phase's have reached together.
  private mutating func share(_ walkers: [Walker], from first: Int, phase: Int) {
    var rest = walkers
    while let leader = rest.first {
      let end = first + AttentionKernels.chunkBlocks
      func follows(_ walker: Walker) -> Bool {
        walker.sharableBlocks >= end && walker.blocks[first..<end] == leader.blocks[first..<end]
      }
      let together = leader.sharableBlocks >= end ? rest.filter(follows) : [leader]
      rest = leader.sharableBlocks >= end ? rest.filter { !follows($0) } : Array(rest.dropFirst())
      guard together.count > 1 else {
        addAlone(leader, from: first, phase: phase)
        continue
      }
      var last = end
      while together.allSatisfy({
        let next = last..<last + AttentionKernels.chunkBlocks
        return $0.sharableBlocks >= next.upperBound && $0.blocks[next] == leader.blocks[next]
      }) {
        last += AttentionKernels.chunkBlocks
      }
      for kvHead in 0..<configuration.kvHeadCount {
        addTiles(
          of: together, kvHead: kvHead, blocks: first..<last, begins: first == 0, ends: false, phase: phase)
      }
      share(together, from: last, phase: phase + 1)
    }
  }

  private mutating func addAlone(_ walker: Walker, from first: Int, phase: Int) {
    let last = (walker.start + walker.count + KernelSet.blockTokens - 1) / KernelSet.blockTokens
    for kvHead in 0..<configuration.kvHeadCount {
      addTiles(of: [walker], kvHead: kvHead, blocks: first..<last, begins: first == 0, ends: true, phase: phase)
    }
  }

  /// Cuts the rows of some sequences that walk the same blocks into tiles.
  private mutating func addTiles(
    of walkers: [Walker], kvHead: Int, blocks: Range<Int>, begins: Bool, ends: Bool, phase: Int
  ) {
    while phases.count <= phase { phases.append([]) }
    let headDim = configuration.headDim
    let width = configuration.headCount
    let firstRow = lengths.count
    for walker in walkers {
      for token in 0..<walker.count {
        for head in kvHead * group..<(kvHead + 1) * group {
          lengths.append(Int32(walker.start + token + 1))
          queryOffsets.append(((walker.row + token) * width + head) * headDim)
          stateOffsets.append(((walker.row + token) * width + head) * stateFloats)
        }
      }
    }
    for first in stride(from: firstRow, to: lengths.count, by: AttentionKernels.rowsMax) {
      let count = min(AttentionKernels.rowsMax, lengths.count - first)
      let longest = Int(lengths[first + count - 1])
      let last = ends ? (longest + KernelSet.blockTokens - 1) / KernelSet.blockTokens : blocks.upperBound
      phases[phase].append(
        Tile(
          kvHead: kvHead, first: first, count: count, table: walkers[0].table, blocks: blocks.lowerBound..<last,
          begins: begins, ends: ends))
    }
  }

  /// Attends in one layer.
  ///
  /// - Parameters:
  ///   - queries: [tokens, heads, headDim] rotated, scaled bfloat16.
  ///   - states: `stateFloats(_:tokens:)` floats; overwritten.
  ///   - out: [tokens, heads * headDim]; overwritten.
  package func run(
    layer: Int, cache: KeyValueCache, kernels: AttentionKernels, queries: UnsafePointer<UInt16>,
    states: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>, parallel: ParallelFor
  ) {
    // SAFETY: tiles of a phase write disjoint rows and heads of `out` and `states`; the rest is only read. The tables
    // outlive the region.
    nonisolated(unsafe) let (queries, states, out) = (queries, states, out)
    let headDim = configuration.headDim
    lengths.withUnsafeBufferPointer { lengths in
      queryOffsets.withUnsafeBufferPointer { queryOffsets in
        stateOffsets.withUnsafeBufferPointer { stateOffsets in
          tables.withUnsafeBufferPointer { tables in
            guard let lengths = lengths.baseAddress, let queryOffsets = queryOffsets.baseAddress,
              let stateOffsets = stateOffsets.baseAddress, let tables = tables.baseAddress
            else { return }
            // SAFETY: the tables are only read, and these calls keep them in place until the region is over.
            nonisolated(unsafe) let (rowLengths, rowQueries, rowStates, table) =
              (lengths, queryOffsets, stateOffsets, tables)
            for tiles in phases {
              let count = min(parts, tiles.count)
              parallel(parts: count) { part in
                for tile in tiles[tiles.count * part / count..<tiles.count * (part + 1) / count] {
                  kernels.attend(
                    AttentionKernels.Walk(
                      queries: queries, queryOffsets: rowQueries + tile.first, lengths: rowLengths + tile.first,
                      rows: tile.count, blocks: table + tile.table, blockRange: tile.blocks, begins: tile.begins,
                      ends: tile.ends, states: states, stateOffsets: rowStates + tile.first, out: out,
                      outOffsets: rowQueries + tile.first),
                    cache: cache.bfloat16View(layer: layer, kvHead: tile.kvHead), headDim: headDim)
                }
              }
            }
          }
        }
      }
    }
  }
}
