import Engine
import TestSupport
import Testing

/// Invariant: whatever arrives, grows, ends or is cancelled, each plan is within its limits, no two sequences write the
/// same block, each token is computed once in a life, and everybody finishes, the first to come first.
@Suite struct SchedulerPropertyTests {
  private static let blockTokens = 4

  /// What the outside knows of a sequence.
  private struct Client {
    let prompt: Int
    /// Length at which it is finished.
    let end: Int
    var tokens: [Int32]
    var computed = 0
    var chunk: Int?
  }

  /// Runs one random history and checks every plan of it.
  private struct History {
    var random: SeededGenerator
    let limits: EngineLimits
    var scheduler: Scheduler
    var clients: [Int: Client] = [:]
    var nextID = 0
    /// Which tokens each block holds, as computed: (token, position) by slot.
    var contents: [Int32: [Int32]] = [:]

    init(seed: UInt64) {
      random = SeededGenerator(seed: seed)
      limits = EngineLimits(
        sequencesMax: Int.random(in: 1...6, using: &random), stepTokensMax: Int.random(in: 1...40, using: &random),
        contextTokensMax: 4096, blockCount: Int.random(in: 1...24, using: &random))
      scheduler = Scheduler(limits: limits, blockTokens: blockTokens)
    }

    mutating func arrive() {
      let most = limits.blockCount * blockTokens
      // A quarter of them as long as the cache.
      let end = Int.random(in: 0..<4, using: &random) == 0 ? most : Int.random(in: 1...most, using: &random)
      let prompt = Int.random(in: 1...end, using: &random)
      let given = min(end, prompt + (Int.random(in: 0..<4, using: &random) == 0 ? 2 : 0))
      // Few beginnings, so that prefixes are shared.
      let family = Int32.random(in: 0..<3, using: &random)
      let fork = Int.random(in: 0...prompt, using: &random)
      nextID += 1
      let tokens = (0..<given).map { Int32($0) * 1000 + ($0 < fork ? family : Int32(nextID % 900) + 3) }
      let scores = Int.random(in: 0..<5, using: &random) == 0
      clients[nextID] = Client(prompt: prompt, end: end, tokens: tokens, chunk: scores ? 3 : nil)
      scheduler.add(
        id: nextID, tokens: tokens, promptCount: prompt,
        cacheableCount: scores ? Int.random(in: 0..<prompt, using: &random) : nil)
    }

    mutating func leave(_ id: Int) throws {
      try #require(scheduler.remove(id) != nil)
      clients[id] = nil
    }

    /// Plans, checks and completes a pass; returns who finished by it.
    mutating func pass() throws {
      let wasIdle = scheduler.isIdle
      let shares = scheduler.plan(chunkMax: clients.compactMapValues(\.chunk))
      try #require(shares.isEmpty == wasIdle, "an empty plan while somebody waits or runs")
      try checkLimits(shares)
      try checkBlocks(shares)
      scheduler.complete(shares)
      for share in shares { try advance(share) }
    }

    private func checkLimits(_ shares: [Scheduler.Share]) throws {
      try #require(shares.reduce(0) { $0 + $1.range.count } <= limits.stepTokensMax)
      try #require(Set(shares.map(\.id)).count == shares.count)
      try #require(scheduler.running.count <= limits.sequencesMax)
      let ids = scheduler.running.map(\.id) + scheduler.waiting.map(\.id)
      try #require(ids.sorted() == clients.keys.sorted(), "somebody is lost, or there twice")
      try #require(scheduler.waiting.map(\.id) == scheduler.waiting.map(\.id).sorted(), "the queue is out of order")
      for share in shares {
        let client = try #require(clients[share.id])
        try #require(share.range.count <= client.chunk ?? .max && !share.range.isEmpty)
        try #require(share.reachesEnd == (share.range.upperBound == client.tokens.count))
      }
    }

