/// The steps of GRPO: prompts, completions, rewards, advantages, updates.
///
/// Theory of operation. A step takes prompts from its task and a group of completions of each from the engine, tries
/// further prompts where groups teach nothing (`GroupCollection`), has the reference's log probabilities worked out,
/// cuts its groups into updates, and puts the new weights into the engine. Everything drawn hangs on the seed, the step
/// and the place in the run alone, and a step begins with the weights that the last one ended with; so a run resumed
/// from the state behind a step equals one that was never stopped. Between steps, and only there, it may be stopped.
///
/// With one update a step, the log probabilities of the policy before it are those that the update computes on its way,
/// so they are not computed twice.
package struct ReinforcementLoop<Questions: RolloutTask, Rollout: RolloutEngine, Model: Policy> {
  /// What a step did.
  package struct Step: Sendable, Equatable {
    /// From 0.
    package let number: Int
    package let statistics: RolloutStatistics
    /// Of the last update; nil where there was none.
    package let learningRate: Double?
    /// The largest of its updates; nil where there was none.
    package let gradientNorm: Double?
    /// How its groups came together.
    package let collection: GroupCollection<Int>.State
    /// Texts to be read.
    package let samples: [RolloutRecord]
    /// Tokens drawn, over all prompts tried.
    package let tokens: Int
  }

  /// What a checkpoint keeps beside the policy's own state.
  package struct State: Sendable, Equatable, Codable {
    /// Steps done.
    package var step: Int
    package var cursor: RolloutCursor

    package init(step: Int, cursor: RolloutCursor) {
      self.step = step
      self.cursor = cursor
    }
  }

  /// A group, ready to be learnt from.
  private struct Group: Sendable {
    let sequences: [PolicySequence]
  }

  /// The rollouts of a step.
  private struct Rollouts {
    var collection: GroupCollection<Group>
    var records: [RolloutRecord] = []
    var deviations: [Double] = []
  }

  package let settings: GRPOSettings
  package private(set) var task: Questions
  package let engine: Rollout
  /// Its owner may load a checkpoint into it between steps.
  package var policy: Model
  /// Steps done.
  package private(set) var stepCount = 0
  /// How many texts a step gives out to be read.
  package let samplesShown: Int

  /// - Precondition: the settings are valid.
  package init(_ settings: GRPOSettings, task: Questions, engine: Rollout, policy: Model, samplesShown: Int = 4) {
    self.settings = settings
    self.task = task
    self.engine = engine
    self.policy = policy
    self.samplesShown = samplesShown
  }

  package var state: State { State(step: stepCount, cursor: task.cursor) }

  /// Goes on from a state; the policy has been brought to it by its owner.
  package mutating func resume(at state: State) throws {
    try task.resume(at: state.cursor)
    stepCount = state.step
  }

  /// Runs until so many steps are done in all, or until it is to stop.
  ///
  /// - Parameters:
  ///   - shouldStop: asked before each step.
  ///   - finished: takes each step with the state behind it; what it throws ends the run.
  /// - Returns: whether all steps are done.
  package mutating func run(
    steps: Int, shouldStop: () -> Bool, finished: (Step, borrowing Self) async throws -> Void
  ) async throws -> Bool {
    // The engine may still have other weights than a policy that was resumed.
    if stepCount < steps, !shouldStop() { try await policy.publish() }
    while stepCount < steps {
      if shouldStop() { return false }
      let step = try await step()
      try await finished(step, self)
    }
    return true
  }

  /// Takes one step.
  ///
  /// - Throws: what task, engine and policy throw. The step is not counted then, but its questions are taken and some
  ///   of its updates may be done: a run goes on from the state of its last whole step, with the policy of that.
  package mutating func step() async throws -> Step {
    let rollouts = try await rollOut()
    let updates = try update(rollouts.collection.groups)
    if !updates.isEmpty { try await policy.publish() }
    var policyStatistics: PolicyStatistics?
    for update in updates {
      var sum = policyStatistics ?? PolicyStatistics()
      sum.add(update.statistics)
      policyStatistics = sum
    }
    let collection = rollouts.collection
    let step = Step(
      number: stepCount,
      statistics: RolloutStatistics(
        records: rollouts.records, deviations: rollouts.deviations, groupsKept: collection.groups.count,
        groupsWithoutVariance: collection.withoutVariance, policy: policyStatistics),
      learningRate: updates.last?.learningRate, gradientNorm: updates.map(\.gradientNorm).max(),
      collection: Self.summary(collection.state),
      samples: RolloutRecord.samples(of: rollouts.records, count: samplesShown, step: stepCount),
      tokens: rollouts.records.reduce(0) { $0 + $1.tokens })
    stepCount += 1
    return step
  }

  private static func summary(_ state: GroupCollection<Group>.State) -> GroupCollection<Int>.State {
    switch state {
    case .wants(let prompts): .wants(prompts: prompts)
    case .complete: .complete
    case .short(let missing): .short(missing: missing)
    case .nothing: .nothing
    }
  }

  // MARK: Rollouts

  private mutating func rollOut() async throws -> Rollouts {
    var rollouts = Rollouts(
      collection: GroupCollection(wanted: settings.promptsPerStep, promptsMax: settings.promptsTriedMax))
    while case .wants(let count) = rollouts.collection.state {
      let questions = try task.next(count, samples: settings.samplesPerPrompt)
      let answers = try await engine.complete(questions.flatMap { requests($0) })
      precondition(answers.count == count * settings.samplesPerPrompt, "an answer to each request")
      for (index, question) in questions.enumerated() {
        let start = index * settings.samplesPerPrompt
        add(question, Array(answers[start..<start + settings.samplesPerPrompt]), to: &rollouts)
      }
    }
    return rollouts
  }

  private func requests(_ question: RolloutQuestion) -> [RolloutRequest] {
    question.prompts.enumerated().map { sample, prompt in
      RolloutRequest(
        prompt: prompt, maxTokens: settings.maxTokens, temperature: settings.temperature, topP: settings.topP,
        seed: RolloutPlan.seed(settings.seed, step: stepCount, group: question.number, sample: sample))
    }
  }

  private func add(_ question: RolloutQuestion, _ answers: [RolloutResult], to rollouts: inout Rollouts) {
    let outcomes = task.outcomes(question, answers)
    let advantages = GroupAdvantages(outcomes.map(\.reward), settings: settings.advantages)
    rollouts.deviations.append(advantages.deviation)
    for (sample, answer) in answers.enumerated() {
      rollouts.records.append(
        RolloutRecord(
          name: question.name, labels: question.labels, group: question.number, sample: sample,
          outcome: outcomes[sample], tokens: answer.tokens.count, text: answer.text))
    }
    let sequences = answers.enumerated().map { sample, answer in
      PolicySequence(
        prompt: question.prompts[sample], completion: answer.tokens, rollout: answer.logProbabilities,
        advantage: advantages.values[sample])
    }
    rollouts.collection.add(Group(sequences: sequences), hasVariance: advantages.hasVariance)
  }

  // MARK: Updates

  /// As many updates as the settings say, or as there are groups; their parts differ by one group at most.
  private mutating func update(_ groups: [Group]) throws -> [PolicyUpdate] {
    let parts = min(settings.updatesPerStep, groups.count)
    if parts == 0 { return [] }
    var batches = (0..<parts).map { part in
      groups[groups.count * part / parts..<groups.count * (part + 1) / parts].flatMap(\.sequences)
    }
    // All before the first update: the policy that drew is that of the step's beginning.
    for index in batches.indices { try look(at: &batches[index], isAlone: parts == 1) }
    var updates: [PolicyUpdate] = []
    for batch in batches {
      let weights = settings.lossWeights.weights(lengths: batch.map(\.completion.count))
      // What neither reward nor divergence pulls at has its place in the mean, but needs no pass.
      let pulled = batch.indices.filter { batch[$0].advantage != 0 || settings.objective.klCoefficient > 0 }
      if pulled.isEmpty { continue }
      updates.append(
        try policy.update(
          pulled.map { batch[$0] }, weights: pulled.map { weights[$0] }, objective: settings.objective))
    }
    return updates
  }

  /// Fills in what the loss wants to know of a batch.
  private mutating func look(at batch: inout [PolicySequence], isAlone: Bool) throws {
    if settings.objective.klCoefficient > 0 {
      for (index, values) in try policy.referenceLogProbabilities(batch).enumerated() {
        batch[index].reference = values
      }
    }
    if !isAlone {
      for (index, values) in try policy.logProbabilities(batch).enumerated() { batch[index].old = values }
    }
  }
}
