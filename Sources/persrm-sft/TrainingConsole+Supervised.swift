import FineTuning
import TrainingCommands

/// What a run tells, as progress.
extension TrainingConsole {
  func show(_ progress: SupervisedProgress) {
    switch progress {
    case .step(let step): self.step(step.step, value: step.loss, tokens: step.rows)
    case .validation(let found): validation(step: found.step, values: found.values, isBest: found.isBest)
    }
  }
}
