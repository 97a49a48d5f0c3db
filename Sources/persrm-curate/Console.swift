import DataFiles
import Foundation

/// Progress on standard error: one line that changes on a terminal, a line now and then elsewhere.
final class Console {
  private let start = ContinuousClock.now
  private var stage = ""
  private var line: ProgressLine?
  private var stageStart = 0.0

  private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

  func show(_ stage: String, _ done: Int, of total: Int, resumed: Int = 0, notes: [String] = []) {
    if stage != self.stage {
      self.stage = stage
      stageStart = now
      line = ProgressLine(total: total, isTerminal: isatty(STDERR_FILENO) == 1)
    }
    let state = ProgressLine.State(
      count: done, resumedCount: resumed, wallSeconds: now - stageStart, notes: [stage] + notes)
    if let text = line?.update(state, now: now) { write(text) }
  }

  func finish(_ text: String) { write(text + "\n") }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
