import RemoteInference
import Synchronization
import Testing

/// No window of a minute has more than its share, and a server that wants rest gets it from everybody.
@Suite struct RateLimiterTests {
  /// What several workers share.
  private final class Work: Sendable {
    let left: Mutex<[Int]>
    let times = Mutex<[Duration]>([])
    init(_ tokens: [Int]) { left = Mutex(tokens) }
  }

  /// The times at which requests of so many tokens were let through, by several workers.
  private func times(
    _ limiter: RateLimiter, _ clock: VirtualClock, tokens: [Int], workers: Int
  ) async throws -> [Duration] {
    let work = Work(tokens)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workers {
        group.addTask {
          while let next = work.left.withLock({ $0.popLast() }) {
            try await limiter.wait(tokens: next)
            work.times.withLock { $0.append(clock.now) }
          }
        }
      }
      try await group.waitForAll()
    }
    return work.times.withLock { $0.sorted() }
  }

  @Test(arguments: [1, 4]) func spacesRequestsEvenly(workers: Int) async throws {
    let clock = VirtualClock()
    let limiter = RateLimiter(requestsPerMinute: 30, clock: clock.clock)
    let times = try await times(limiter, clock, tokens: Array(repeating: 5, count: 100), workers: workers)
    for (index, time) in times.enumerated() {
      let within = times[index...].prefix { $0 < time + .seconds(60) }.count
      #expect(within <= 31)
    }
    let last = try #require(times.last)
    #expect(last >= .seconds(198) - .milliseconds(1) && last < .seconds(200))
  }

  @Test func holdsTokensToTheirRateAndLetsALargeRequestThrough() async throws {
    let clock = VirtualClock()
    let limiter = RateLimiter(tokensPerMinute: 6_000, clock: clock.clock)
    // The bucket holds 1,000; the rate is 100 a second.
    for (tokens, expected) in [(1_000, 0.0), (100, 1), (5_000, 11), (1_000, 61), (1, 61.01)] {
      try await limiter.wait(tokens: tokens)
      #expect(abs(clock.now / .seconds(1) - expected) < 0.001, "\(tokens) at \(clock.now)")
    }
    limiter.correct(expectedTokens: 1_000, usedTokens: 0)
    try await limiter.wait(tokens: 900)
    #expect(clock.now < .seconds(62))
  }

  @Test func restsForAllAndNeverShortensARest() async throws {
    let clock = VirtualClock()
    let limiter = RateLimiter(clock: clock.clock)
    limiter.rest(for: .seconds(30))
    limiter.rest(for: .seconds(10))
    let times = try await times(limiter, clock, tokens: [1, 1, 1, 1], workers: 4)
    #expect(times.allSatisfy { $0 >= .seconds(30) })
  }

  @Test func aServersOverloadSlowsEveryWorker() async throws {
    let server = try ScriptedServer([
      .answer(status: 429, fields: [("Retry-After", "50")], body: ""),
      .answer(status: 200, body: ChatFixture.completion("ok")),
    ])
    let clock = VirtualClock()
    let client = try ChatFixture.client(server.url, clock: clock) {
      $0.policy.attemptsMax = 1
      $0.concurrency = 1
    }
    await #expect(throws: RemoteError.self) { try await client.answer(to: ChatFixture.request("first")) }
    #expect(clock.now == .zero)
    // Another request than the one that was told to wait.
    _ = try await client.answer(to: ChatFixture.request("second"))
    #expect(clock.now >= .seconds(50))
  }

  @Test func aCancelledWaiterLeaves() async throws {
    let limiter = RateLimiter()
    // Longer than any test run: only the cancellation can end the wait.
    limiter.rest(for: .seconds(86_400))
    let waiter = Task { try await limiter.wait(tokens: 0) }
    waiter.cancel()
    await #expect(throws: RemoteError.cancelled) { try await waiter.value }
  }
}
