import Synchronization

/// Lets so many tasks through at a time; the others wait, first come, first served.
final class ConcurrencyGate: Sendable {
  private struct State {
    var free: Int
    var next: UInt64 = 0
    var order: [UInt64] = []
    var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
  }

  private let state: Mutex<State>

  /// - Precondition: `places` is positive.
  init(places: Int) {
    precondition(places > 0, "a gate without places lets nobody through")
    state = Mutex(State(free: places))
  }

  /// Returns with a place, to be given back by `leave`.
  ///
  /// - Throws: `cancelled`, without a place.
  func enter() async throws(RemoteError) {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    let hasPlace = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDecided = state.withLock { state -> Bool? in
          // Cancelled before it waited, so that the handler found nobody.
          if Task.isCancelled { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.order.append(number)
          state.waiters[number] = continuation
          return nil
        }
        if let isDecided { continuation.resume(returning: isDecided) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: false)
    }
    if !hasPlace { throw .cancelled }
  }

  /// Gives a place to the next in line.
  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      while !state.order.isEmpty {
        // Those that were cancelled have left `waiters` only.
        if let waiter = state.waiters.removeValue(forKey: state.order.removeFirst()) { return waiter }
      }
      state.free += 1
      return nil
    }
    next?.resume(returning: true)
  }
}
