private import CKernels
import Synchronization
package import Tensors

/// The loops that measure what a machine can do at best: arithmetic in registers, and reading memory.
///
/// They are measured here and not looked up, since a virtual machine's share, its clock and its neighbours are in no
/// data sheet.
package enum MachinePeak {
  /// What is multiplied and added.
  package enum Arithmetic: String, Sendable, CaseIterable {
    case float32, bfloat16, int8

    fileprivate var code: ck_peak_kind {
      switch self {
      case .float32: CK_PEAK_F32
      case .bfloat16: CK_PEAK_BF16
      case .int8: CK_PEAK_INT8
      }
    }

    /// The instructions this machine has for it, such as "avx512vnni".
    package var instructions: String { String(cString: ck_peak_name(code)) }

    /// Multiplies and adds in registers.
    ///
    /// - Returns: how many operations that were, multiplications and additions counted singly.
    package func run(rounds: Int) -> Double {
      var result = 0.0
      return ck_peak_run(code, rounds, &result)
    }
  }

  /// Reads a buffer front to back, shared out among threads.
  ///
  /// - Returns: the sum of its 64-bit words modulo 2^64; a last odd float is left out.
  @discardableResult package static func read(_ buffer: FloatBuffer, parallel: ParallelFor) -> UInt64 {
    let words = buffer.count / 2
    let parts = parallel.threads
    let sum = Atomic<UInt64>(0)
    // SAFETY: the buffer is only read, and outlives the region; parts share only the sum.
    nonisolated(unsafe) let first = UnsafeRawPointer(buffer.pointer).assumingMemoryBound(to: UInt64.self)
    parallel(parts: parts) { part in
      let range = words * part / parts..<words * (part + 1) / parts
      sum.wrappingAdd(ck_peak_read(first + range.lowerBound, range.count), ordering: .relaxed)
    }
    return sum.load(ordering: .relaxed)
  }

  /// The slow twin of `read`.
  package static func readPortable(_ buffer: FloatBuffer) -> UInt64 {
    // SAFETY: the buffer is only read, and outlives the call.
    let first = UnsafeRawPointer(buffer.pointer).assumingMemoryBound(to: UInt64.self)
    return ck_peak_read_portable(first, buffer.count / 2)
  }
}
