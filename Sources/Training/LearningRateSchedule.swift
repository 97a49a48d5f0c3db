import Foundation

/// The learning rate of each step: a linear warm-up, then a constant, or a descent that reaches its floor where the
/// step after the last one would be.
package struct LearningRateSchedule: Sendable, Equatable, Codable {
  package enum Shape: String, Sendable, Codable, CaseIterable {
    case constant, linear, cosine
  }

  package var shape: Shape
  /// The highest rate.
  package var peak: Double
  /// Steps until the peak: step s of them has (s + 1) / warmupSteps of it.
  package var warmupSteps: Int
  /// Steps of the whole run.
  package var totalSteps: Int
  /// What the rate falls to, as a share of the peak.
  package var floorShare: Double

  package init(
    shape: Shape = .constant, peak: Double, warmupSteps: Int = 0, totalSteps: Int, floorShare: Double = 0
  ) {
    self.shape = shape
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
    self.floorShare = floorShare
  }

  /// The rate of a step, counted from 0.
  package func rate(step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    let span = max(1, totalSteps - warmupSteps)
    let done = min(1, Double(step - warmupSteps) / Double(span))
    let share: Double
    switch shape {
    case .constant: share = 1
    case .linear: share = 1 - done
    case .cosine: share = 0.5 * (1 + cos(.pi * done))
    }
    return peak * (floorShare + (1 - floorShare) * share)
  }

  /// What is wrong, naming the flag; nil where nothing is.
  package var fault: String? {
    if !(peak > 0 && peak.isFinite) { return "--learning-rate must be more than 0, not \(peak)" }
    if warmupSteps < 0 { return "--warmup-steps must be 0 or more, not \(warmupSteps)" }
    if warmupSteps > totalSteps {
      return "--warmup-steps \(warmupSteps) is more than the run's \(totalSteps) steps"
    }
    if !(floorShare >= 0 && floorShare <= 1) { return "--learning-rate-floor must be 0 to 1, not \(floorShare)" }
    return nil
  }
}
