import DataFiles
import Reinforcement
import TrainingCommands
import TrainingRecords

/// What a run tells, as progress.
extension TrainingConsole {
  func show(_ progress: ReinforcementRun.Progress) {
    switch progress {
    case .step(let number, _, let statistics, let tokens):
      func rate(_ tag: String, _ name: String) -> String? {
        statistics[tag].map { "\(name) \(FixedDecimal.text(100 * $0, digits: 0)) %" }
      }
      let notes = [
        rate(MetricTag.accuracy, "right"), rate(MetricTag.formatRate, "well-formed"), rate(MetricTag.tieRate, "ties"),
      ].compactMap { $0 }
      step(number, value: statistics[MetricTag.reward], tokens: tokens, notes: notes)
    case .validation(let step, let values, let isBest): validation(step: step, values: values, isBest: isBest)
    }
  }
}
