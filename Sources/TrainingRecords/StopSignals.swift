private import Glibc
private import Synchronization

/// SIGTERM, SIGINT and SIGUSR1 as a wish that the training loop asks for between steps.
///
/// A batch system announces the end of a job's time by SIGUSR1 or SIGTERM: the run writes a checkpoint and exits with
/// 0, so that it is queued again and goes on. Ctrl-C does the same, but exits with 130, so that a shell's loop ends;
/// a second Ctrl-C exits at once.
///
/// Theory of operation: the handlers run in the middle of anything, so they touch two atomic numbers and nothing else.
/// Dispatch sources would do without handlers, but in our tests sources that were made after earlier ones had been
/// cancelled saw no signal any more. System calls that a signal interrupts go on (`SA_RESTART`).
///
/// To be made before anything is loaded, so that no signal is missed. There is one at a time, for signals are the
/// process's.
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

  /// The number of the first signal that came; 0 while none did.
  private static let first = Atomic(0)
  private static let interrupts = Atomic(0)
  private static let exitsAtOnce = Atomic(true)

  /// Takes the signals over from the system, until this object ends.
  ///
  /// - Parameter exitsOnSecondInterrupt: false in tests, which look at `isImpatient`.
  package init(exitsOnSecondInterrupt: Bool = true) {
    // The first use of a static is not for a handler: all are used here.
    Self.first.store(0, ordering: .releasing)
    Self.interrupts.store(0, ordering: .releasing)
    Self.exitsAtOnce.store(exitsOnSecondInterrupt, ordering: .releasing)
    for received in Signal.allCases {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in StopSignals.receive(Int(number)) }
      action.sa_flags = SA_RESTART
      sigemptyset(&action.sa_mask)
      sigaction(Int32(received.rawValue), &action, nil)
    }
  }

  deinit {
    for received in Signal.allCases { signal(Int32(received.rawValue), SIG_DFL) }
  }

  /// What asked the run to stop; nil: go on. Costs one atomic load.
  package var received: Signal? { Signal(rawValue: Self.first.load(ordering: .acquiring)) }

  /// A second Ctrl-C came.
  package var isImpatient: Bool { Self.interrupts.load(ordering: .acquiring) > 1 }

  /// Runs inside a signal handler: atomics and `_exit` only.
  private static func receive(_ number: Int) {
    _ = first.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing)
    guard number == 2 else { return }
    let count = interrupts.add(1, ordering: .acquiringAndReleasing).newValue
    if count > 1, exitsAtOnce.load(ordering: .acquiring) { _exit(130) }
  }
}
