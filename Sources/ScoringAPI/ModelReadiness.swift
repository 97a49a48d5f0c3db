package import Judge
import Synchronization

/// How far the process is from answering.
package enum Readiness: Sendable, Equatable {
  /// - `stage`: what is being done, "weights", "tokenizer" or "warmup".
  /// - `progress`: 0...1 of the whole.
  /// - `etaSeconds`: an estimate of what is left, where there is one.
  case loading(stage: String, progress: Double, etaSeconds: Int?)
  case ready
  /// No new client should come; those that do are served as long as the model runs.
  case shuttingDown
  /// The model could not be loaded, or stopped for good.
  case failed
}

/// Hands the judge to requests once there is one. The loader tells it how loading goes; requests that come earlier
/// wait.
///
/// States go from `loading` to `ready` or `failed`, and from any to `shuttingDown`, which is the last.
package final class ModelReadiness: Sendable {
  /// Why there is no judge.
  package enum Absence: Error, Sendable, Equatable {
    /// Still loading at the deadline, or too many wait for it; with an estimate of what is left.
    case loading(etaSeconds: Int?)
    case shuttingDown
    case failed
    /// The calling task was cancelled.
    case cancelled
  }

  /// A judge that is ready.
  package struct Model: Sendable {
    package let judge: PairJudge
    /// When it became ready, in seconds since 1970.
    package let created: Int
  }

  private typealias Waiter = CheckedContinuation<Result<PairJudge, Absence>, Never>

  private struct State {
    var readiness = Readiness.loading(stage: "weights", progress: 0, etaSeconds: nil)
    var model: Model?
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())
  private let sleep: @Sendable (ContinuousClock.Instant) async throws -> Void

  /// - Parameter sleep: returns at an instant, or throws when the task is cancelled; injected for tests.
  package init(
    sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = {
      try await ContinuousClock().sleep(until: $0)
    }
  ) {
    self.sleep = sleep
  }

  package var readiness: Readiness { state.withLock { $0.readiness } }

  /// The model without waiting; nil while there is none.
  package var model: Model? { state.withLock { $0.model } }

  /// Says how loading goes. Without effect once loading is over.
  package func loading(stage: String, progress: Double, etaSeconds: Int? = nil) {
    state.withLock { state in
      if case .loading = state.readiness {
        state.readiness = .loading(stage: stage, progress: min(max(progress, 0), 1), etaSeconds: etaSeconds)
      }
    }
  }

  /// Loading is over; who waited goes on. Without effect after `shutDown`.
  ///
  /// - Parameter created: seconds since 1970.
  package func ready(_ judge: PairJudge, created: Int) {
    move(.success(judge)) { state in
      guard state.readiness != .shuttingDown else { return false }
      state.readiness = .ready
      state.model = Model(judge: judge, created: created)
      return true
    }
  }

  /// There is no model and will be none. Without effect after `shutDown`.
  package func fail() {
    move(.failure(.failed)) { state in
      guard state.readiness != .shuttingDown else { return false }
      state.readiness = .failed
      state.model = nil
      return true
    }
  }

  /// Readiness ends; who waits for loading is sent away. A judge that is there keeps serving.
  package func shutDown() {
    move(.failure(.shuttingDown)) { state in
      state.readiness = .shuttingDown
      return true
    }
  }

  /// Changes the state and, if it did change, wakes all who wait.
  private func move(_ result: Result<PairJudge, Absence>, _ change: (inout State) -> Bool) {
    let waiters = state.withLock { state -> [Waiter] in
      guard change(&state) else { return [] }
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: result) }
  }

  /// The judge, at once where it is there, else after waiting for loading to end.
  package func judge(before deadline: ContinuousClock.Instant) async throws(Absence) -> PairJudge {
    if let result = state.withLock({ Self.settled($0) }) { return try result.get() }
    let sleep = sleep
    let result = await withTaskGroup(of: Result<PairJudge, Absence>.self) { group in
      group.addTask { await self.wait() }
      group.addTask {
        // `try?`: it throws when cancelled, and then the other child has the answer.
        try? await sleep(deadline)
        return .failure(Task.isCancelled ? .cancelled : .loading(etaSeconds: self.etaSeconds))
      }
      let first = await group.next() ?? .failure(.cancelled)
      group.cancelAll()
      return first
    }
    return try result.get()
  }

  private var etaSeconds: Int? { if case .loading(_, _, let eta) = readiness { eta } else { nil } }

  /// The answer where it does not depend on loading any more.
  private static func settled(_ state: State) -> Result<PairJudge, Absence>? {
    switch state.readiness {
    case .loading: nil
    case .failed: .failure(.failed)
    case .ready, .shuttingDown: state.model.map { .success($0.judge) } ?? .failure(.shuttingDown)
    }
  }

  private func wait() async -> Result<PairJudge, Absence> {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let result = state.withLock { state -> Result<PairJudge, Absence>? in
          if let settled = Self.settled(state) { return settled }
          // A cancellation from here on finds the waiter in the list, since its handler takes the same lock.
          if Task.isCancelled { return .failure(.cancelled) }
          if state.waiters.count >= ScoringLimits.loadWaitersMax { return .failure(.loading(etaSeconds: nil)) }
          state.waiters[number] = waiter
          return nil
        }
        if let result { waiter.resume(returning: result) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: .failure(.cancelled))
    }
  }
}
