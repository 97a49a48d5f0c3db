/// How the attention of a layout is cut into parts: decided once, from the layout alone, so that results do not depend
/// on the number of threads.
///
/// Theory of operation. Keys and values are copied into panels, where every segment starts at a multiple of 32: a
/// *position* counts these places. Queries are taken in tiles of at most `tileRowsMax` rows of one segment, which see
/// the positions of their ancestors wholly and their own segment's causally: a few runs of positions. A tile of one
/// head is a unit of the forward pass. Units of the backward pass are runs of tiles of one head, which add up the
/// gradients of keys and values in memory of their own, since several heads and many rows share a key; these sums are
/// then added in order. The tiles of a head are cut so that there are `unitsMin` units or more, of like work.
struct PackedAttentionPlan: Sendable {
  /// Consecutive positions that a tile's rows see: row r the first min(count, seen + r).
  struct Run: Sendable {
    let first: Int
    let count: Int
    let seen: Int
  }

  struct Tile: Sendable {
    let rows: Range<Int>
    /// Indices into `runs`.
    let runs: Range<Int>
    /// Scores, those that are hidden left out.
    let work: Int
  }

  /// Tiles that one unit of the backward pass goes through.
  struct Split: Sendable {
    let tiles: Range<Int>
    /// From the first to the last position that its rows see.
    let positions: Range<Int>
  }

  /// Rows of a segment, and where their keys stand.
  struct Place: Sendable {
    let rows: Range<Int>
    let position: Int
  }

  /// Positions of one panel.
  static let panelPositions = 32
  /// Units of the backward pass that are wanted: enough to keep a few threads evenly busy.
  private static let unitsMin = 16
  /// Height of the highest product tile of all instruction sets; tiles of queries are cut at multiples.
  private static let groupRows = 12

  let runs: [Run]
  let tiles: [Tile]
  /// Indices of tiles, those with much work first, so that threads end together.
  let order: [Int]
  let splits: [Split]
  /// In order of their rows, which they cover.
  let places: [Place]
  /// A multiple of `panelPositions`.
  let positionCount: Int

  init(layout: PackedLayout, headCount: Int, tileRowsMax: Int) {
    var (places, position): ([Place], Int) = ([], 0)
    for segment in layout.segments {
      places.append(Place(rows: segment.rows, position: position))
      position += (segment.rows.count + Self.panelPositions - 1) / Self.panelPositions * Self.panelPositions
    }
    var (runs, tiles): ([Run], [Tile]) = ([], [])
    for (segment, place) in zip(layout.segments, places) {
      var ancestors: [Run] = []
      var next = segment.parent
      while let index = next {
        let count = layout.segments[index].rows.count
        ancestors.append(Run(first: places[index].position, count: count, seen: count))
        next = layout.segments[index].parent
      }
      ancestors.reverse()
      let shared = ancestors.reduce(0) { $0 + $1.count }
      let count = segment.rows.count
      let parts = (count + tileRowsMax - 1) / tileRowsMax
      let height = ((count + parts - 1) / parts + Self.groupRows - 1) / Self.groupRows * Self.groupRows
      for first in stride(from: 0, to: count, by: height) {
        let end = min(first + height, count)
        let firstRun = runs.count
        runs += ancestors
        runs.append(Run(first: place.position, count: end, seen: first + 1))
        tiles.append(
          Tile(
            rows: segment.rows.lowerBound + first..<segment.rows.lowerBound + end, runs: firstRun..<runs.count,
            work: (end - first) * shared + (end * (end + 1) - first * (first + 1)) / 2))
      }
    }
    self.runs = runs
    self.tiles = tiles
    self.places = places
    positionCount = position
    order = tiles.indices.sorted { (tiles[$0].work, $1) > (tiles[$1].work, $0) }
    splits = Self.split(tiles, runs: runs, count: min(tiles.count, (Self.unitsMin + headCount - 1) / headCount))
  }

  /// Cuts tiles into `count` runs of like work, none empty.
  private static func split(_ tiles: [Tile], runs: [Run], count: Int) -> [Split] {
    let total = tiles.reduce(0) { $0 + $1.work }
    var (splits, first, done): ([Split], Int, Int) = ([], 0, 0)
    for (index, tile) in tiles.enumerated() {
      done += tile.work
      let left = count - splits.count - 1
      let isLast = index == tiles.count - 1
      // The share is full, or the tiles left are needed one for each split left.
      guard isLast || left > 0 && (done * count >= total * (splits.count + 1) || tiles.count - index - 1 == left)
      else { continue }
      let seen = runs[tiles[first].runs.lowerBound..<tile.runs.upperBound]
      let lower = seen.map(\.first).min() ?? 0
      let upper = seen.map { $0.first + $0.count }.max() ?? 0
      splits.append(Split(tiles: first..<index + 1, positions: lower..<upper))
      first = index + 1
    }
    return splits
  }
}
