import DataFiles
import Foundation
import Synchronization
package import TrainingRecords

/// Progress and remarks of a training run on standard error.
package final class TrainingConsole: Sendable {
  private struct State {
    var progress: TrainingProgress?
    var lastCount = 0.0
  }

  private let measure: TrainingProgress.Measure
  private let start = ContinuousClock.now
  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) == 1

  package init(measure: TrainingProgress.Measure) { self.measure = measure }

  private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

  package func note(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n") }

  /// Traces read so far.
  package func count(_ count: Int, _ what: String) {
    guard isTerminal else { return }
    let now = now
    let isDue = state.withLock { state in
      guard now - state.lastCount > 0.1 else { return false }
      state.lastCount = now
      return true
    }
    if isDue { write("\r\u{1B}[K\(count) \(what)") }
  }

  package func loading(_ share: Double) {
    if isTerminal { write("\r\u{1B}[Kweights \(Int(share * 100)) %" + (share >= 1 ? "\n" : "")) }
  }

  package func begin(steps: Int, resumedStep: Int) {
    let (isTerminal, now, measure) = (isTerminal, now, measure)
    state.withLock {
      $0.progress = TrainingProgress(
        totalSteps: steps, resumedStep: resumedStep, measure: measure, isTerminal: isTerminal, now: now)
    }
  }

  /// A step is done.
  ///
  /// - Parameters:
  ///   - value: its loss or reward.
  ///   - tokens: that it went over.
  package func step(_ step: Int, value: Double?, tokens: Int, notes: [String] = []) {
    let now = now
    let text = state.withLock { state in
      state.progress?.update(step: step, value: value, tokens: tokens, notes: notes, now: now)
    }
    if let text { write(text) }
  }

  /// A validation is done.
  package func validation(step: Int, values: [String: Double], isBest: Bool) {
    let parts = values.sorted { $0.key < $1.key }.map { "\($0.key) \(FixedDecimal.text($0.value, digits: 4))" }
    note("step \(step): \(parts.joined(separator: ", "))\(isBest ? " (best)" : "")")
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
