import DataFiles
import FineTuning
import Foundation
import Synchronization
import TrainingRecords

/// Progress and remarks on standard error.
final class TrainingConsole: Sendable {
  private struct State {
    var progress: TrainingProgress?
    var notes: [String] = []
    var lastCount = 0.0
  }

  private let start = ContinuousClock.now
  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) == 1

  private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

  func note(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n") }

  /// Traces read so far.
  func count(_ count: Int, _ what: String) {
    guard isTerminal else { return }
    let now = now
    let isDue = state.withLock { state in
      guard now - state.lastCount > 0.1 else { return false }
      state.lastCount = now
      return true
    }
    if isDue { write("\r\u{1B}[K\(count) \(what)") }
  }

  func loading(_ share: Double) {
    if isTerminal { write("\r\u{1B}[Kweights \(Int(share * 100)) %" + (share >= 1 ? "\n" : "")) }
  }

  func begin(steps: Int, resumedStep: Int) {
    let (isTerminal, now) = (isTerminal, now)
    state.withLock {
      $0.progress = TrainingProgress(
        totalSteps: steps, resumedStep: resumedStep, measure: .loss, isTerminal: isTerminal, now: now)
    }
  }

  func show(_ progress: SupervisedProgress) {
    let now = now
    switch progress {
    case .step(let step):
      let text = state.withLock { state in
        state.progress?.update(step: step.step, value: step.loss, tokens: step.rows, notes: state.notes, now: now)
      }
      if let text { write(text) }
    case .validation(let validation):
      let parts = validation.values.sorted { $0.key < $1.key }.map {
        "\($0.key) \(FixedDecimal.text($0.value, digits: 4))"
      }
      note("step \(validation.step): \(parts.joined(separator: ", "))\(validation.isBest ? " (best)" : "")")
    }
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
