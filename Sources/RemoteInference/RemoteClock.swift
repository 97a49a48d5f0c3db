import Glibc

/// Time and sleep for everything that waits, so that tests need neither.
package struct RemoteClock: Sendable {
  /// Since a moment that never changes; only ever grows.
  package let now: @Sendable () -> Duration
  /// Seconds since 1970, for dates that servers write.
  package let wallSeconds: @Sendable () -> Int
  /// Returns when `now` has come this far; throws `CancellationError` when the task is cancelled first.
  package let sleepUntil: @Sendable (Duration) async throws -> Void

  package init(
    now: @escaping @Sendable () -> Duration, wallSeconds: @escaping @Sendable () -> Int,
    sleepUntil: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.now = now
    self.wallSeconds = wallSeconds
    self.sleepUntil = sleepUntil
  }

  /// The machine's.
  package static var system: RemoteClock {
    let start = ContinuousClock.now
    return RemoteClock(
      now: { ContinuousClock.now - start }, wallSeconds: { time(nil) },
      sleepUntil: { try await Task.sleep(until: start + $0, clock: .continuous) })
  }

  /// Sleeps, with a cancellation as our error.
  func sleep(until instant: Duration) async throws(RemoteError) {
    if Task.isCancelled { throw .cancelled }
    do {
      try await sleepUntil(instant)
    } catch {
      throw .cancelled
    }
  }
}
