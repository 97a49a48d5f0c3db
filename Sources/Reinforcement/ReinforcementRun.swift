package import FineTuning
import Foundation
import Judge
package import LocalInference
import ModelFiles
package import TrainingRecords
package import Training

/// Reinforcement learning from its first step to its last: the driver of `ReinforcementLoop`, with files, validation
/// and signals.
///
/// Theory of operation. A checkpoint holds parameters, moments, the steps done and the task's cursor, and is written
/// after the step's line of metrics; everything drawn hangs on the seed and the step. So a run that is killed and
/// resumed goes the way it would have gone.
package actor ReinforcementRun {
  /// What a run works on.
  package struct Job: Sendable {
    package var settings: GRPOSettings
    package var trainer: Trainer.Settings
    package var steps: Int
    package var task: VerdictTask
    package var model: TrainingModel
    /// The engine that rolls out.
    package var local: LocalModel
    /// Rows of a micro-batch, and of the largest sequence.
    package var rowsMax: Int
    package var recomputesLayers = false
    package var judge: ValidationJudge?
    /// Steps between validations; 0 validates at the end only.
    package var validateEvery = 0
    package var checkpointEvery = 5
    /// What the base model is called, and the SHA-256 of its files.
    package var base: (name: String?, fingerprint: String?) = (nil, nil)
    /// Texts that travel in the adapter's file.
    package var metadata: [String: String] = [:]

    package init(
      settings: GRPOSettings, trainer: Trainer.Settings, steps: Int, task: VerdictTask, model: TrainingModel,
      local: LocalModel, rowsMax: Int
    ) {
      self.settings = settings
      self.trainer = trainer
      self.steps = steps
      self.task = task
      self.model = model
      self.local = local
      self.rowsMax = rowsMax
    }
  }

  /// How a run ended.
  package enum Ending: Sendable, Equatable {
    case finished(step: Int)
    /// A signal asked for it; the checkpoint is written.
    case interrupted(StopSignals.Signal, step: Int)
  }

  /// What a run tells while it goes on.
  package enum Progress: Sendable {
    case step(number: Int, of: Int, statistics: RolloutStatistics, tokens: Int)
    case validation(step: Int, values: [String: Double], isBest: Bool)
  }

  private typealias Loop = ReinforcementLoop<VerdictTask, EngineRollouts, TrainedPolicy>

  private let executor = ComputeExecutor(label: "persrm-training")
  nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let job: Job
  private let files: RunFiles
  private let trainer: Trainer
  private let policy: TrainedPolicy
  private var memory = RunMemory()
  private let state: Loop.State?
  private let stopRequest: @Sendable () -> StopSignals.Signal?
  private let report: @Sendable (Progress) -> Void

  private static let stateName = "rollouts.json"

  /// - Parameters:
  ///   - job: its model has the parameters that the run begins with; they become the reference.
  ///   - checkpoint: the folder to go on from.
  /// - Throws: `ModelFileError` and decoding errors where the checkpoint is another run's.
  package init(
    _ job: Job, files: RunFiles, checkpoint: String?,
    stopRequest: @escaping @Sendable () -> StopSignals.Signal? = { nil },
    report: @escaping @Sendable (Progress) -> Void = { _ in }
  ) throws {
    self.job = job
    self.files = files
    self.stopRequest = stopRequest
    self.report = report
    trainer = Trainer(
      TrainingPass(job.model, rowsMax: job.rowsMax, recomputesLayers: job.recomputesLayers), settings: job.trainer)
    policy = TrainedPolicy(trainer, swap: job.local.adapterSwap, rowsMax: job.rowsMax)
    guard let checkpoint else {
      state = nil
      return
    }
    try trainer.read(from: checkpoint)
    memory = try RunMemory(directory: checkpoint)
    state = try JSONDecoder().decode(
      Loop.State.self, from: Data(contentsOf: URL(filePath: checkpoint + "/" + Self.stateName)))
  }

  /// Trains until the end, or until a signal asks to stop.
  ///
  /// - Throws: `Trainer.StepError`, `EngineError`, what files throw, and `JudgeError` of a validation.
  package func run() async throws -> Ending {
    var loop = Loop(
      job.settings, task: job.task, engine: EngineRollouts(job.local), policy: policy)
    if let state { try loop.resume(at: state) }
    try await policy.publish()
    if loop.stepCount == 0, job.judge != nil, memory.validations == 0 { _ = try await validate(step: 0) }
    while loop.stepCount < job.steps {
      if let signal = stopRequest() {
        try checkpoint(loop.state, isBest: false)
        return .interrupted(signal, step: loop.stepCount)
      }
      let start = ContinuousClock.now
      let step = try await loop.step()
      let number = step.number + 1
      try record(step, seconds: (ContinuousClock.now - start) / .seconds(1))
      report(.step(number: number, of: job.steps, statistics: step.statistics, tokens: step.tokens))
      let isLast = number == job.steps
      var isBest = false
      if isLast || (job.validateEvery > 0 && number % job.validateEvery == 0) {
        isBest = try await validate(step: number)
      }
      if isLast || isBest || number % job.checkpointEvery == 0 { try checkpoint(loop.state, isBest: isBest) }
    }
    return .finished(step: loop.stepCount)
  }

  private func record(_ step: Loop.Step, seconds: Double) throws {
    var values = Dictionary(uniqueKeysWithValues: step.statistics.metrics.map { ($0.tag, $0.value) })
    values[MetricTag.learningRate] = step.learningRate
    values[MetricTag.gradientNorm] = step.gradientNorm
    values[MetricTag.tokensPerSecond] = Double(step.tokens) / seconds
    var texts: [String: String] = [:]
    for (index, sample) in step.samples.enumerated() {
      texts["sample/\(index)"] =
        "\(sample.name): \(sample.outcome.kind), reward \(sample.outcome.reward)\n\(sample.text)"
    }
    try files.record(step: step.number + 1, values: values, texts: texts)
  }

  /// - Returns: whether it is the best so far.
  private func validate(step: Int) async throws -> Bool {
    guard let judge = job.judge else { return false }
    var values: [String: Double] = [:]
    for (method, measure) in try await judge.measure() {
      let suffix = method == judge.settings.methods.first ? "" : "_\(method.rawValue)"
      for (tag, value) in measure.values { values[tag + suffix] = value }
    }
    let isBest = memory.remember(merit: values[MetricTag.evalAccuracy])
    if step > 0 { try files.record(step: step, values: values) }
    report(.validation(step: step, values: values, isBest: isBest))
    return isBest
  }

  private func checkpoint(_ state: Loop.State, isBest: Bool) throws {
    if files.lastCheckpointStep == state.step, !isBest { return }
    try files.checkpoint(step: state.step, best: isBest ? memory.bestMerit : nil) { directory in
      try trainer.write(to: directory)
      try memory.write(to: directory)
      try JSONEncoder().encode(state).write(to: URL(filePath: directory + "/" + Self.stateName))
      try job.model.adapter(base: job.base, metadata: job.metadata).write(to: directory + "/adapter")
    }
  }
}
