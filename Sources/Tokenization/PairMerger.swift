/// Merges the bytes of one piece into tokens: the pair of lowest rank first, of equal ones the leftmost.
///
/// Short pieces, nearly all, keep the merge of each neighbouring pair in an array and scan it for the least: quadratic,
/// but in a few bytes. Longer ones use a linked list and a heap: O(n log n) for a piece of n bytes, so that a megabyte
/// of one letter costs what a megabyte of prose does. The two are twins; a test holds them equal.
///
/// A value is scratch space for one thread; it is reused from piece to piece and allocates only for longer pieces than
/// any before.
package struct PairMerger {
  /// Pieces up to this many symbols are scanned. Measured on long words with the SmolLM2 merges (release, x86-64): scan
  /// and heap take 0.9 and 2.2 µs at 48 symbols, 7-12 and 8-10 µs at 160, 29-41 and 22-24 µs at 320.
  package static let scanMax = 160

  private var symbols: [UInt32] = []
  private var merges: [MergeTable.Merge] = []
  private var next: [UInt32] = []
  private var previous: [UInt32] = []
  private var heap = RankHeap()

  package init() {}

  /// Appends the tokens of a piece to `output`.
  ///
  /// - Parameters:
  ///   - initial: the token of each byte of the piece; never empty.
  ///   - scanMax: the longest piece to scan.
  /// - Precondition: fewer than 2^32 - 1 symbols.
  package mutating func merge(
    _ initial: some Collection<UInt32>, with table: MergeTable, scanMax: Int = scanMax, into output: inout [Int32]
  ) {
    symbols.removeAll(keepingCapacity: true)
    symbols.append(contentsOf: initial)
    merges.removeAll(keepingCapacity: true)
    for index in symbols.indices.dropLast() { merges.append(table.merge(symbols[index], symbols[index + 1])) }
    if symbols.count <= scanMax { mergeByScan(table) } else { mergeByHeap(table) }
    for symbol in symbols { output.append(Int32(bitPattern: symbol)) }
  }

  private mutating func mergeByScan(_ table: MergeTable) {
    while true {
      var best = MergeTable.none
      var at = 0
      for index in merges.indices where merges[index] < best {
        best = merges[index]
        at = index
      }
      if best == MergeTable.none { return }
      symbols[at] = MergeTable.result(best)
      symbols.remove(at: at + 1)
      merges.remove(at: at)
      if at > 0 { merges[at - 1] = table.merge(symbols[at - 1], symbols[at]) }
      if at < merges.count { merges[at] = table.merge(symbols[at], symbols[at + 1]) }
    }
  }

  /// `merges[i]` is the merge of symbol i with the next living one, `none` for the last and for dead symbols. A heap
  /// entry whose rank is no longer the one in `merges` is out of date and skipped.
  private mutating func mergeByHeap(_ table: MergeTable) {
    let count = symbols.count
    precondition(count < Int(UInt32.max), "a piece is too long")
    merges.append(MergeTable.none)
    next = (1...UInt32(count)).map { $0 }
    previous = (0..<UInt32(count)).map { $0 &- 1 }
    heap.fill(merges)
    while let (rank, at) = heap.popLeast() {
      let best = merges[at]
      guard best != MergeTable.none, best >> 32 == rank else { continue }
      let right = Int(next[at])
      let after = Int(next[right])
      symbols[at] = MergeTable.result(best)
      merges[right] = MergeTable.none
      next[at] = UInt32(after)
      if after < count {
        previous[after] = UInt32(at)
        update(at, table.merge(symbols[at], symbols[after]))
      } else {
        merges[at] = MergeTable.none
      }
      if at > 0 {
        let before = Int(previous[at])
        update(before, table.merge(symbols[before], symbols[at]))
      }
    }
    var kept = 0
    var index = 0
    while index < count {
      symbols[kept] = symbols[index]
      kept += 1
      index = Int(next[index])
    }
    symbols.removeLast(count - kept)
  }

  private mutating func update(_ index: Int, _ merge: MergeTable.Merge) {
    merges[index] = merge
    if merge != MergeTable.none { heap.push(merge, index) }
  }
}

/// A binary heap of (rank, position), least first.
private struct RankHeap {
  private var entries: [UInt64] = []

  /// Starts over with every merge that is one.
  mutating func fill(_ merges: [MergeTable.Merge]) {
    entries.removeAll(keepingCapacity: true)
    for (index, merge) in merges.enumerated() where merge != MergeTable.none {
      entries.append(Self.entry(merge, index))
    }
    for root in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(root) }
  }

  mutating func push(_ merge: MergeTable.Merge, _ index: Int) {
    let entry = Self.entry(merge, index)
    entries.append(entry)
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if entries[parent] <= entry { break }
      entries[child] = entries[parent]
      child = parent
    }
    entries[child] = entry
  }

  mutating func popLeast() -> (rank: UInt64, index: Int)? {
    guard let least = entries.first, let last = entries.popLast() else { return nil }
    if !entries.isEmpty {
      entries[0] = last
      siftDown(0)
    }
    return (least >> 32, Int(least & 0xFFFF_FFFF))
  }

  private static func entry(_ merge: MergeTable.Merge, _ index: Int) -> UInt64 {
    merge & 0xFFFF_FFFF_0000_0000 | UInt64(index)
  }

  private mutating func siftDown(_ root: Int) {
    let entry = entries[root]
    var parent = root
    while true {
      var child = parent * 2 + 1
      if child >= entries.count { break }
      if child + 1 < entries.count && entries[child + 1] < entries[child] { child += 1 }
      if entries[child] >= entry { break }
      entries[parent] = entries[child]
      parent = child
    }
    entries[parent] = entry
  }
}
