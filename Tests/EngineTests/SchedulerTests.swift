import Engine
import TestSupport
import Testing

/// Single situations; what holds in all of them stands in `SchedulerPropertyTests`.
@Suite struct SchedulerTests {
  private func scheduler(_ blocks: Int, step: Int = 64, sequences: Int = 8) -> Scheduler {
    Scheduler(
      limits: EngineLimits(
        sequencesMax: sequences, stepTokensMax: step, contextTokensMax: 4096, blockCount: blocks),
      blockTokens: 4)
  }

  private func tokens(_ count: Int, from first: Int32 = 0) -> [Int32] { (0..<Int32(count)).map { $0 + first } }

  /// Plans and completes one pass, and appends a token to whoever reached its end.
  @discardableResult
  private func pass(_ scheduler: inout Scheduler, chunkMax: [Int: Int] = [:]) -> [Scheduler.Share] {
    let shares = scheduler.plan(chunkMax: chunkMax)
    scheduler.complete(shares)
    for share in shares where share.reachesEnd { scheduler.append([99], to: share.id) }
    return shares
  }

  @Test func equalPromptsThatArriveTogetherAreComputedOnce() {
    var scheduler = scheduler(32)
    for id in 1...3 { scheduler.add(id: id, tokens: tokens(18), promptCount: 18) }
    let shares = scheduler.plan()
    #expect(shares.map(\.range) == [0..<18, 16..<18, 16..<18])
    let tables = scheduler.running.map(\.blocks)
    #expect(tables.allSatisfy { $0.prefix(4) == tables[0].prefix(4) && $0.count == 5 })
    #expect(Set(tables.map { $0[4] }).count == 3, "the block that is not full is everybody's own")
    #expect(scheduler.prefixHitTokens == 32)
  }

  @Test func whoGoesOnWithFinishedWorkKeepsItsPlace() {
    var scheduler = scheduler(64, sequences: 1)
    let places = (1...3).map { scheduler.add(id: $0, tokens: tokens(9, from: Int32($0) * 100), promptCount: 9) }
    #expect(pass(&scheduler).map(\.id) == [1])
    scheduler.remove(1)
    #expect(pass(&scheduler).map(\.id) == [2])
    scheduler.remove(2)
    // 2 before 3, which waits; 1 before both; 4 last.
    #expect(scheduler.add(id: 12, tokens: tokens(12, from: 200), promptCount: 12, place: places[1]) == places[1])
    scheduler.add(id: 11, tokens: tokens(12, from: 100), promptCount: 12, place: places[0])
    scheduler.add(id: 4, tokens: tokens(9, from: 400), promptCount: 9)
    #expect(scheduler.waiting.map(\.id) == [11, 12, 3, 4])
    #expect(pass(&scheduler).map(\.range) == [8..<12])
  }

  @Test func theLastTokenIsAlwaysComputed() {
    var scheduler = scheduler(32)
    for id in 1...2 { scheduler.add(id: id, tokens: tokens(16), promptCount: 16) }
    #expect(scheduler.plan().map(\.range) == [0..<16, 12..<16])
  }

  @Test func decodingGoesFirstAndPromptsTakeWhatIsLeft() {
    var scheduler = scheduler(64, step: 10)
    scheduler.add(id: 1, tokens: tokens(3), promptCount: 3)
    pass(&scheduler)
    scheduler.add(id: 2, tokens: tokens(30, from: 100), promptCount: 30)
    scheduler.add(id: 3, tokens: tokens(3, from: 200), promptCount: 3)
    #expect(pass(&scheduler).map(\.id) == [1, 2])
    #expect(pass(&scheduler).map(\.range.count) == [1, 9])
  }

  @Test func aNewcomerDoesNotTakeBlocksThatARunningPromptStillNeeds() {
    var scheduler = scheduler(16, step: 8)
    scheduler.add(id: 1, tokens: tokens(40), promptCount: 40)
    scheduler.add(id: 2, tokens: tokens(20, from: 100), promptCount: 20)
    for _ in 0..<12 { pass(&scheduler, chunkMax: [1: 4]) }
    #expect(scheduler.running.map(\.computed) == [42])
    #expect(scheduler.preemptions == 0)
    scheduler.remove(1)
    #expect(pass(&scheduler).map(\.id) == [2])
  }

  @Test func aNewcomerNeedsNoRoomForThePrefixThatOthersHold() {
    var scheduler = scheduler(16)
    for id in 1...4 { scheduler.add(id: id, tokens: tokens(40), promptCount: 40) }
    // Ten blocks, nine of them shared; each sequence has one or two of its own.
    #expect(pass(&scheduler).count >= 3)
    #expect(scheduler.preemptions == 0)
  }

  @Test func theOlderIsNeverSentBackForTheYounger() throws {
    // A long prompt that may only take four tokens of each pass, and short ones that decode beside it.
    var scheduler = scheduler(12)
    scheduler.add(id: 1, tokens: tokens(40), promptCount: 40, cacheableCount: 0)
    var passes = 0
    var computed = 0
    var next = 2
    while computed < 40 {
      passes += 1
      try #require(passes < 500, "the first to come starves")
      if scheduler.waiting.count < 2 {
        scheduler.add(id: next, tokens: tokens(4, from: Int32(next * 10)), promptCount: 4)
        next += 1
      }
      pass(&scheduler, chunkMax: [1: 4])
      let first = try #require(scheduler.running.first { $0.id == 1 }, "the oldest lost its place")
      #expect(first.computed >= computed)
      computed = first.computed
      for sequence in scheduler.running where sequence.id != 1 && sequence.tokens.count > 30 {
        scheduler.remove(sequence.id)
      }
    }
  }

  @Test func whoWasSentBackWaitsBeforeThoseWhoCameLater() {
    var scheduler = scheduler(6, sequences: 3)
    for id in 1...3 { scheduler.add(id: id, tokens: tokens(3, from: Int32(id * 10)), promptCount: 3) }
    scheduler.add(id: 4, tokens: tokens(3, from: 90), promptCount: 3)
    while scheduler.preemptions < 2 {
      #expect(!pass(&scheduler).isEmpty)
      #expect(scheduler.running.map(\.id) == scheduler.running.map(\.id).sorted())
      let ids = scheduler.running.map(\.id) + scheduler.waiting.map(\.id)
      #expect(ids == [1, 2, 3, 4])
    }
  }

  @Test func aSequenceAsLongAsTheCacheRunsWhenTheOthersAreThrough() {
    var scheduler = scheduler(5)
    scheduler.add(id: 1, tokens: tokens(3, from: 50), promptCount: 3)
    scheduler.add(id: 2, tokens: tokens(20), promptCount: 20)
    #expect(pass(&scheduler).map(\.id) == [1])
    #expect(pass(&scheduler).map(\.id) == [1])
    scheduler.remove(1)
    #expect(pass(&scheduler).map(\.range) == [0..<20])
    scheduler.remove(2)
    #expect(scheduler.isIdle)
    #expect(scheduler.pool.availableCount == 5)
  }

  @Test func hitsNeverOutnumberWhatWasAskedFor() {
    var scheduler = scheduler(8)
    for id in 1...3 { scheduler.add(id: id, tokens: tokens(9), promptCount: 9) }
    for _ in 0..<12 { pass(&scheduler) }
    #expect(scheduler.preemptions > 0)
    #expect(scheduler.prefixQueryTokens == 27)
    #expect(scheduler.prefixHitTokens == 16)
  }
}
