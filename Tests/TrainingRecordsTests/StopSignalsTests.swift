import Dispatch
import Foundation
import Testing
import TrainingRecords

/// One after another, for signals are the whole process's.
@Suite(.serialized) struct StopSignalsTests {
  /// Looks again and again, for a signal comes when the system brings it.
  private func wait(until isTrue: () -> Bool) async -> Bool {
    let deadline = DispatchTime.now() + .seconds(20)
    while !isTrue() {
      if DispatchTime.now() > deadline { return false }
      await Task.yield()
    }
    return true
  }

  @Test(arguments: StopSignals.Signal.allCases)
  func aSignalIsAWishNotAnEnd(signal: StopSignals.Signal) async {
    let signals = StopSignals(exitsOnSecondInterrupt: false)
    #expect(signals.received == nil)
    kill(getpid(), Int32(signal.rawValue))
    #expect(await wait { signals.received != nil })
    #expect(signals.received == signal)
    #expect(signal.exitStatus == (signal == .interrupt ? 130 : 0))
    #expect(!signals.isImpatient)
  }

  @Test func theFirstSignalCountsAndASecondInterruptIsSeen() async {
    let signals = StopSignals(exitsOnSecondInterrupt: false)
    kill(getpid(), SIGTERM)
    #expect(await wait { signals.received != nil })
    // An interrupt after it is the first of its kind: no second, and no end.
    kill(getpid(), SIGINT)
    kill(getpid(), SIGUSR1)
    #expect(signals.received == .terminate)
    #expect(!signals.isImpatient)
    // The system makes one of two that wait, so it is sent until it came twice.
    #expect(
      await wait {
        kill(getpid(), SIGINT)
        return signals.isImpatient
      })
    #expect(signals.received == .terminate)
  }

  @Test func aSecondInterruptEndsTheProcessWith130() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let signals = StopSignals()
      kill(getpid(), SIGINT)
      while signals.received == nil { sched_yield() }
      kill(getpid(), SIGINT)
      while true { sched_yield() }
    }
  }

  @Test func namesAndNumbersAreTheSystems() {
    #expect(StopSignals.Signal.allCases.map(\.name) == ["SIGINT", "SIGUSR1", "SIGTERM"])
    #expect(StopSignals.Signal.allCases.map { Int32($0.rawValue) } == [SIGINT, SIGUSR1, SIGTERM])
  }
}
