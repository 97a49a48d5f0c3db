import Synchronization

/// One line that says how far a benchmark is: rewritten in place on a terminal, a line now and then in a log.
package final class BenchmarkProgress: Sendable {
  /// Least time between two lines: what an eye can follow, and what a log should hold.
  private static let terminalSeconds = 0.1
  private static let logSeconds = 5.0

  package let isTerminal: Bool
  private let now: @Sendable () -> Double
  private let write: @Sendable (String) -> Void
  private let shownAt = Mutex<Double?>(nil)

  /// - Parameters:
  ///   - now: seconds on any clock that does not go back.
  ///   - write: takes text as it goes to the terminal or log.
  package init(
    isTerminal: Bool, now: @escaping @Sendable () -> Double = Stopwatch.monotonicSeconds,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.now = now
    self.write = write
  }

  /// Nothing is shown.
  package static let silent = BenchmarkProgress(isTerminal: false) { _ in }

  /// Says what is being measured now, unless something was said a moment ago.
  package func step(_ done: Int, of total: Int, _ name: String) {
    let time = now()
    let isDue = shownAt.withLock { shownAt in
      if let last = shownAt, time - last < (isTerminal ? Self.terminalSeconds : Self.logSeconds) { return false }
      shownAt = time
      return true
    }
    guard isDue else { return }
    // Back to the line's start and clear what a longer line left.
    let text = "\(done)/\(total)  \(name)"
    write(isTerminal ? "\r\(text)\u{1B}[K" : text + "\n")
  }

  /// Clears the line, so that what follows begins on one of its own.
  package func end() { if isTerminal { write("\r\u{1B}[K") } }
}
