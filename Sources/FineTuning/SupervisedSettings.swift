package import Training

/// Everything that decides what a supervised run does, but for its files.
package struct SupervisedSettings: Sendable, Equatable, Codable {
  package enum Preset: String, Sendable, CaseIterable {
    /// The paper's: batch 64, learning rate 5e-6, one epoch; every weight is trained.
    case paper
    /// For small models on a processor: adapters, a higher rate, smaller batches.
    case lora
  }

  /// Nil trains every weight.
  package var lora: LoRASettings?
  package var examples = TraceExamples.Settings()
  /// Traces of a step.
  package var batch = 64
  package var epochs = 1
  /// Steps at most, whatever the epochs; nil for no bound.
  package var stepsMax: Int?
  package var learningRate = 5e-6
  package var schedule = LearningRateSchedule.Shape.cosine
  /// Share of the steps that warm up.
  package var warmupShare = 0.03
  package var optimiser = AdamW.Settings()
  package var gradientNormMax = 1.0
  package var verdictWeight = 1.0
  package var decisionWeight = 1.0
  /// Rows of a micro-batch.
  package var microBatchTokens = 4096
  package var seed: UInt64 = 0
  /// Steps between validations; 0 validates at the end only.
  package var validateEvery = 0
  /// Validations without a better one after which the run ends; 0 never ends early.
  package var patience = 0

  package init(preset: Preset) {
    switch preset {
    case .paper: lora = nil
    case .lora:
      lora = LoRASettings()
      batch = 16
      learningRate = 5e-4
      verdictWeight = 4
      decisionWeight = 4
    }
  }

  /// Steps of the whole run.
  package func steps(traceCount: Int) -> Int {
    let plan = SupervisedPlan(traceCount: traceCount, batch: batch, seed: seed)
    return min(stepsMax ?? .max, plan.stepsPerEpoch * epochs)
  }

  package func trainer(steps: Int) -> Trainer.Settings {
    Trainer.Settings(
      optimiser: optimiser,
      schedule: LearningRateSchedule(
        shape: schedule, peak: learningRate,
        warmupSteps: min(steps, warmupShare == 0 ? 0 : max(1, Int((warmupShare * Double(steps)).rounded()))),
        totalSteps: steps),
      gradientNormMax: gradientNormMax, seed: seed)
  }

  /// What is wrong, naming the flag; nil where nothing is.
  package var fault: String? {
    if batch < 1 { return "--batch must be 1 or more, not \(batch)" }
    if epochs < 1 { return "--epochs must be 1 or more, not \(epochs)" }
    if let stepsMax, stepsMax < 1 { return "--steps must be 1 or more, not \(stepsMax)" }
    if !(warmupShare >= 0 && warmupShare <= 1) { return "--warmup must be 0 to 1, not \(warmupShare)" }
    for (flag, weight) in [("verdict", verdictWeight), ("decision", decisionWeight)]
    where !(weight > 0 && weight.isFinite) {
      return "--\(flag)-weight must be more than 0, not \(weight)"
    }
    if microBatchTokens < 1 { return "--micro-batch-tokens must be 1 or more, not \(microBatchTokens)" }
    if examples.tokensMax < 64 { return "--tokens-max must be 64 or more, not \(examples.tokensMax)" }
    if examples.forms.isEmpty { return "--forms names no form" }
    if Set(examples.forms).count < examples.forms.count { return "--forms names a form twice" }
    if validateEvery < 0 { return "--validate-every must be 0 or more, not \(validateEvery)" }
    if patience < 0 { return "--patience must be 0 or more, not \(patience)" }
    return lora?.fault ?? trainer(steps: 1).fault
  }
}
