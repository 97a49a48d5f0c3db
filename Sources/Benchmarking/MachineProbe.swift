import Foundation
import Kernels
import Tensors

/// Measures a machine: what its processor and memory do at best, in two or three seconds.
///
/// The best of several passes counts, not the median: this is the limit that benchmarks are held against, and whatever
/// else runs can only make a pass slower.
package struct MachineProbe: Sendable {
  /// Larger than any last-level cache, so that reading it again finds none of it there.
  private static let readBytes = 256 << 20
  private static let readPasses = 20
  private static let peakPasses = 60
  /// Rounds of a loop in registers: about 2 ms.
  private static let peakRounds = 200_000

  private let threads: Int
  private let now: @Sendable () -> Double

  package init(threads: Int, now: @escaping @Sendable () -> Double = Stopwatch.monotonicSeconds) {
    self.threads = threads
    self.now = now
  }

  package func measure() -> Machine {
    let cpuinfo = ProcText.read("/proc/cpuinfo") ?? ""
    let meminfo = ProcText.read("/proc/meminfo") ?? ""
    let buffer = FloatBuffer(count: Self.readBytes / MemoryLayout<Float>.stride)
    // Pages that were never written would all be one page of zeros.
    buffer.values.update(repeating: 1)
    defer { withExtendedLifetime(buffer) {} }
    let arithmetic = MachinePeak.Arithmetic.allCases
    return Machine(
      processor: MachineFacts.processor(cpuinfo: cpuinfo) ?? "unknown", cores: MachineFacts.cores(cpuinfo: cpuinfo),
      memoryBytes: MachineFacts.memoryBytes(meminfo: meminfo) ?? 0,
      memoryRead: speed { reading(buffer, parallel: $0) }, float32: speed { computing(.float32, parallel: $0) },
      bfloat16: speed { computing(.bfloat16, parallel: $0) }, int8: speed { computing(.int8, parallel: $0) },
      instructions: arithmetic.map(\.instructions).joined(separator: " "))
  }

  private func speed(_ measure: (ParallelFor) -> Double) -> Machine.Speed {
    let one = measure(ParallelFor(threads: 1))
    return Machine.Speed(oneThread: one, allThreads: threads == 1 ? one : measure(ParallelFor(threads: threads)))
  }

  /// Bytes a second.
  private func reading(_ buffer: FloatBuffer, parallel: ParallelFor) -> Double {
    let seconds = Stopwatch(repeats: Self.readPasses, now: now).seconds {
      MachinePeak.read(buffer, parallel: parallel)
    }
    return Double(Self.readBytes) / (seconds.min() ?? .infinity)
  }

  /// Operations a second.
  private func computing(_ arithmetic: MachinePeak.Arithmetic, parallel: ParallelFor) -> Double {
    let operations = arithmetic.run(rounds: 1) * Double(Self.peakRounds * parallel.threads)
    let seconds = Stopwatch(warmUps: 2, repeats: Self.peakPasses, now: now).seconds {
      parallel(parts: parallel.threads) { _ in _ = arithmetic.run(rounds: Self.peakRounds) }
    }
    return operations / (seconds.min() ?? .infinity)
  }
}

/// Small files of procfs.
package enum ProcText {
  package static func read(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8)  // `try?`: no procfs, or no such process
  }

  /// The most memory a process has held at once, in bytes; this one's where `process` is nil.
  package static func peakResidentBytes(of process: Int?) -> Int? {
    read("/proc/\(process.map(String.init) ?? "self")/status").flatMap(MachineFacts.peakResidentBytes(status:))
  }
}
