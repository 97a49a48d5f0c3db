private import Dispatch
private import Glibc
private import Synchronization

/// SIGTERM, SIGINT and SIGUSR1 as a wish that the training loop asks for between steps.
///
/// A batch system announces the end of a job's time by SIGUSR1 or SIGTERM: the run writes a checkpoint and exits with 0,
/// so that it is queued again and goes on. Ctrl-C does the same, but exits with 130, so that a shell's loop ends; a second
/// Ctrl-C exits at once. To be made before anything is loaded, so that no signal is missed.
package final class StopSignals: Sendable {
  package enum Signal: Int, Sendable, Equatable, CaseIterable {
    case interrupt = 2
    case user1 = 10
    case terminate = 15

    /// As `kill -l` says it.
    package var name: String {
      switch self {
      case .interrupt: "SIGINT"
      case .user1: "SIGUSR1"
      case .terminate: "SIGTERM"
      }
    }

    /// What the program exits with once its checkpoint is written.
    package var exitStatus: Int32 { self == .interrupt ? 130 : 0 }
  }

  /// `Signal.rawValue` of the first that came; 0 while none did.
  private let first = Atomic(0)
  private let interrupts = Atomic(0)
  private let exit: @Sendable (Int32) -> Void
  // SAFETY: written once in `init` and read in `deinit` only.
  private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

  /// Takes the signals over from the system, until this object ends.
  ///
  /// - Parameter exit: ends the process at once; given by tests only.
  package init(exit: @escaping @Sendable (Int32) -> Void = { Glibc._exit($0) }) {
    self.exit = exit
    let queue = DispatchQueue(label: "persrm.stop-signals", qos: .userInteractive)
    for received in Signal.allCases {
      signal(Int32(received.rawValue), SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: Int32(received.rawValue), queue: queue)
      source.setEventHandler { [weak self] in self?.receive(received) }
      source.resume()
      sources.append(source)
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for received in Signal.allCases { signal(Int32(received.rawValue), SIG_DFL) }
  }

  /// What asked the run to stop; nil: go on. Costs one atomic load.
  package var received: Signal? { Signal(rawValue: first.load(ordering: .acquiring)) }

  private func receive(_ received: Signal) {
    _ = first.compareExchange(expected: 0, desired: received.rawValue, ordering: .acquiringAndReleasing)
    if received == .interrupt, interrupts.add(1, ordering: .relaxed).newValue == 2 {
      exit(Signal.interrupt.exitStatus)
    }
  }
}
