package import DataParallel
import Foundation
import Judge
package import LocalInference
import ModelFiles
package import TrainingRecords
package import Training

/// Supervised fine-tuning from its first step to its last: the driver of `Trainer`, with files, validation and signals.
///
/// Theory of operation. A step's traces follow from its number (`SupervisedPlan`), what a step computes from its
/// number, the seed, parameters and moments (`Trainer`). A checkpoint holds these and what early stopping remembers,
/// and is written after the step's line of metrics. So a run that is killed and resumed goes the way it would have
/// gone, to the bit. With several ranks each takes every n-th trace of a step; the first keeps the files and validates.
package actor SupervisedRun {
  /// What a run works on.
  package struct Job: Sendable {
    package var settings: SupervisedSettings
    package var traces: TraceSet
    package var examples: TraceExamples
    package var model: TrainingModel
    /// Whether layers are computed again in backward.
    package var recomputesLayers = false
    /// Traces of held-out authors for the loss.
    package var validation: TraceSet?
    /// Pairs of held-out authors for the accuracy, judged by the engine that serves.
    package var judging: Judging?
    /// What the base model is called, and the SHA-256 of its files.
    package var base: (name: String?, fingerprint: String?)
    /// Texts that travel in the adapter's file.
    package var metadata: [String: String] = [:]
    /// Steps between checkpoints.
    package var checkpointEvery = 50

    package init(
      settings: SupervisedSettings, traces: TraceSet, examples: TraceExamples, model: TrainingModel,
      base: (name: String?, fingerprint: String?) = (nil, nil)
    ) {
      self.settings = settings
      self.traces = traces
      self.examples = examples
      self.model = model
      self.base = base
    }
  }

  /// The serving engine, and how it is measured.
  package struct Judging: Sendable {
    package let judge: ValidationJudge
    package let swap: AdapterSwap

    package init(judge: ValidationJudge, swap: AdapterSwap) {
      self.judge = judge
      self.swap = swap
    }
  }

  /// How a run ended.
  package enum Ending: Sendable, Equatable {
    /// All steps are done.
    case finished(step: Int)
    /// Validation no longer got better.
    case stoppedEarly(step: Int)
    /// A signal asked for it; the checkpoint is written.
    case interrupted(StopSignals.Signal, step: Int)
  }

  private let executor = ComputeExecutor(label: "persrm-training")
  nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let job: Job
  private let steps: Int
  private let plan: SupervisedPlan
  private let batches: SupervisedBatches
  private let communicator: any Communicator
  private let trainer: Trainer
  private let validation: [Trainer.MicroBatch]
  private var memory: RunMemory
  private let files: RunFiles?
  private let stopRequest: @Sendable () -> StopSignals.Signal?
  private let report: @Sendable (SupervisedProgress) -> Void

  /// - Parameters:
  ///   - files: nil for ranks but the first.
  ///   - stopRequest: asked between steps.
  ///   - report: told of each step and each validation.
  /// - Throws: `ModelFileError` where the checkpoint to go on from is another run's.
  package init(
    _ job: Job, files: RunFiles?, communicator: any Communicator, checkpoint: String?,
    stopRequest: @escaping @Sendable () -> StopSignals.Signal? = { nil },
    report: @escaping @Sendable (SupervisedProgress) -> Void = { _ in }
  ) throws {
    self.job = job
    self.files = files
    self.communicator = communicator
    self.stopRequest = stopRequest
    self.report = report
    let settings = job.settings
    steps = settings.steps(traceCount: job.traces.traces.count)
    plan = SupervisedPlan(traceCount: job.traces.traces.count, batch: settings.batch, seed: settings.seed)
    batches = SupervisedBatches(
      rowsMax: settings.microBatchTokens, verdictWeight: Float(settings.verdictWeight),
      decisionWeight: Float(settings.decisionWeight))
    validation = try Self.validationBatches(job, batches)
    let rowsMax = max(
      settings.microBatchTokens, job.traces.rows.max() ?? 0, validation.map(\.batch.rowCount).max() ?? 0)
    trainer = Trainer(
      TrainingPass(job.model, rowsMax: rowsMax, recomputesLayers: job.recomputesLayers),
      settings: settings.trainer(steps: steps))
    memory = RunMemory()
    if let checkpoint {
      try trainer.read(from: checkpoint)
      memory = try RunMemory(directory: checkpoint)
    }
  }

  private static func validationBatches(
    _ job: Job, _ batches: SupervisedBatches
  ) throws(TraceExamples.Refusal) -> [Trainer.MicroBatch] {
    guard let validation = job.validation else { return [] }
    var all: [[TraceExamples.Example]] = []
    for trace in validation.traces { all.append(try job.examples.examples(trace, showsSwapped: false)) }
    return batches.microBatches(all, totalWeight: batches.weight(all.flatMap { $0 }))
  }

  // MARK: The loop

  /// Trains until the end, or until a signal asks to stop.
  ///
  /// - Throws: `Trainer.StepError`, what communication and files throw, and `JudgeError` of a validation.
  package func run() async throws -> Ending {
    if trainer.stepCount == 0, job.settings.validateEvery > 0, memory.validations == 0 { try await validate(step: 0) }
    while trainer.stepCount < steps {
      if let signal = try agreedStop() {
        try checkpoint(isBest: false)
        return .interrupted(signal, step: trainer.stepCount)
      }
      try takeStep()
      let step = trainer.stepCount
      let isLast = step == steps
      var isBest = false
      if isLast || (job.settings.validateEvery > 0 && step % job.settings.validateEvery == 0) {
        isBest = try await validate(step: step)
      }
      if isLast || isBest || step % job.checkpointEvery == 0 { try checkpoint(isBest: isBest) }
      if job.settings.patience > 0, memory.failures >= job.settings.patience, !isLast {
        try checkpoint(isBest: false)
        return .stoppedEarly(step: step)
      }
    }
    return .finished(step: trainer.stepCount)
  }

  /// The signal that any rank received; all ranks stop at the same step.
  private func agreedStop() throws -> StopSignals.Signal? {
    let own = stopRequest()
    let stops = communicator.size == 1 ? own != nil : try communicator.any(own != nil)
    return stops ? own ?? .terminate : nil
  }

  private func takeStep() throws {
    let start = ContinuousClock.now
    let step = trainer.stepCount
    let (microBatches, traces) = try microBatches(step)
    let record = try trainer.step(microBatches, rank: communicator.rank) { gradients, loss in
      guard communicator.size > 1 else { return }
      try communicator.allReduceSum(gradients)
      loss = try communicator.sums(of: [loss])[0]
    }
    memory.rows += record.rows
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let values = [
      MetricTag.loss: record.loss, MetricTag.learningRate: record.learningRate,
      MetricTag.gradientNorm: record.gradientNorm, MetricTag.entropy: record.entropy,
      MetricTag.tokensPerSecond: Double(record.rows) / seconds,
      MetricTag.epoch: Double(step + 1) / Double(plan.stepsPerEpoch),
    ]
    try files?.record(step: step + 1, values: values)
    report(
      .step(
        SupervisedProgress.Step(
          step: step + 1, steps: steps, loss: record.loss, rows: record.rows, traces: traces, seconds: seconds)))
  }

  /// This rank's part of a step. The loss is a mean over the targets of all ranks.
  private func microBatches(_ step: Int) throws -> (microBatches: [Trainer.MicroBatch], traces: Int) {
    let members = plan.members(step: step)
    var (own, weight) = ([[TraceExamples.Example]](), 0.0)
    for (index, member) in members.enumerated() {
      let examples = try job.examples.examples(
        job.traces.traces[member.trace], showsSwapped: member.showsSwapped)
      weight += batches.weight(examples)
      if index % communicator.size == communicator.rank { own.append(examples) }
    }
    return (batches.microBatches(own, totalWeight: weight), members.count)
  }

  // MARK: Validation

  /// Measures loss and accuracy on held-out authors.
  ///
  /// - Returns: whether it is the best so far.
  @discardableResult private func validate(step: Int) async throws -> Bool {
    var values: [String: Double] = [:]
    if !validation.isEmpty, communicator.isFirst {
      values[MetricTag.evalLoss] = validation.reduce(0) { sum, part in sum + loss(part) }
    }
    if let judging = job.judging, communicator.isFirst {
      try await judging.swap.replace(with: job.model.adapter())
      for (method, measure) in try await judging.judge.measure() {
        let suffix = method == judging.judge.settings.methods.first ? "" : "_\(method.rawValue)"
        for (tag, value) in measure.values { values[tag + suffix] = value }
      }
    }
    let merit = try agreedMerit(values)
    let isBest = memory.remember(merit: merit)
    if values.isEmpty { return isBest }
    // Without a step yet, there is no line to stand beside.
    if step > 0 { try files?.record(step: step, values: values) }
    report(.validation(SupervisedProgress.Validation(step: step, values: values, isBest: isBest)))
    return isBest
  }

  private func loss(_ part: Trainer.MicroBatch) -> Double {
    func run(_ objective: some TokenObjective) -> Double {
      trainer.pass.run(part.batch, objective: objective, mode: .evaluate).loss
    }
    return run(part.objective)
  }

  /// What selects, the same on all ranks: the accuracy where a judge measures it, else the loss, its sign turned.
  private func agreedMerit(_ values: [String: Double]) throws -> Double? {
    let own = values[MetricTag.evalAccuracy] ?? values[MetricTag.evalLoss].map { -$0 }
    if communicator.size == 1 { return own }
    let shared = try communicator.sums(of: [own ?? 0, own == nil ? 0 : 1])
    return shared[1] > 0 ? shared[0] : nil
  }

  // MARK: Checkpoints

  private func checkpoint(isBest: Bool) throws {
    guard let files else { return }
    if files.lastCheckpointStep == trainer.stepCount, !isBest { return }
    try files.checkpoint(step: trainer.stepCount, best: isBest ? memory.bestMerit : nil) { directory in
      try trainer.write(to: directory)
      try memory.write(to: directory)
      if job.model.lora != nil {
        try job.model.adapter(base: job.base, metadata: job.metadata).write(to: directory + "/adapter")
      }
    }
  }
}

/// What a supervised run tells while it goes on.
package enum SupervisedProgress: Sendable, Equatable {
  package struct Step: Sendable, Equatable {
    /// Done now, of so many.
    package var step: Int
    package var steps: Int
    package var loss: Double
    /// Tokens computed, by this rank.
    package var rows: Int
    package var traces: Int
    package var seconds: Double
  }

  package struct Validation: Sendable, Equatable {
    package var step: Int
    /// By tag.
    package var values: [String: Double]
    package var isBest: Bool
  }

  case step(Step)
  case validation(Validation)
}
