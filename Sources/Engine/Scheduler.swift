package import DequeModule

/// Decides what the next forward pass computes. Plain values in, plain values out: no model, no clock, no thread.
///
/// Theory of operation. Sequences wait in order of arrival, then run until they are finished. A pass takes, within its
/// budget of tokens, first the pending tokens of every sequence that is decoding, then prompts in order of arrival.
/// A prompt's full blocks are registered when they are *planned*: within a pass all keys and values of a layer are
/// stored before any are read, so even a prompt in the same pass may share them, and two requests that arrive together
/// never compute their common prefix twice.
///
/// When blocks run out, the sequence that arrived last gives its blocks up and waits again at the front; its tokens,
/// the generated ones too, are computed anew later, to the same bits.
package struct Scheduler: Sendable {
  package typealias ID = Int

  /// A sequence as the scheduler sees it.
  package struct Sequence: Sendable {
    package let id: ID
    package fileprivate(set) var tokens: [Int32]
    /// Length of the part that may be shared with other sequences.
    package let promptCount: Int
    /// Log-probabilities are wanted from this token on; what comes before it may come from the cache.
    fileprivate let cacheableCount: Int
    /// Tokens whose keys and values are in the cache.
    package fileprivate(set) var computed = 0
    package fileprivate(set) var blocks: [Int32] = []
    /// Tokens of the prompt that were found in the cache.
    package fileprivate(set) var cachedCount = 0
    fileprivate var registeredBlocks = 0
    fileprivate var lastIdentity: UInt64 = 0
    fileprivate var begun = false
    fileprivate var wasPreempted = false

    /// Whether only generated tokens are left to compute.
    fileprivate var isDecoding: Bool { computed >= promptCount }
    fileprivate var pending: Int { tokens.count - computed }
  }

  /// One sequence's share of a pass.
  package struct Share: Sendable, Equatable {
    package let id: ID
    /// Indices of the tokens to compute.
    package let range: Range<Int>
    /// Whether the range reaches the sequence's last token, so that the next one can be sampled.
    package let reachesEnd: Bool
  }

  package let limits: EngineLimits
  package private(set) var pool: BlockPool
  package private(set) var waiting: Deque<Sequence> = []
  package private(set) var running: [Sequence] = []
  package private(set) var preemptions = 0
  package private(set) var prefixQueryTokens = 0
  package private(set) var prefixHitTokens = 0

  package init(limits: EngineLimits, blockTokens: Int) {
    self.limits = limits
    pool = BlockPool(blockCount: limits.blockCount, blockTokens: blockTokens)
  }

  package var isIdle: Bool { waiting.isEmpty && running.isEmpty }

  /// Adds a sequence at the end of the queue.
  ///
  /// - Parameters:
  ///   - promptCount: how many of `tokens` are prompt; the rest is output given in advance.
  ///   - cacheableCount: how many of them may be taken from the cache.
  /// - Precondition: with everything it may still generate it fits the cache.
  package mutating func add(id: ID, tokens: [Int32], promptCount: Int, cacheableCount: Int? = nil) {
    waiting.append(
      Sequence(
        id: id, tokens: tokens, promptCount: promptCount,
        cacheableCount: min(cacheableCount ?? .max, tokens.count - 1)))
  }

  /// Appends tokens that were sampled or forced.
  package mutating func append(_ tokens: [Int32], to id: ID) {
    guard let index = running.firstIndex(where: { $0.id == id }) else { return }
    running[index].tokens.append(contentsOf: tokens)
  }

  /// Takes a sequence out, wherever it is, and frees its blocks; nil where it is not known.
  @discardableResult package mutating func remove(_ id: ID) -> Sequence? {
    if let index = running.firstIndex(where: { $0.id == id }) {
      let sequence = running.remove(at: index)
      pool.release(all: sequence.blocks)
      return sequence
    }
    if let index = waiting.firstIndex(where: { $0.id == id }) { return waiting.remove(at: index) }
    return nil
  }

  /// Plans the next pass; empty only where nothing runs or waits.
  ///
  /// - Parameter chunkMax: tokens of one sequence's share at most, by id; for sequences that want many rows of logits.
  package mutating func plan(chunkMax: [ID: Int] = [:]) -> [Share] {
    var budget = limits.stepTokensMax
    var shares: [Share] = []
    var planned: Set<ID> = []
    for decoding in [true, false] {
      // By id, since a preemption changes the indices.
      for id in running.filter({ $0.isDecoding == decoding }).map(\.id) where budget > 0 {
        let room = min(budget, chunkMax[id] ?? .max)
        guard let share = share(of: id, budget: room, protecting: planned) else { continue }
        planned.insert(id)
        budget -= share.range.count
        shares.append(share)
      }
    }
    while budget > 0, running.count < limits.sequencesMax, let next = waiting.first {
      // A newcomer must not push out who is running: its prompt and one more block have to be there.
      let needed = (next.tokens.count + pool.blockTokens) / pool.blockTokens + 1
      if !running.isEmpty, pool.availableCount < min(needed, pool.blockCount) { break }
      waiting.removeFirst()
      running.append(next)
      let room = min(budget, chunkMax[next.id] ?? .max)
      guard let share = share(of: next.id, budget: room, protecting: planned) else { break }
      planned.insert(next.id)
      budget -= share.range.count
      shares.append(share)
    }
    return shares
  }

  /// Notes that a pass was computed.
  package mutating func complete(_ shares: [Share]) {
    for share in shares {
      guard let index = running.firstIndex(where: { $0.id == share.id }) else { continue }
      running[index].computed = share.range.upperBound
    }
  }

  /// Plans up to `budget` pending tokens of one sequence, with blocks to put them in.
  private mutating func share(of id: ID, budget: Int, protecting planned: Set<ID>) -> Share? {
    guard var index = running.firstIndex(where: { $0.id == id }) else { return nil }
    adoptPrefix(index)
    let start = running[index].computed
    let count = min(budget, running[index].pending)
    if count <= 0 { return nil }
    let needed = (start + count + pool.blockTokens - 1) / pool.blockTokens
    while running[index].blocks.count < needed {
      if let block = pool.allocate() {
        running[index].blocks.append(block)
      } else if preemptLast(protecting: planned.union([id])) {
        guard let moved = running.firstIndex(where: { $0.id == id }) else { return nil }
        index = moved
      } else {
        // Everybody else is in this pass already: wait for the next one, with what is held.
        return nil
      }
    }
    registerPrompt(index, upTo: start + count)
    return Share(
      id: id, range: start..<start + count, reachesEnd: start + count == running[index].tokens.count)
  }

  /// Skips blocks that are in the cache, or planned in this very pass.
  private mutating func adoptPrefix(_ index: Int) {
    let size = pool.blockTokens
    while running[index].computed % size == 0, running[index].computed == running[index].blocks.count * size,
      running[index].computed + size <= min(running[index].cacheableCount, running[index].promptCount)
    {
      let start = running[index].computed
      let tokens = running[index].tokens[start..<start + size]
      guard let block = pool.adopt(tokens, after: running[index].lastIdentity) else { break }
      running[index].blocks.append(block)
      running[index].computed += size
      running[index].registeredBlocks += 1
      running[index].lastIdentity = pool.identity(of: block)
      if !running[index].wasPreempted { running[index].cachedCount += size }
      prefixHitTokens += size
    }
    if !running[index].begun {
      running[index].begun = true
      prefixQueryTokens += running[index].promptCount
    }
  }

  /// Makes the prompt's full blocks known that this pass completes.
  private mutating func registerPrompt(_ index: Int, upTo end: Int) {
    let size = pool.blockTokens
    while (running[index].registeredBlocks + 1) * size <= min(end, running[index].promptCount) {
      let number = running[index].registeredBlocks
      running[index].lastIdentity = pool.register(
        running[index].blocks[number], tokens: running[index].tokens[number * size..<(number + 1) * size],
        after: running[index].lastIdentity)
      running[index].registeredBlocks += 1
    }
  }

  /// Sends the sequence that arrived last back to the queue; false where all are protected.
  private mutating func preemptLast(protecting: Set<ID>) -> Bool {
    guard let index = running.lastIndex(where: { !protecting.contains($0.id) && !$0.blocks.isEmpty }) else {
      return false
    }
    var sequence = running.remove(at: index)
    pool.release(all: sequence.blocks)
    sequence.blocks = []
    sequence.computed = 0
    sequence.registeredBlocks = 0
    sequence.lastIdentity = 0
    sequence.wasPreempted = true
    waiting.prepend(sequence)
    preemptions += 1
    return true
  }
}
