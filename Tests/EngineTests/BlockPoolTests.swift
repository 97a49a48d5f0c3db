import Engine
import TestSupport
import Testing

@Suite struct BlockPoolTests {
  private func tokens(_ first: Int32) -> ArraySlice<Int32> { [first, first + 1, first + 2, first + 3] }

  private func pool(_ count: Int) -> BlockPool { BlockPool(blockCount: count, blockTokens: 4) }

  private func take(_ pool: inout BlockPool) throws -> Int32 { try known(pool.allocate()) }

  private func known(_ block: Int32?) throws -> Int32 { try #require(block) }

  @Test func givesOutEachBlockOnceAndThenNone() {
    var pool = pool(5)
    let blocks = (0..<5).compactMap { _ in pool.allocate() }
    #expect(Set(blocks) == Set(0..<5))
    #expect(pool.allocate() == nil)
    #expect(pool.availableCount == 0)
    #expect(pool.heldCount == 5)
    pool.release(all: blocks)
    #expect(pool.availableCount == 5)
  }

  @Test func adoptsOnlyTheSameTokensAfterTheSameParent() throws {
    var pool = pool(4)
    let root = try take(&pool)
    let child = try take(&pool)
    let rootIdentity = pool.register(root, tokens: tokens(1), after: 0)
    let childIdentity = pool.register(child, tokens: tokens(5), after: rootIdentity)
    #expect(rootIdentity != childIdentity && rootIdentity != 0)
    #expect(pool.adopt(tokens(5), after: 0) == nil)
    #expect(pool.adopt(tokens(1), after: rootIdentity) == nil)
    #expect(pool.adopt(tokens(2), after: 0) == nil)
    #expect(pool.adopt(tokens(1), after: 0) == root)
    #expect(pool.adopt(tokens(5), after: rootIdentity) == child)
    #expect(pool.identity(of: child) == childIdentity)
  }

  @Test func aSharedBlockIsFreeWhenItsLastHolderLetsGo() throws {
    var pool = pool(1)
    let block = try take(&pool)
    _ = pool.register(block, tokens: tokens(1), after: 0)
    #expect(pool.adopt(tokens(1), after: 0) == block)
    pool.release(block)
    #expect(pool.availableCount == 0)
    #expect(pool.allocate() == nil)
    pool.release(block)
    #expect(pool.availableCount == 1)
    // Free, but found again.
    #expect(pool.adopt(tokens(1), after: 0) == block)
    #expect(pool.availableCount == 0)
  }

  @Test func takesBlocksWithoutContentFirstThenThoseUnusedLongestTailsBeforeParents() throws {
    var pool = pool(6)
    let first = [try take(&pool), try take(&pool)]
    let second = [try take(&pool), try take(&pool)]
    for (chain, token) in [(first, Int32(10)), (second, 20)] {
      let parent = pool.register(chain[0], tokens: tokens(token), after: 0)
      _ = pool.register(chain[1], tokens: tokens(token + 4), after: parent)
    }
    pool.release(all: first)
    pool.release(all: second)
    // The first chain is used again: now the second was unused longest.
    let again = try known(pool.adopt(tokens(10), after: 0))
    let tail = try known(pool.adopt(tokens(14), after: pool.identity(of: again)))
    pool.release(all: [again, tail])
    let order = (0..<6).compactMap { _ in pool.allocate() }
    #expect(Set(order[..<2]) == Set(0..<6).subtracting(first + second))
    #expect(order[2...] == [second[1], second[0], first[1], first[0]])
    #expect(pool.adopt(tokens(10), after: 0) == nil, "an evicted block is no longer known")
  }

  @Test func theSameContentTwiceKeepsTheFirstAndJoinsItsTree() throws {
    var pool = pool(4)
    let known = try take(&pool)
    let copy = try take(&pool)
    let identity = pool.register(known, tokens: tokens(1), after: 0)
    #expect(pool.register(copy, tokens: tokens(1), after: 0) == identity)
    #expect(pool.register(known, tokens: tokens(1), after: 0) == identity)
    #expect(pool.adopt(tokens(1), after: 0) == known)
    pool.release(copy)
    // The copy was never known, so it is taken first.
    pool.release(all: [known, known])
    let next = (0..<4).compactMap { _ in pool.allocate() }
    #expect(next.last == known)
  }

  @Test func whatHungBelowAnEvictedBlockIsNeverFoundUnderItsSuccessor() throws {
    var pool = pool(2)
    let root = try take(&pool)
    let child = try take(&pool)
    let old = pool.register(root, tokens: tokens(1), after: 0)
    _ = pool.register(child, tokens: tokens(5), after: old)
    // Parent first, so that it is evicted while the child stays known.
    pool.release(root)
    pool.release(child)
    let taken = try take(&pool)
    #expect(taken == root)
    let new = pool.register(taken, tokens: tokens(1), after: 0)
    #expect(new != old)
    #expect(pool.adopt(tokens(5), after: new) == nil)
  }

  @Test func countsTheLeadingBlocksThatSomebodyHolds() throws {
    var pool = pool(4)
    let root = try take(&pool)
    let child = try take(&pool)
    let parent = pool.register(root, tokens: tokens(1), after: 0)
    _ = pool.register(child, tokens: tokens(5), after: parent)
    let prefix: [Int32] = [9, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    #expect(pool.heldPrefixCount(prefix[1...]) == 2)
    #expect(pool.heldPrefixCount(prefix[1..<8]) == 1)
    #expect(pool.heldPrefixCount(prefix[...]) == 0)
    pool.release(child)
    #expect(pool.heldPrefixCount(prefix[1...]) == 1)
  }

  /// What the pool should do, said the slow way: every block a value, every search a scan.
  private struct Reference {
    struct Block {
      var holders = 0
      var identity: UInt64 = 0
      var parent: UInt64 = 0
      var tokens: [Int32]?
      var freedAt = 0
    }
    var blocks: [Block]
    var identities: Set<UInt64> = [0]
    var clock = 0

    var available: Int { blocks.count { $0.holders == 0 } }
    func known(_ tokens: [Int32], _ parent: UInt64) -> Int? {
      blocks.firstIndex { $0.tokens == tokens && $0.parent == parent }
    }
    /// Whether the pool may hand out this block.
    func mayTake(_ index: Int) -> Bool {
      let free = blocks.indices.filter { blocks[$0].holders == 0 }
      let blank = free.filter { blocks[$0].tokens == nil }
      if !blank.isEmpty { return blank.contains(index) }
      return free.min { blocks[$0].freedAt < blocks[$1].freedAt } == index
    }
    mutating func release(_ index: Int) {
      clock += 1
      blocks[index].holders -= 1
      blocks[index].freedAt = clock
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func behavesLikeANaiveReference(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...12, using: &random)
    var pool = BlockPool(blockCount: count, blockTokens: 2)
    var reference = Reference(blocks: Array(repeating: .init(), count: count))
    var held: [Int] = []
    for step in 0..<400 {
      let place: Comment = "seed \(seed), step \(step)"
      let parents = [0] + reference.blocks.map(\.identity)
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1:
        if let taken = pool.allocate().map(Int.init) {
          #expect(reference.mayTake(taken), place)
          reference.blocks[taken] = .init(holders: 1)
          held.append(taken)
        } else {
          #expect(reference.available == 0, place)
        }
      case 2, 3:
        guard !held.isEmpty else { continue }
        let block = held.remove(at: Int.random(in: 0..<held.count, using: &random))
        pool.release(Int32(block))
        reference.release(block)
      case 4, 5:
        let (tokens, parent) = (
          [Int32.random(in: 0..<3, using: &random), 7], parents.randomElement(using: &random) ?? 0
        )
        let adopted = pool.adopt(tokens[...], after: parent).map(Int.init)
        #expect(adopted == reference.known(tokens, parent), place)
        if let adopted {
          reference.blocks[adopted].holders += 1
          held.append(adopted)
        }
      default:
        guard let block = held.randomElement(using: &random), reference.blocks[block].tokens == nil else { continue }
        let (tokens, parent) = (
          [Int32.random(in: 0..<3, using: &random), 7], parents.randomElement(using: &random) ?? 0
        )
        let identity = pool.register(Int32(block), tokens: tokens[...], after: parent)
        if let known = reference.known(tokens, parent) {
          #expect(identity == reference.blocks[known].identity, place)
        } else {
          #expect(reference.identities.insert(identity).inserted, "an identity came twice: \(place)")
          reference.blocks[block].identity = identity
          reference.blocks[block].parent = parent
          reference.blocks[block].tokens = tokens
        }
      }
      #expect(pool.availableCount == reference.available, place)
    }
  }
}
