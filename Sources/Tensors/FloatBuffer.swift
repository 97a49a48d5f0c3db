#if canImport(Glibc)
  import Glibc
#endif

/// A fixed run of float32 values, 64-byte aligned, zeroed, in memory of its own.
///
/// Buffers of 2 MiB and more ask for huge pages: weights and the key-value cache are read front to back many times a
/// second, and address translation would cost a tenth of that.
package final class FloatBuffer: @unchecked Sendable {
  // SAFETY: the address never changes and is freed once, in `deinit`; who may write when is the owner's contract
  // (weights: nobody after loading; activations and cache: the engine's thread and its parallel regions).
  package let pointer: UnsafeMutablePointer<Float>
  /// Number of values.
  package let count: Int

  /// - Parameter count: values; 0 is allowed and takes one line of memory.
  /// - Precondition: the machine can reserve the memory; callers check the need against what there is beforehand.
  package init(count: Int) {
    precondition(count >= 0 && count < Int.max / 8)
    let bytes = max(64, (count * MemoryLayout<Float>.stride + 63) / 64 * 64)
    let alignment = bytes >= 2 << 20 ? 2 << 20 : 64
    var address: UnsafeMutableRawPointer?
    let code = posix_memalign(&address, alignment, bytes)
    guard code == 0, let address else { preconditionFailure("out of memory: \(bytes) bytes") }
    if alignment > 64 { madvise(address, bytes, MADV_HUGEPAGE) }
    memset(address, 0, bytes)
    pointer = address.bindMemory(to: Float.self, capacity: count)
    self.count = count
  }

  deinit { free(pointer) }

  /// The values as a buffer.
  package var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }
}
