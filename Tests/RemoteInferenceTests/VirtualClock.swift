import RemoteInference
import Synchronization

/// A clock on which whoever sleeps wakes at once, at the time asked for, so that a day of pauses takes no time.
final class VirtualClock: Sendable {
  private struct State {
    var now: Duration = .zero
    var sleeps: [Duration] = []
  }

  static let wallSeconds = 1_700_000_000
  private let state = Mutex(State())

  /// Time since the start.
  var now: Duration { state.withLock { $0.now } }
  /// How long each sleep took, in the order they began.
  var sleeps: [Duration] { state.withLock { $0.sleeps } }

  func advance(by duration: Duration) { state.withLock { $0.now += duration } }

  var clock: RemoteClock {
    RemoteClock(
      now: { self.now }, wallSeconds: { Self.wallSeconds + Int(self.now / .seconds(1)) },
      sleepUntil: { instant in
        self.state.withLock { state in
          state.sleeps.append(max(.zero, instant - state.now))
          state.now = max(state.now, instant)
        }
        try Task.checkCancellation()
        await Task.yield()
      })
  }
}
