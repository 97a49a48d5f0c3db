import Dispatch
import Foundation
import Synchronization

/// SIGTERM and SIGINT as something to await. Installed before anything is loaded, so that none is missed.
final class TerminationSignals: Sendable {
  private struct State {
    var received: [String] = []
    var waiters: [Int: (count: Int, continuation: CheckedContinuation<Void, Never>)] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())
  // SAFETY: written once here and never read; kept so that the sources live as long as this object.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  init() {
    let names = [SIGTERM: "SIGTERM", SIGINT: "SIGINT"]
    var sources: [any DispatchSourceSignal] = []
    let queue = DispatchQueue(label: "persrm.signals")
    for number in names.keys {
      signal(number, SIG_IGN)
      sources.append(DispatchSource.makeSignalSource(signal: number, queue: queue))
    }
    // A peer that leaves while being written to is an error code, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    self.sources = sources
    for (number, source) in zip(names.keys, sources) {
      source.setEventHandler { [weak self] in self?.receive(names[number] ?? "signal") }
      source.resume()
    }
  }

  /// Signals so far.
  var count: Int { state.withLock { $0.received.count } }
  /// The first signal.
  var name: String { state.withLock { $0.received.first ?? "" } }

  /// Returns once a signal has come, or the task is cancelled.
  func first() async { await wait(for: 1) }
  /// Returns once two have come, or the task is cancelled.
  func second() async { await wait(for: 2) }

  private func wait(for count: Int) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.received.count >= count || Task.isCancelled { return true }
          state.waiters[id] = (count, continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
    }
  }

  private func receive(_ name: String) {
    let ready = state.withLock { state in
      state.received.append(name)
      let ready = state.waiters.filter { $0.value.count <= state.received.count }
      for id in ready.keys { state.waiters[id] = nil }
      return ready.values.map(\.continuation)
    }
    for continuation in ready { continuation.resume() }
  }
}
