import DataFiles
import Foundation

/// Progress on standard error.
final class Console {
  private let start = ContinuousClock.now
  private var line: ProgressLine

  init(total: Int) { line = ProgressLine(total: total, isTerminal: isatty(STDERR_FILENO) == 1) }

  func show(_ count: Int, resumed: Int) {
    let now = (ContinuousClock.now - start) / .seconds(1)
    let state = ProgressLine.State(count: count, resumedCount: resumed, wallSeconds: now)
    if let text = line.update(state, now: now) { FileHandle.standardError.write(Data(text.utf8)) }
  }
}
