import BoundedJSON
import DataFiles
import Foundation
import Synchronization
import TrainingRecords

/// A folder of its own for one test, in memory where the system has such a place: what is saved a thousand times there
/// need not wait for a disk.
final class MemoryFolder: Sendable {
  let path: String

  init() throws {
    let shared = "/dev/shm"
    let parent = access(shared, W_OK) == 0 ? shared : FileManager.default.temporaryDirectory.path
    path = "\(parent)/persrm-\(UUID().uuidString)"
    try SystemFolder.make(path)
  }

  // `try?`: what is left behind there does no harm.
  deinit { try? SystemFolder.remove(path) }
}

/// A clock that tests set.
final class HandClock: Sendable {
  private let seconds = Mutex(0.0)

  func advance(_ by: Double) { seconds.withLock { $0 += by } }

  var clock: RunRecorder.Clock {
    RunRecorder.Clock(
      time: { 1_764_000_000 + self.seconds.withLock { $0 } }, uptime: { 500 + self.seconds.withLock { $0 } })
  }
}

/// Lets a disk fail from a given step on: `everLater` as if the process had died there, else once, as a full disk does.
final class FaultyDisk: Sendable {
  private struct State {
    var steps: [DiskStep] = []
    var isFailing = false
  }

  private let state = Mutex(State())
  private let failsAt: Int
  private let everLater: Bool

  init(failsAt: Int = .max, everLater: Bool = true) {
    self.failsAt = failsAt
    self.everLater = everLater
  }

  var steps: [DiskStep] { state.withLock { $0.steps } }

  var probe: DiskProbe {
    DiskProbe { [self] step in
      state.withLock { state in
        let index = state.steps.count
        state.steps.append(step)
        guard index == failsAt || (everLater && index > failsAt) else { return nil }
        return .system(action: "write to", path: "a full disk", errno: 28)
      }
    }
  }
}

/// Settings of an invented run.
func someSettings(learningRate: Double = 0.001, threads: Int64 = 2, digest: String = "aa") -> RunSettings {
  RunSettings(
    program: "persrm-sft",
    settings: [
      "optimiser": .object(["learning_rate": .number(learningRate), "beta1": .number(0.9)]),
      "threads": .integer(threads), "preset": .string("lora"),
    ], inputs: ["traces/0": .init(path: "traces.jsonl.gz", bytes: 120, sha256: digest)],
    versions: ["persrm": "0.1.0"])
}
