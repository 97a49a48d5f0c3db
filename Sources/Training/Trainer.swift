import Kernels
import Randomness
import Tensors

/// Turns micro-batches into updates: gradients, clipping, AdamW, the learning rate's schedule.
///
/// A step is a function of the parameters, the moments, the step's number, the seed and the micro-batches: dropout
/// takes its random numbers from the seed and these numbers. So a run resumed from a checkpoint goes on to the bit.
package final class Trainer {
  /// Rows to compute together, and what is to be minimised.
  package struct MicroBatch: Sendable {
    package var batch: PackedBatch
    package var objective: any TokenObjective

    package init(batch: PackedBatch, objective: any TokenObjective) {
      self.batch = batch
      self.objective = objective
    }
  }

  package struct Settings: Sendable, Equatable, Codable {
    package var optimiser: AdamW.Settings
    package var schedule: LearningRateSchedule
    /// The largest Euclidean norm of a step's gradient; 0 does not clip.
    package var gradientNormMax: Double
    package var seed: UInt64

    package init(
      optimiser: AdamW.Settings = AdamW.Settings(), schedule: LearningRateSchedule, gradientNormMax: Double = 1,
      seed: UInt64
    ) {
      self.optimiser = optimiser
      self.schedule = schedule
      self.gradientNormMax = gradientNormMax
      self.seed = seed
    }

    /// What is wrong, naming the flag; nil where nothing is.
    package var fault: String? {
      if !(gradientNormMax >= 0 && gradientNormMax.isFinite) {
        return "--max-grad-norm must be 0 or more, not \(gradientNormMax)"
      }
      return optimiser.fault ?? schedule.fault
    }
  }

  /// What a step did.
  package struct StepRecord: Sendable, Equatable {
    /// The sum of the micro-batches' losses.
    package var loss: Double
    package var learningRate: Double
    /// Before clipping.
    package var gradientNorm: Double
    package var wasClipped: Bool
    /// Tokens computed.
    package var rows: Int
    package var targets: Int
    /// The mean of the targets' entropies, nats.
    package var entropy: Double
    /// Of each micro-batch.
    package var results: [TrainingPass.Result]
  }

  /// Why a step cannot be taken.
  package enum StepError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The loss or the gradient is no number. The parameters are as they were before the step.
    case notFinite(step: Int, loss: Double, gradientNorm: Double)

    package var description: String {
      switch self {
      case .notFinite(let step, let loss, let norm):
        "step \(step + 1): the loss (\(loss)) or the gradient's norm (\(norm)) is not a number; the last checkpoint is "
          + "whole, a lower --learning-rate may help"
      }
    }
  }

  package let model: TrainingModel
  package let settings: Settings
  package let pass: TrainingPass
  package private(set) var optimiser: AdamW

  package init(_ pass: TrainingPass, settings: Settings) {
    self.pass = pass
    self.settings = settings
    model = pass.model
    optimiser = AdamW(pass.model.parameters, settings: settings.optimiser, parallel: pass.model.parallel)
  }

  /// Steps done.
  package var stepCount: Int { optimiser.stepCount }

  /// The dropout's seed of a micro-batch.
  package static func dropoutSeed(_ seed: UInt64, step: Int, rank: Int, microBatch: Int) -> UInt64 {
    StableHash.mix(seed ^ StableHash.mix(UInt64(step) << 32 | UInt64(rank) << 20 | UInt64(microBatch)))
  }

  /// Takes one step.
  ///
  /// - Parameters:
  ///   - rank: of this process, where several train together: their dropouts differ.
  ///   - combine: adds up the gradients over ranks, and the loss where it is given one; nothing for one process.
  /// - Throws: `StepError`, and what `combine` throws.
  package func step(
    _ microBatches: [MicroBatch], rank: Int = 0,
    combine: (_ gradients: UnsafeMutableBufferPointer<Float>, _ loss: inout Double) throws -> Void = { _, _ in }
  ) throws -> StepRecord {
    let step = stepCount
    model.parameters.clearGradients()
    var results: [TrainingPass.Result] = []
    for (index, microBatch) in microBatches.enumerated() {
      let seed = Self.dropoutSeed(settings.seed, step: step, rank: rank, microBatch: index)
      results.append(run(microBatch.batch, microBatch.objective, mode: .train(dropoutSeed: seed)))
    }
    var loss = results.reduce(0) { $0 + $1.loss }
    try combine(model.parameters.gradients.values, &loss)
    let norm = model.parameters.gradientNorm(parallel: model.parallel)
    guard loss.isFinite, norm.isFinite else { throw StepError.notFinite(step: step, loss: loss, gradientNorm: norm) }
    let clips = settings.gradientNormMax > 0 && norm > settings.gradientNormMax
    let rate = settings.schedule.rate(step: step)
    optimiser.update(
      learningRate: rate, gradientScale: clips ? Float(settings.gradientNormMax / (norm + 1e-6)) : 1)
    let targets = results.reduce(0) { $0 + $1.entropies.count }
    let entropy = results.reduce(0) { $0 + $1.entropies.reduce(0) { $0 + Double($1) } }
    return StepRecord(
      loss: loss, learningRate: rate, gradientNorm: norm, wasClipped: clips,
      rows: microBatches.reduce(0) { $0 + $1.batch.rowCount }, targets: targets,
      entropy: targets == 0 ? 0 : entropy / Double(targets), results: results)
  }

  private func run(
    _ batch: PackedBatch, _ objective: some TokenObjective, mode: TrainingPass.Mode
  ) -> TrainingPass.Result {
    pass.run(batch, objective: objective, mode: mode)
  }

  /// Sets the counter of steps, where moments and parameters come from a checkpoint.
  package func resume(stepCount: Int) { optimiser.stepCount = stepCount }
}
