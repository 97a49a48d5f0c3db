#if canImport(Glibc)
  import Glibc
#endif

/// A fixed run of float32 values, 64-byte aligned, zeroed, in memory of its own.
///
/// Buffers of 2 MiB and more are mapped: their pages take no memory until they are written, and ask to be huge ones.
/// Weights and the key-value cache are read front to back many times a second, and address translation would cost a
/// tenth of that.
// SAFETY: the address never changes and is freed once, in `deinit`; who may write when is the owner's contract
// (weights: nobody after loading; activations and cache: the engine's thread and its parallel regions).
package final class FloatBuffer: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Float>
  /// Number of values.
  package let count: Int
  private let mappedBytes: Int

  private static let hugePage = 2 << 20

  /// - Parameter count: values; 0 is allowed.
  /// - Precondition: the machine can reserve the memory; callers check the need against what there is beforehand.
  package init(count: Int) {
    precondition(count >= 0 && count < Int.max / 8)
    self.count = count
    let bytes = max(64, (count * MemoryLayout<Float>.stride + 63) / 64 * 64)
    var address: UnsafeMutableRawPointer?
    if bytes >= Self.hugePage {
      mappedBytes = bytes
      address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      if address == MAP_FAILED { address = nil }
    } else {
      mappedBytes = 0
      if posix_memalign(&address, 64, bytes) != 0 { address = nil }
    }
    guard let address else { preconditionFailure("out of memory: \(bytes) bytes") }
    if mappedBytes > 0 { madvise(address, bytes, Int32(MADV_HUGEPAGE)) } else { memset(address, 0, bytes) }
    pointer = address.bindMemory(to: Float.self, capacity: count)
  }

  deinit {
    if mappedBytes > 0 { munmap(pointer, mappedBytes) } else { free(pointer) }
  }

  /// The values as a buffer.
  package var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }
}
