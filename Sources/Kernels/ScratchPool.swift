import Synchronization
import Tensors

/// Working memory of products, kept from call to call.
///
/// A product borrows a buffer, which nobody else has until it is given back; so calls that run at the same time, or
/// parts of one, never share one. There are as many buffers as were ever in use at one time, each as long as the
/// longest run asked of it.
final class ScratchPool: Sendable {
  private let free = Mutex<[FloatBuffer]>([])

  /// Bytes of the buffers that nobody has at the moment.
  var byteCount: Int { free.withLock { $0.reduce(0) { $0 + $1.count } } * MemoryLayout<Float>.stride }

  /// Calls `body` with at least `floats` floats, 64-byte aligned, of any value.
  func withScratch(floats: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let buffer = borrow(floats: floats)
    body(buffer.pointer)
    free.withLock { $0.append(buffer) }
  }

  /// The shortest free buffer that is long enough; a new one in the place of a shorter one where there is none.
  private func borrow(floats: Int) -> FloatBuffer {
    let found = free.withLock { buffers -> FloatBuffer? in
      let fitting = buffers.indices.filter { buffers[$0].count >= floats }
      if let best = fitting.min(by: { buffers[$0].count < buffers[$1].count }) { return buffers.remove(at: best) }
      _ = buffers.popLast()
      return nil
    }
    return found ?? FloatBuffer(count: (floats + 0x3FFF) / 0x4000 * 0x4000)
  }
}
