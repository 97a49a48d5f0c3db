package import DequeModule

/// Decides what the next forward pass computes. Plain values in, plain values out: no model, no clock, no thread.
///
/// Theory of operation. Sequences wait in order of arrival, then run until they are finished. A pass takes, within its
/// budget of tokens, first the pending tokens of every sequence that is decoding, then prompts in order of arrival.
/// A prompt's full blocks are registered when they are *planned*: within a pass all keys and values of a layer are
/// stored before any are read, so even a prompt in the same pass may share them, and two requests that arrive together
/// never compute their common prefix twice.
///
/// When blocks run out, the sequence that arrived last gives its blocks up and waits again at its old place; its
/// tokens, the generated ones too, are computed anew later, to the same bits. Nobody gives way to one that arrived
/// later, and while somebody who runs lacks blocks nobody is let in. So the oldest never loses what it has computed
/// and always gets its blocks once the others in its pass are through: everybody finishes.
package struct Scheduler: Sendable {
  package typealias ID = Int

  /// A sequence as the scheduler sees it.
  package struct Sequence: Sendable {
    package let id: ID
    /// Its place in the order of arrival.
    fileprivate let arrival: Int
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

  /// A pass while it is being planned.
  private struct Plan {
    var budget: Int
    var shares: [Share] = []
    /// Who is in the pass already and keeps its blocks.
    var ids: Set<ID> = []
    /// Whether somebody who runs found no block.
    var lacksBlocks = false
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
  /// In order of arrival.
  package private(set) var waiting: Deque<Sequence> = []
  /// In order of arrival.
  package private(set) var running: [Sequence] = []
  package private(set) var preemptions = 0
  package private(set) var prefixQueryTokens = 0
  package private(set) var prefixHitTokens = 0
  private var arrivals = 0

  package init(limits: EngineLimits, blockTokens: Int) {
    self.limits = limits
    pool = BlockPool(blockCount: limits.blockCount, blockTokens: blockTokens)
  }

  package var isIdle: Bool { waiting.isEmpty && running.isEmpty }

  /// Forgets every prefix that is in the cache.
  ///
  /// - Precondition: nothing runs or waits.
  package mutating func forgetPrefixes() {
    precondition(isIdle, "sequences hold blocks")
    pool = BlockPool(blockCount: pool.blockCount, blockTokens: pool.blockTokens)
  }

  /// Adds a sequence to the queue, and says at which place.
  ///
  /// - Parameters:
  ///   - promptCount: how many of `tokens` are prompt; the rest is output given in advance.
  ///   - cacheableCount: how many of them may be taken from the cache.
  ///   - place: that of a sequence which is finished and whose work this one goes on with; at the end where it is nil.
  /// - Precondition: with everything it may still generate it fits the cache.
  @discardableResult package mutating func add(
    id: ID, tokens: [Int32], promptCount: Int, cacheableCount: Int? = nil, place: Int? = nil
  ) -> Int {
    arrivals += 1
    let arrival = place ?? arrivals
    enqueue(
      Sequence(
        id: id, arrival: arrival, tokens: tokens, promptCount: promptCount,
        cacheableCount: min(cacheableCount ?? .max, tokens.count - 1)))
    return arrival
  }

  /// Lets a sequence wait where its arrival puts it.
  private mutating func enqueue(_ sequence: Sequence) {
    waiting.insert(sequence, at: (waiting.lastIndex { $0.arrival < sequence.arrival } ?? -1) + 1)
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
    var plan = Plan(budget: limits.stepTokensMax)
    for decoding in [true, false] {
      // By id, since a preemption changes the indices.
      for id in running.filter({ $0.isDecoding == decoding }).map(\.id) where plan.budget > 0 {
        addShare(of: id, to: &plan, chunkMax: chunkMax[id] ?? .max)
      }
    }
    while plan.budget > 0, !plan.lacksBlocks, running.count < limits.sequencesMax, let next = waiting.first {
      guard running.isEmpty || hasRoom(for: next) else { break }
      waiting.removeFirst()
      // Who was sent back may be older than some who run.
      running.insert(next, at: running.firstIndex { $0.arrival > next.arrival } ?? running.count)
      addShare(of: next.id, to: &plan, chunkMax: chunkMax[next.id] ?? .max)
    }
    return plan.shares
  }

  /// Notes that a pass was computed.
  package mutating func complete(_ shares: [Share]) {
    for share in shares {
      guard let index = running.firstIndex(where: { $0.id == share.id }) else { continue }
      running[index].computed = share.range.upperBound
    }
  }

  /// Whether a newcomer finds blocks for its tokens and one more, beside those that who runs has still to take.
  ///
  /// Blocks of its prompt that somebody holds need not be free. What running sequences will generate is not counted.
  private func hasRoom(for next: Sequence) -> Bool {
    let owed = running.reduce(0) { $0 + max(0, blocksWanted($1) - $1.blocks.count) }
    let wanted = blocksWanted(next) + 1
    if pool.availableCount >= wanted + owed { return true }
    let shared = pool.heldPrefixCount(next.tokens[..<min(next.cacheableCount, next.promptCount)])
    return pool.availableCount >= wanted - shared + owed
  }

  /// Blocks for the tokens a sequence has, and the next.
  private func blocksWanted(_ sequence: Sequence) -> Int { sequence.tokens.count / pool.blockTokens + 1 }

  /// Plans pending tokens of one sequence as far as the budget goes, with blocks to put them in.
  private mutating func addShare(of id: ID, to plan: inout Plan, chunkMax: Int) {
    guard let index = running.firstIndex(where: { $0.id == id }) else { return }
    adoptPrefix(index)
    let start = running[index].computed
    let count = min(plan.budget, chunkMax, running[index].pending)
    if count <= 0 { return }
    let needed = (start + count + pool.blockTokens - 1) / pool.blockTokens
    while running[index].blocks.count < needed {
      if let block = pool.allocate() {
        running[index].blocks.append(block)
      } else if !preemptLast(after: index, protecting: plan.ids) {
        // Everybody who came later is in this pass already: wait for the next one, with what is held.
        plan.lacksBlocks = true
        return
      }
    }
    registerPrompt(index, upTo: start + count)
    plan.ids.insert(id)
    plan.budget -= count
    plan.shares.append(
      Share(id: id, range: start..<start + count, reachesEnd: start + count == running[index].tokens.count))
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
      if !running[index].wasPreempted {
        running[index].cachedCount += size
        prefixHitTokens += size
      }
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

  /// Sends the sequence that arrived last, and after that at `index`, back to the queue; false where there is none.
  private mutating func preemptLast(after index: Int, protecting ids: Set<ID>) -> Bool {
    let last = running.lastIndex { !ids.contains($0.id) && !$0.blocks.isEmpty }
    guard let last, last > index else { return false }
    var sequence = running.remove(at: last)
    pool.release(all: sequence.blocks)
    sequence.blocks = []
    sequence.computed = 0
    sequence.registeredBlocks = 0
    sequence.lastIdentity = 0
    sequence.wasPreempted = true
    enqueue(sequence)
    preemptions += 1
    return true
  }
}
