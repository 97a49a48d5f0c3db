import Kernels
import ModelFiles
import Tensors

/// The attention of one pass over a float32 cache, the reference, cut into tiles that threads share out; made once and
/// run in every layer.
///
/// A tile is up to 12 query rows of one sequence that read the same key-value head: several heads of one token, and,
/// in a prompt, several tokens. Tiles of one head lie together, so that sequences which share a prefix find it in the
/// cache of the processor.
struct FloatAttentionPlan {
  private struct Tile {
    let segment: Int
    let kvHead: Int
    /// (row of the pass, query head, positions seen) of each query.
    let rows: [(row: Int, head: Int, length: Int)]
  }

  private let tiles: [Tile]
  private let blocks: [[Int32]]
  private let configuration: ModelConfiguration
  private let parts: Int
  /// Scores of one part's tile, [12, longest rounded up to 16].
  private let scratchFloats: Int
  private let scratch: FloatBuffer

  init(_ batch: ForwardBatch, configuration: ModelConfiguration, threads: Int) {
    self.configuration = configuration
    blocks = batch.segments.map(\.blocks)
    let group = configuration.headCount / configuration.kvHeadCount
    var (tiles, longest): ([Tile], Int) = ([], 0)
    for kvHead in 0..<configuration.kvHeadCount {
      var base = 0
      for (segmentIndex, segment) in batch.segments.enumerated() {
        let queries = segment.tokens.count * group
        for first in stride(from: 0, to: queries, by: KernelSet.attentionRowsMax) {
          let rows = (first..<min(queries, first + KernelSet.attentionRowsMax)).map { query in
            (row: base + query / group, head: kvHead * group + query % group, length: segment.start + query / group + 1)
          }
          tiles.append(Tile(segment: segmentIndex, kvHead: kvHead, rows: rows))
        }
        base += segment.tokens.count
        longest = max(longest, segment.start + segment.tokens.count)
      }
    }
    self.tiles = tiles
    parts = threads == 1 ? 1 : min(tiles.count, threads * 8)
    let width = (longest + KernelSet.blockTokens - 1) / KernelSet.blockTokens * KernelSet.blockTokens
    scratchFloats = width * KernelSet.attentionRowsMax
    scratch = FloatBuffer(count: parts * scratchFloats)
  }

  /// Attends in one layer.
  ///
  /// - Parameters:
  ///   - queries: [tokens, queryStride], each row starting with [heads, headDim] rotated queries.
  ///   - out: [tokens, heads * headDim]; overwritten.
  func run(
    layer: Int, cache: KeyValueCache, queries: UnsafePointer<Float>, queryStride: Int,
    out: UnsafeMutablePointer<Float>, linear: LinearKernel
  ) {
    // SAFETY: tiles write disjoint rows and heads of `out`, parts have scratch of their own; the rest is only read.
    nonisolated(unsafe) let (queries, out) = (queries, out)
    let headDim = configuration.headDim
    let outStride = configuration.headCount * headDim
    let scale = 1 / Float(headDim).squareRoot()
    linear.parallel(parts: parts) { part in
      for tile in tiles[tiles.count * part / parts..<tiles.count * (part + 1) / parts] {
        blocks[tile.segment].withUnsafeBufferPointer { table in
          guard let table = table.baseAddress else { return }
          linear.kernels.attention(
            q: queries, queryOffsets: tile.rows.map { $0.row * queryStride + $0.head * headDim },
            lengths: tile.rows.map { Int32($0.length) }, rows: tile.rows.count,
            cache: cache.view(layer: layer, kvHead: tile.kvHead, blocks: table), headDim: headDim, scale: scale,
            out: out, outOffsets: tile.rows.map { $0.row * outStride + $0.head * headDim },
            scratch: scratch.pointer + part * scratchFloats)
        }
      }
    }
  }
}
