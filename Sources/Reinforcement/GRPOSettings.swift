package import Judge

/// All numbers of a GRPO run that are not about the model, with the two presets.
///
/// Every field is set by a flag whose name `Flag` has, and errors name the flag.
package struct GRPOSettings: Sendable, Equatable, Codable {
  /// Where the numbers start from.
  package enum Preset: String, Sendable, Codable, CaseIterable {
    /// As PersRM-R1 has them, and as GRPO was first described where the paper is silent.
    case paper
    /// What later work found better: every token counts alike, advantages are not divided by the deviation, more room
    /// above than below, groups without variance replaced, samples corrected for the engine's precision.
    case modern
  }

  /// Prompts of a step; a group of completions each.
  package var promptsPerStep = 32
  /// G.
  package var samplesPerPrompt = 8
  /// Updates of the weights that a step's completions are cut into; 1 is on policy.
  package var updatesPerStep = 1
  package var learningRate = 3e-7
  package var objective = PolicyObjective(klCoefficient: 1e-3)
  package var advantages = GroupAdvantages.Settings()
  package var lossWeights = LossWeights.sequenceMean
  /// Prompts that a step tries at most, as a multiple of `promptsPerStep`; nil keeps groups without variance.
  package var resampleFactor: Double?
  package var rewards = VerdictReward.Options()
  package var plan = RolloutPlan.Options()
  /// Tokens of a completion at most, the end of turn included.
  package var maxTokens = 512
  package var temperature = 1.0
  package var topP = 1.0
  package var seed: UInt64 = 0

  package init() {}

  package init(preset: Preset) {
    guard preset == .modern else { return }
    objective.clipHigh = 0.28
    objective.importanceCap = 2
    advantages.scale = .none
    lossWeights = .tokenMean
    resampleFactor = 3
  }

  /// The names of the flags.
  package enum Flag: String, Sendable, CaseIterable {
    case promptsPerStep = "--prompts-per-step"
    case samplesPerPrompt = "--samples-per-prompt"
    case updatesPerStep = "--updates-per-step"
    case learningRate = "--learning-rate"
    case clipLow = "--clip-low"
    case clipHigh = "--clip-high"
    case dualClip = "--dual-clip"
    case klCoefficient = "--kl-coefficient"
    case importanceCap = "--importance-cap"
    case baseline = "--baseline"
    case advantageScale = "--advantage-scale"
    case advantageEpsilon = "--advantage-epsilon"
    case lossWeights = "--loss-weights"
    case resampleFactor = "--resample-factor"
    case agreementBonus = "--agreement-bonus"
    case denseReward = "--dense-reward"
    case denseShape = "--dense-shape"
    case lengthBudget = "--length-budget"
    case lengthRamp = "--length-ramp"
    case lengthPenalty = "--length-penalty"
    case orders = "--orders"
    case exemplars = "--exemplars"
    case queryField = "--query-field"
    case evidence = "--evidence"
    case balance = "--balance"
    case maxTokens = "--max-tokens"
    case temperature = "--temperature"
    case topP = "--top-p"
    case seed = "--seed"
  }

  /// Why a run cannot have these settings.
  package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    package let flag: Flag
    /// What is wrong, to follow the flag's name.
    package let detail: String

    package init(flag: Flag, detail: String) {
      self.flag = flag
      self.detail = detail
    }

    package var description: String { "\(flag.rawValue) \(detail)" }
  }

  /// Holds every number to its bounds, and the numbers to each other.
  package func validate() throws(Fault) {
    try validateBatch()
    try validateObjective()
    try validateRewards()
    try validateRollouts()
  }

  /// How a completion's tokens are drawn.
  ///
  /// - Parameter seed: of `RolloutPlan.seed`.
  package func sampling(seed: UInt64) -> SamplingParameters {
    SamplingParameters(temperature: temperature, topP: topP, seed: seed)
  }

  /// Prompts that a step tries at most; nil where groups without variance are kept.
  package var promptsTriedMax: Int? {
    resampleFactor.map { Int((Double(promptsPerStep) * $0).rounded(.up)) }
  }

  /// Beyond these a run would not fit a machine; they also keep products from overflowing.
  private static let promptsMax = 65_536
  private static let samplesMax = 1_024
  private static let tokensMax = 131_072
  private static let factorMax = 100.0

  private func validateBatch() throws(Fault) {
    try check(.promptsPerStep, promptsPerStep, 1...Self.promptsMax)
    try check(.samplesPerPrompt, samplesPerPrompt, 2...Self.samplesMax)
    try check(.updatesPerStep, updatesPerStep, 1...promptsPerStep)
    if promptsPerStep % updatesPerStep != 0 {
      throw Fault(
        flag: .updatesPerStep,
        detail: "\(updatesPerStep) does not divide \(Flag.promptsPerStep.rawValue) \(promptsPerStep)")
    }
    if let resampleFactor { try check(.resampleFactor, resampleFactor, 1...Self.factorMax) }
    if plan.orders == .both, samplesPerPrompt % 2 != 0 {
      throw Fault(
        flag: .samplesPerPrompt,
        detail: "\(samplesPerPrompt) is odd: with \(Flag.orders.rawValue) both, half of the "
          + "samples are for each order")
    }
  }

  private func validateObjective() throws(Fault) {
    try check(.learningRate, learningRate, .leastNonzeroMagnitude...1, "above 0, at most 1")
    try check(.clipLow, objective.clipLow, 0...1)
    try check(.clipHigh, objective.clipHigh, 0...Self.factorMax)
    if let dual = objective.dualClip {
      try check(.dualClip, dual, 1.0.nextUp...Self.factorMax, "above 1, at most \(Self.factorMax)")
      if dual < 1 + objective.clipHigh {
        throw Fault(flag: .dualClip, detail: "\(dual) is inside the range of \(Flag.clipHigh.rawValue)")
      }
    }
    try check(.klCoefficient, objective.klCoefficient, 0...Self.factorMax)
    if let cap = objective.importanceCap { try check(.importanceCap, cap, 1...Self.factorMax) }
    try check(.advantageEpsilon, advantages.epsilon, .leastNonzeroMagnitude...1, "above 0, at most 1")
  }

  private func validateRewards() throws(Fault) {
    try check(.agreementBonus, rewards.agreementBonus, 0...0.5.nextDown, "0 or more, below 0.5")
    if rewards.agreementBonus > 0, plan.orders != .both {
      throw Fault(flag: .agreementBonus, detail: "needs \(Flag.orders.rawValue) both")
    }
    try check(.denseReward, rewards.denseWeight, 0...0.5.nextDown, "0 or more, below 0.5")
    if let budget = rewards.lengthBudget { try check(.lengthBudget, budget, 1...Self.tokensMax) }
    try check(.lengthRamp, rewards.lengthRamp, 1...Self.tokensMax)
    try check(.lengthPenalty, rewards.lengthPenalty, 0...1)
  }

  private func validateRollouts() throws(Fault) {
    try check(.exemplars, plan.exemplars, 1...Comparison.exemplarsMax)
    try check(.maxTokens, maxTokens, 1...Self.tokensMax)
    try check(.temperature, temperature, 0.01...10)
    try check(.topP, topP, .leastNonzeroMagnitude...1, "above 0, at most 1")
    if objective.importanceCap == nil, temperature != 1 || topP != 1 {
      let flag: Flag = temperature != 1 ? .temperature : .topP
      throw Fault(
        flag: flag,
        detail: "other than 1 draws from another distribution than the one that is trained; it needs "
          + Flag.importanceCap.rawValue)
    }
  }

  private func check<Value: Comparable>(
    _ flag: Flag, _ value: Value, _ range: ClosedRange<Value>, _ words: String? = nil
  ) throws(Fault) {
    if range.contains(value) { return }
    throw Fault(flag: flag, detail: "must be \(words ?? "\(range.lowerBound) to \(range.upperBound)"), not \(value)")
  }
}
