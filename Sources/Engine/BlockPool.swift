/// Which blocks of the key-value cache are free, held, or free but still holding a prefix somebody may ask for.
///
/// Theory of operation. A full block of a prompt is *registered* under its tokens and the identity of the block before
/// it; so registered blocks form a tree of prefixes, and a lookup walks it from the root. A block is held by any number
/// of sequences. When the last lets go, a registered block keeps its content and joins the tail of a queue; blocks are
/// taken from those never registered first, then from the head of that queue (the one unused longest), whose
/// registration ends. Identities are never used twice, so what hung below an evicted block is unreachable, not wrong.
///
/// Tokens are compared, not only hashed: two different prefixes can never be confused.
package struct BlockPool: Sendable {
  private struct Key: Hashable {
    let parent: UInt64
    let tokens: [Int32]
  }

  private struct Block {
    var holders = 0
    /// Identity and key while registered.
    var identity: UInt64 = 0
    var key: Key?
    /// Neighbours in the queue of registered blocks that nobody holds; -1 at the ends.
    var previous: Int32 = -1
    var next: Int32 = -1
  }

  package let blockTokens: Int
  private var blocks: [Block]
  private var unused: [Int32]
  private var head: Int32 = -1
  private var tail: Int32 = -1
  private var idle = 0
  private var registered: [Key: Int32] = [:]
  private var nextIdentity: UInt64 = 1

  package init(blockCount: Int, blockTokens: Int) {
    self.blockTokens = blockTokens
    blocks = Array(repeating: Block(), count: blockCount)
    unused = (0..<Int32(blockCount)).reversed()
  }

  package var blockCount: Int { blocks.count }
  /// Blocks that can be taken.
  package var availableCount: Int { unused.count + idle }
  /// Blocks some sequence holds.
  package var heldCount: Int { blocks.count - availableCount }

  /// Takes a block for one holder, or nil where none is left.
  package mutating func allocate() -> Int32? {
    if let block = unused.popLast() {
      blocks[Int(block)].holders = 1
      return block
    }
    guard head >= 0 else { return nil }
    let block = head
    unlink(block)
    unregister(block)
    blocks[Int(block)].holders = 1
    return block
  }

  /// One holder of a block lets go.
  package mutating func release(_ block: Int32) {
    let index = Int(block)
    precondition(blocks[index].holders > 0, "released more often than held")
    blocks[index].holders -= 1
    if blocks[index].holders > 0 { return }
    if blocks[index].key == nil { unused.append(block) } else { link(block) }
  }

  /// Lets go of a sequence's blocks, last first, so that a prefix outlives what follows it.
  package mutating func release(all blocks: [Int32]) {
    for block in blocks.reversed() { release(block) }
  }

  /// The registered block that holds `tokens` after `parent`, now held once more; nil where there is none.
  ///
  /// - Parameter parent: identity of the block before, 0 at the start of a sequence.
  package mutating func adopt(_ tokens: ArraySlice<Int32>, after parent: UInt64) -> Int32? {
    guard let block = registered[Key(parent: parent, tokens: Array(tokens))] else { return nil }
    if blocks[Int(block)].holders == 0 { unlink(block) }
    blocks[Int(block)].holders += 1
    return block
  }

  /// How many full blocks at the start of `tokens` are known and held by somebody.
  package func heldPrefixCount(_ tokens: ArraySlice<Int32>) -> Int {
    var (count, parent): (Int, UInt64) = (0, 0)
    while (count + 1) * blockTokens <= tokens.count {
      let start = tokens.startIndex + count * blockTokens
      let key = Key(parent: parent, tokens: Array(tokens[start..<start + blockTokens]))
      guard let block = registered[key], blocks[Int(block)].holders > 0 else { break }
      parent = blocks[Int(block)].identity
      count += 1
    }
    return count
  }

  /// Makes a held block's content known; returns its identity.
  ///
  /// Where another block with the same content is known already, that one stays and this block remains private; its
  /// identity is the known one's, so that what follows still joins the tree.
  package mutating func register(_ block: Int32, tokens: ArraySlice<Int32>, after parent: UInt64) -> UInt64 {
    precondition(tokens.count == blockTokens && blocks[Int(block)].holders > 0)
    let key = Key(parent: parent, tokens: Array(tokens))
    if let known = registered[key] { return blocks[Int(known)].identity }
    if blocks[Int(block)].key != nil { unregister(block) }
    registered[key] = block
    blocks[Int(block)].key = key
    blocks[Int(block)].identity = nextIdentity
    nextIdentity += 1
    return blocks[Int(block)].identity
  }

  /// Identity of a registered block.
  package func identity(of block: Int32) -> UInt64 { blocks[Int(block)].identity }

  private mutating func unregister(_ block: Int32) {
    if let key = blocks[Int(block)].key { registered[key] = nil }
    blocks[Int(block)].key = nil
    blocks[Int(block)].identity = 0
  }

  private mutating func link(_ block: Int32) {
    blocks[Int(block)].previous = tail
    blocks[Int(block)].next = -1
    if tail >= 0 { blocks[Int(tail)].next = block } else { head = block }
    tail = block
    idle += 1
  }

  private mutating func unlink(_ block: Int32) {
    let (previous, next) = (blocks[Int(block)].previous, blocks[Int(block)].next)
    if previous >= 0 { blocks[Int(previous)].next = next } else { head = next }
    if next >= 0 { blocks[Int(next)].previous = previous } else { tail = previous }
    blocks[Int(block)].previous = -1
    blocks[Int(block)].next = -1
    idle -= 1
  }
}
