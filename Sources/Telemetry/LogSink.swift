private import Glibc
import Synchronization

/// Where log lines go: one descriptor, each line in one `write(2)`, lines of threads never mixed.
///
/// `write` and not `stdout`: Glibc's streams are shared mutable state. A line that cannot be written (closed pipe, full
/// disk) is dropped and counted; logging never ends the process. SIGPIPE must be ignored by the program.
package final class LogSink: Sendable {
  /// Standard error.
  package static let standardError = LogSink(descriptor: 2)

  private let descriptor: Int32
  private let turn = Mutex<Void>(())
  /// Lines lost.
  package let dropped = Counter()

  /// - Parameter descriptor: stays open as long as the sink is used; not closed by it.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// True when a person is likely to read along.
  package var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes `line` and a line feed.
  package func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    turn.withLock { _ in
      var offset = 0
      while offset < bytes.count {
        // SAFETY: the pointer stays within `bytes` and is used only for this call.
        let count = bytes.withUnsafeBytes { buffer in
          let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
          return Glibc.write(descriptor, rest.baseAddress, rest.count)
        }
        if count > 0 {
          offset += count
        } else if count < 0 && errno == EINTR {
          continue
        } else {
          dropped.add()
          return
        }
      }
    }
  }
}