    /// Writes the pass into the blocks as the model would, then reads every position that a share needs.
    private mutating func checkBlocks(_ shares: [Scheduler.Share]) throws {
      var written: Set<[Int32]> = []
      let running = Dictionary(uniqueKeysWithValues: scheduler.running.map { ($0.id, $0) })
      for sequence in scheduler.running {
        try #require(Set(sequence.blocks).count == sequence.blocks.count)
        let client = try #require(clients[sequence.id])
        try #require(sequence.tokens == client.tokens)
      }
      for share in shares {
        let sequence = try #require(running[share.id])
        try #require(sequence.blocks.count * blockTokens >= share.range.upperBound)
        try #require(share.range.lowerBound == sequence.computed)
        for position in share.range {
          let (block, slot) = (sequence.blocks[position / blockTokens], position % blockTokens)
          try #require(written.insert([block, Int32(slot)]).inserted, "two sequences write one place")
          var content = contents[block] ?? []
          // A place is written in order; what stood behind it belonged to somebody before.
          content.removeLast(max(0, content.count - slot))
          try #require(content.count == slot)
          contents[block] = content + [sequence.tokens[position]]
        }
      }
      // Tokens tell their position and, but for shared beginnings, their sequence.
      for share in shares {
        let sequence = try #require(running[share.id])
        for position in 0..<share.range.upperBound {
          let content = contents[sequence.blocks[position / blockTokens]] ?? []
          try #require(
            content.count > position % blockTokens && content[position % blockTokens] == sequence.tokens[position],
            "a position that was not computed, or somebody else's")
        }
      }
    }

    private mutating func advance(_ share: Scheduler.Share) throws {
      guard var client = clients[share.id] else { return }
      client.computed = share.range.upperBound
      clients[share.id] = client
      guard share.reachesEnd else { return }
      let ends = client.tokens.count >= client.end || Int.random(in: 0..<25, using: &random) == 0
      if ends { return try leave(share.id) }
      let count = min(client.end - client.tokens.count, Int.random(in: 0..<6, using: &random) == 0 ? 7 : 1)
      let more = (0..<count).map { Int32(client.tokens.count + $0) * 1000 + Int32(share.id % 900) + 3 }
      clients[share.id]?.tokens += more
      scheduler.append(more, to: share.id)
    }

    /// Passes after which whatever is there now must be through, with room to spare.
    var patience: Int {
      let tokens = clients.values.reduce(0) { $0 + $1.end }
      // Each pass computes something; the oldest loses nothing; each other may be sent back once for each older one.
      return tokens * (clients.count + 2)
    }
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func everyPlanKeepsTheRulesAndEverybodyFinishes(seed: UInt64) throws {
    var history = History(seed: seed)
    do {
      let arrivals = Int.random(in: 1...30, using: &history.random)
      let calm = Int.random(in: 1...12, using: &history.random)
      while history.nextID < arrivals {
        if Int.random(in: 0..<calm, using: &history.random) == 0 { history.arrive() }
        if Int.random(in: 0..<40, using: &history.random) == 0,
          let id = history.clients.keys.sorted().randomElement(using: &history.random)
        {
          try history.leave(id)
        }
        try history.pass()
      }
      var patience = history.patience
      while !history.scheduler.isIdle {
        patience -= 1
        try #require(patience > 0, "not through in time")
        try history.pass()
      }
      #expect(history.clients.isEmpty)
      #expect(history.scheduler.pool.availableCount == history.limits.blockCount)
      #expect(history.scheduler.prefixHitTokens <= history.scheduler.prefixQueryTokens)
    } catch {
      Issue.record("seed \(seed), limits \(history.limits): \(error)")
    }
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func theOldestLosesNothingHoweverManyKeepComing(seed: UInt64) throws {
    var history = History(seed: seed)
    for _ in 0..<4 { history.arrive() }
    var (oldest, computed, idle) = (0, 0, 0)
    for _ in 0..<400 {
      if history.clients.count < 8 { history.arrive() }
      try history.pass()
      guard let id = history.clients.keys.min(), let now = history.scheduler.running.first(where: { $0.id == id })
      else { continue }
      if id != oldest { (oldest, computed, idle) = (id, 0, 0) }
      try #require(now.computed >= computed, "seed \(seed): the oldest was sent back")
      idle = now.computed > computed ? 0 : idle + 1
      // Those beside it may finish what fits the cache before it goes on.
      try #require(idle <= history.limits.blockCount * 4 * 8, "seed \(seed): the oldest stands still")
      computed = now.computed
    }
  }
}
