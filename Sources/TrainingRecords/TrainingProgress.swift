import DataFiles

/// The line that says how far a training run is: steps, per cent, loss or reward, tokens per second, time left.
///
/// On a terminal the line is redrawn; elsewhere a plain line comes every ten seconds and at the end. The caller writes
/// what `update` gives to standard error.
package struct TrainingProgress: Sendable {
  /// What is shown of a step's quality, as a mean that follows slowly, for one step's number jumps.
  package enum Measure: String, Sendable, Equatable {
    case loss
    case reward
  }

  /// Weight of the newest step in the mean.
  private static let newestWeight = 0.1

  private var line: ProgressLine
  private let measure: Measure
  private let resumedStep: Int
  private let startedAt: Double
  private var mean: Double?
  private var tokens = 0
  private var isMeanBroken = false

  /// - Parameters:
  ///   - totalSteps: of the whole run.
  ///   - resumedStep: steps that earlier parts of the run have done.
  ///   - now: seconds on any clock that does not go back, as in `update`.
  package init(totalSteps: Int, resumedStep: Int = 0, measure: Measure, isTerminal: Bool, now: Double) {
    line = ProgressLine(total: totalSteps, isTerminal: isTerminal)
    self.measure = measure
    self.resumedStep = resumedStep
    startedAt = now
  }

  /// Takes in a step.
  ///
  /// - Parameters:
  ///   - step: done now.
  ///   - value: loss or reward of the step; nil where it has none.
  ///   - tokens: that the step went over.
  ///   - notes: what else to show, such as "validation 1.234".
  /// - Returns: what to write now; nil where it is too early for another line.
  package mutating func update(
    step: Int, value: Double?, tokens: Int, notes: [String] = [], now: Double
  ) -> String? {
    self.tokens += tokens
    if let value {
      isMeanBroken = !value.isFinite
      if value.isFinite { mean = mean.map { $0 + Self.newestWeight * (value - $0) } ?? value }
    }
    let seconds = now - startedAt
    var parts = ["\(FixedDecimal.text(100 * Double(step) / Double(max(line.total, 1)), digits: 1)) %"]
    if isMeanBroken {
      parts.append("\(measure.rawValue) not finite")
    } else if let mean {
      parts.append("\(measure.rawValue) \(FixedDecimal.text(mean, digits: 4))")
    }
    if seconds > 0, self.tokens > 0 {
      parts.append("\(FixedDecimal.text(Double(self.tokens) / seconds, digits: 0)) tokens/s")
    }
    let state = ProgressLine.State(
      count: min(step, line.total), resumedCount: resumedStep, wallSeconds: seconds, notes: parts + notes)
    return line.update(state, now: now)
  }
}
