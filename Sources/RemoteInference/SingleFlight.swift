import Synchronization

/// Does work once for all that ask for it at the same time under one key.
///
/// The first to ask does the work in its own task; the others wait for its result. Where the first was cancelled, the
/// next takes over.
final class SingleFlight<Value: Sendable>: Sendable {
  private typealias Outcome = Result<Value, RemoteError>
  private typealias Waiter = CheckedContinuation<Outcome, Never>

  private struct State {
    var next: UInt64 = 0
    /// By key of work under way, those that wait for it.
    var waiters: [[UInt8]: [UInt64: Waiter]] = [:]
  }

  private let state = Mutex(State())

  init() {}

  func run(
    _ key: [UInt8], _ work: () async throws(RemoteError) -> Value
  ) async throws(RemoteError) -> Value {
    while true {
      let isFirst = state.withLock { state in
        if state.waiters[key] != nil { return false }
        state.waiters[key] = [:]
        return true
      }
      let outcome: Outcome
      if isFirst {
        do throws(RemoteError) {
          outcome = .success(try await work())
        } catch {
          outcome = .failure(error)
        }
        let waiters = state.withLock { $0.waiters.removeValue(forKey: key) } ?? [:]
        for waiter in waiters.values { waiter.resume(returning: outcome) }
        return try outcome.get()
      }
      outcome = await wait(key)
      if case .failure(.cancelled) = outcome, !Task.isCancelled { continue }
      return try outcome.get()
    }
  }

  /// The result of the work under way; `cancelled` where there is none any more, so that the caller looks again.
  private func wait(_ key: [UInt8]) async -> Outcome {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let isWaiting = state.withLock { state in
          if Task.isCancelled || state.waiters[key] == nil { return false }
          state.waiters[key]?[number] = waiter
          return true
        }
        if !isWaiting { waiter.resume(returning: .failure(.cancelled)) }
      }
    } onCancel: {
      state.withLock { $0.waiters[key]?.removeValue(forKey: number) }?.resume(returning: .failure(.cancelled))
    }
  }
}
