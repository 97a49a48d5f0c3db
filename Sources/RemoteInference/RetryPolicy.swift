/// How often, how long and after what pauses a request is tried again.
///
/// Pauses grow exponentially with full jitter: each is drawn evenly from zero to a bound that doubles, so that workers
/// that failed together do not come back together (Brooker 2015, "Exponential backoff and jitter"). Where the server
/// names a time, that is the least; at most a second of jitter comes on top.
package struct RetryPolicy: Sendable, Hashable {
  /// Tries of one request, the first included.
  package var attemptsMax: Int
  /// The bound of the first pause.
  package var pauseFirst: Duration
  /// The bound of any pause of our own choice.
  package var pauseMax: Duration
  /// From the first try to the start of the last.
  package var totalMax: Duration
  /// Of the jitter.
  package var seed: UInt64

  package init(
    attemptsMax: Int = 8, pauseFirst: Duration = .milliseconds(500), pauseMax: Duration = .seconds(60),
    totalMax: Duration = .seconds(1_800), seed: UInt64 = 0
  ) {
    self.attemptsMax = attemptsMax
    self.pauseFirst = pauseFirst
    self.pauseMax = pauseMax
    self.totalMax = totalMax
    self.seed = seed
  }

  /// The pause before another try.
  ///
  /// - Parameters:
  ///   - attempts: made so far, from 1.
  ///   - retryAfter: what the server asked for.
  ///   - request: tells requests apart, so that a pause does not depend on which request came first.
  package func pause(afterAttempts attempts: Int, retryAfter: Duration?, request: UInt64) -> Duration {
    let share = Self.uniform(seed: seed, request, UInt64(attempts))
    if let retryAfter { return max(.zero, retryAfter) + min(.seconds(1), pauseFirst) * share }
    // 2^30 pauses of any length are more than any bound.
    let bound = min(pauseMax, pauseFirst * (1 << min(max(0, attempts - 1), 30)))
    return bound * share
  }

  /// A number in [0, 1) that depends on its arguments only: SplitMix64's mixing (Steele, Lea and Flood 2014).
  private static func uniform(seed: UInt64, _ path: UInt64...) -> Double {
    var state = seed
    for number in path { state = mix(state &+ 0x9E37_79B9_7F4A_7C15 &+ mix(number)) }
    return Double(state >> 11) * 0x1p-53
  }

  private static func mix(_ number: UInt64) -> UInt64 {
    var mixed = number
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
