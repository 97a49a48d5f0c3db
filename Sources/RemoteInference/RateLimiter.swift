import Synchronization

/// Holds all requests of a process together to so many a minute and so many tokens a minute, and lets none go while the
/// server wants rest.
///
/// Two token buckets. That of requests holds one, so requests are spaced evenly and no window of a minute has more than
/// the limit and one; that of tokens holds ten seconds' worth. A request of more tokens than the bucket holds goes when
/// it is full and leaves it in debt, which is paid before the next.
package final class RateLimiter: Sendable {
  private struct Bucket {
    let perSecond: Double
    let capacity: Double
    var level: Double
    var filledAt: Duration

    init(perMinute: Int, burstSeconds: Double, at now: Duration) {
      perSecond = Double(perMinute) / 60
      capacity = max(1, perSecond * burstSeconds)
      level = capacity
      filledAt = now
    }

    /// When so much may be taken, not before `now`.
    mutating func ready(for amount: Double, at now: Duration) -> Duration {
      if now > filledAt {
        level = min(capacity, level + (now - filledAt) / .seconds(1) * perSecond)
        filledAt = now
      }
      let missing = min(amount, capacity) - level
      // A nanosecond more than exact, so that rounding never wakes a waiter just too early.
      return missing <= 1e-9 ? now : now + .seconds(missing / perSecond) + .nanoseconds(1)
    }
  }

  private struct State {
    var requests: Bucket?
    var tokens: Bucket?
    var restUntil: Duration = .zero
  }

  private static let tokenBurstSeconds = 10.0
  private let clock: RemoteClock
  private let state: Mutex<State>

  /// - Parameters:
  ///   - requestsPerMinute: nil for no limit, else positive.
  ///   - tokensPerMinute: of prompts and completions together; nil for no limit, else positive.
  package init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, clock: RemoteClock = .system) {
    precondition(requestsPerMinute.map { $0 > 0 } ?? true && tokensPerMinute.map { $0 > 0 } ?? true)
    self.clock = clock
    let now = clock.now()
    state = Mutex(
      State(
        requests: requestsPerMinute.map { Bucket(perMinute: $0, burstSeconds: 0, at: now) },
        tokens: tokensPerMinute.map { Bucket(perMinute: $0, burstSeconds: Self.tokenBurstSeconds, at: now) }))
  }

  /// Returns when a request of so many tokens may be sent.
  ///
  /// - Throws: `cancelled`.
  package func wait(tokens: Int) async throws(RemoteError) {
    while let instant = claim(tokens: tokens) { try await clock.sleep(until: instant) }
  }

  /// Takes what a request needs; where it cannot yet, says when to ask again.
  private func claim(tokens: Int) -> Duration? {
    let now = clock.now()
    return state.withLock { state in
      var instant = max(now, state.restUntil)
      if let ready = state.requests?.ready(for: 1, at: now) { instant = max(instant, ready) }
      if let ready = state.tokens?.ready(for: Double(tokens), at: now) { instant = max(instant, ready) }
      if instant > now { return instant }
      state.requests?.level -= 1
      state.tokens?.level -= Double(tokens)
      return nil
    }
  }

  /// Gives back tokens that a request was thought to take and did not, or takes those it took on top.
  package func correct(expectedTokens: Int, usedTokens: Int) {
    state.withLock { state in
      guard var bucket = state.tokens else { return }
      bucket.level = min(bucket.capacity, bucket.level + Double(expectedTokens - usedTokens))
      state.tokens = bucket
    }
  }

  /// Lets no request go for so long. Waiters that are asleep look again when they wake.
  package func rest(for pause: Duration) {
    let until = clock.now() + pause
    state.withLock { $0.restUntil = max($0.restUntil, until) }
  }
}
