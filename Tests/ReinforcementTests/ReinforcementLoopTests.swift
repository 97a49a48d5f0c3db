import BoundedJSON
import Reinforcement
import Synchronization
import Testing

@Suite struct ReinforcementLoopTests {
  private typealias Loop = ReinforcementLoop<ToyJudgingTask, TabularEngine, TabularPolicy>

  private func settings(
    _ preset: GRPOSettings.Preset, prompts: Int = 16, _ set: (inout GRPOSettings) -> Void = { _ in }
  ) -> GRPOSettings {
    var settings = GRPOSettings(preset: preset)
    settings.promptsPerStep = prompts
    settings.maxTokens = ToyJudgingTask.maxTokens
    set(&settings)
    return settings
  }

  private func loop(
    _ settings: GRPOSettings, table: LogitTable = .warm, engine: TabularEngine = TabularEngine(),
    learningRate: Double = 30
  ) -> Loop {
    Loop(
      settings, task: ToyJudgingTask(seed: 5), engine: engine,
      policy: TabularPolicy(table, engine: engine, learningRate: learningRate))
  }

  /// A table that always says the same.
  private func certain(_ winner: ToyJudgingTask.Token?) -> LogitTable {
    var table = LogitTable.warm
    for larger in 0..<2 {
      let said = winner ?? (larger == 1 ? .first : .second)
      let row = table.row(ToyJudgingTask.prompt(Int32(larger), Int32(1 - larger)), place: 1)
      table.logits[row.lowerBound + Int(said.rawValue)] = 60
      for (place, token) in [(0, ToyJudgingTask.Token.open), (2, .close), (3, .end)] {
        let row = table.row(ToyJudgingTask.prompt(Int32(larger), Int32(1 - larger)), place: place)
        table.logits[row.lowerBound + Int(token.rawValue)] = 60
      }
    }
    return table
  }

  @Test(arguments: [GRPOSettings.Preset.paper, .modern], [1, 4])
  func rewardRisesFromChanceToNearOne(preset: GRPOSettings.Preset, updates: Int) async throws {
    var loop = loop(settings(preset) { $0.updatesPerStep = updates })
    var rewards: [Double] = []
    let isDone = try await loop.run(steps: 30, shouldStop: { false }) { step, _ in
      rewards.append(try #require(step.statistics["train/reward"]))
    }
    #expect(isDone && rewards.count == 30)
    // At first a third of the winners are ties, and some completions lose the form.
    #expect(rewards[0] < 0.4)
    #expect(rewards.suffix(6).reduce(0, +) / 6 > 0.93, "\(rewards)")
  }

  @Test func aResumedRunEqualsOneThatWasNeverStopped() async throws {
    let settings = settings(.modern) {
      $0.updatesPerStep = 2
      $0.seed = 9
    }
    var whole = loop(settings)
    var steps: [Loop.Step] = []
    _ = try await whole.run(steps: 8, shouldStop: { false }) { step, _ in steps.append(step) }
    for stop in [0, 1, 3, 7] {
      var first = loop(settings)
      var parts: [Loop.Step] = []
      var count = 0
      let isDone = try await first.run(
        steps: 8,
        shouldStop: {
          defer { count += 1 }
          // Asked once before anything, and then before each step.
          return count > stop
        },
        finished: { step, _ in parts.append(step) })
      #expect(!isDone && first.stepCount == stop && parts == Array(steps[..<stop]))
      let saved = try JSONWriter.bytes(first.state)
      // A new process: an engine with the weights of the start, a policy as the checkpoint has it.
      let engine = TabularEngine()
      var policy = TabularPolicy(engine: engine)
      policy.table = first.policy.table
      var second = Loop(settings, task: ToyJudgingTask(seed: 5), engine: engine, policy: policy)
      try second.resume(at: JSONReader.decode(Loop.State.self, from: saved, limits: .request))
      _ = try await second.run(steps: 8, shouldStop: { false }) { step, _ in parts.append(step) }
      #expect(parts == steps, "stopped after \(stop)")
      #expect(second.policy.table == whole.policy.table && second.state == whole.state)
    }
  }

  @Test func aStateOfAnotherTaskIsRefused() {
    var loop = loop(settings(.paper))
    let state = Loop.State(step: 3, cursor: ToyJudgingTask(seed: 6).cursor)
    #expect(throws: RolloutPlanError.cursorOfOtherPlan) { try loop.resume(at: state) }
    #expect(loop.stepCount == 0)
  }

  @Test func oneUpdateNeedsNoLogProbabilitiesOfItsOwnBeginning() async throws {
    var one = loop(settings(.paper))
    await one.policy.publish()
    let step = try await one.step()
    #expect(one.policy.oldCalls == 0 && one.policy.referenceCalls == 1 && one.policy.updates.count == 1)
    #expect(one.policy.updates[0].allSatisfy { $0.old == nil && $0.reference != nil && $0.rollout != nil })
    // On policy the ratio is exactly one, and nothing is clipped.
    #expect(step.statistics["train/ratio"] == 1 && step.statistics["train/clip_rate"] == 0)
    var four = loop(settings(.paper) { $0.updatesPerStep = 4 }, learningRate: 200)
    await four.policy.publish()
    let clipped = try await four.step()
    #expect(four.policy.oldCalls == 4 && four.policy.referenceCalls == 4 && four.policy.updates.count == 4)
    #expect(four.policy.updates.map(\.count) == [32, 32, 32, 32])
    // All of them were looked at before the first update: with a huge rate later ones are far off, and clipped.
    let rate = try #require(clipped.statistics["train/clip_rate"])
    let ratio = try #require(clipped.statistics["train/ratio_max"])
    #expect(rate > 0.01 && ratio > 1.2, "\(rate), \(ratio)")
    var none = loop(settings(.paper) { $0.objective.klCoefficient = 0 })
    _ = try await none.step()
    #expect(none.policy.referenceCalls == 0)
  }

  @Test func weightsAreOfTheWholeUpdate() async throws {
    var loop = loop(settings(.paper) { $0.updatesPerStep = 2 })
    await loop.policy.publish()
    _ = try await loop.step()
    #expect(loop.policy.weightSums.count == 2 && loop.policy.weightSums.allSatisfy { abs($0 - 1) < 1e-12 })
    // Without divergence what has no advantage needs no pass, but keeps its place in the mean.
    var sparse = self.loop(settings(.paper, prompts: 64) { $0.objective.klCoefficient = 0 }, table: certain(.first))
    sparse.policy.table.logits[ToyJudgingTask.maxTokens * LogitTable.width + LogitTable.width + 14] = 57
    await sparse.policy.publish()
    let step = try await sparse.step()
    let variance = 1 - (step.statistics["train/zero_variance_rate"] ?? 0)
    #expect(variance < 0.5)
    if variance > 0 {
      #expect(sparse.policy.updates[0].count < 64 * 8 && sparse.policy.updates[0].allSatisfy { $0.advantage != 0 })
      #expect(abs(sparse.policy.weightSums[0] - Double(sparse.policy.updates[0].count) / 512) < 1e-9)
    }
  }

  @Test func theEngineHasTheWeightsOfTheLastStep() async throws {
    let engine = TabularEngine()
    var loop = loop(settings(.paper), engine: engine)
    _ = try await loop.run(steps: 3, shouldStop: { false }) { _, loop in
      #expect(engine.table.withLock { $0 } == loop.policy.table)
    }
    #expect(loop.policy.publications == 4)
  }

  @Test func groupsWithoutVarianceAreReplacedUpToTheBound() async throws {
    // Always right: modern tries 3 times as many prompts, finds nothing to learn from and leaves the weights alone.
    let engine = TabularEngine()
    var modern = loop(settings(.modern, prompts: 4), table: certain(nil), engine: engine)
    await modern.policy.publish()
    let step = try await modern.step()
    #expect(step.collection == .nothing && step.statistics["train/prompts_tried"] == 12)
    #expect(step.statistics["train/zero_variance_rate"] == 1 && step.statistics["train/reward"] == 1)
    #expect(step.learningRate == nil && step.gradientNorm == nil && step.statistics["train/kl"] == nil)
    #expect(modern.policy.updates.isEmpty && modern.policy.publications == 1 && modern.stepCount == 1)
    #expect(modern.task.nextNumber == 12 && step.tokens == 12 * 8 * 4)
    // The paper's keeps them, for the divergence.
    let other = TabularEngine()
    var paper = loop(settings(.paper, prompts: 4), table: certain(nil), engine: other)
    await paper.policy.publish()
    let kept = try await paper.step()
    #expect(kept.collection == .complete && paper.policy.updates.count == 1 && paper.task.nextNumber == 4)
  }

  @Test func whatGoesWrongEndsTheRunWithTheStepUncounted() async throws {
    var loop = loop(settings(.paper, prompts: 4), engine: TabularEngine(failsAfter: 4 * 8 * 2))
    var finished = 0
    await #expect(throws: TabularEngine.Failure()) {
      _ = try await loop.run(steps: 5, shouldStop: { false }) { _, _ in finished += 1 }
    }
    #expect(finished == 2 && loop.stepCount == 2)
  }

  @Test func everySampleHasASeedOfItsOwn() async throws {
    let engine = TabularEngine()
    var loop = loop(settings(.modern, prompts: 4), engine: engine)
    _ = try await loop.run(steps: 3, shouldStop: { false }) { _, _ in }
    let seeds = engine.seeds.withLock { $0 }
    #expect(Set(seeds).count == seeds.count && seeds.count >= 96)
  }

  @Test func theEnginesDriftIsCorrectedForAndReported() async throws {
    // The engine says 0.5 too much: e^-0.5 = 0.60653.
    var loop = loop(settings(.modern), engine: TabularEngine(drift: 0.5))
    await loop.policy.publish()
    let step = try await loop.step()
    #expect(abs((step.statistics["train/importance"] ?? 0) - 0.60653066) < 1e-5)
    #expect(abs((step.statistics["train/engine_mismatch"] ?? 0) - 0.5) < 1e-5)
  }
}

@Suite struct ToyJudgingTaskTests {
  @Test func rewardsHaveTheShapeOfVerdicts() {
    let prompt = ToyJudgingTask.prompt(7, 3)
    func reward(_ tokens: [Int32], isComplete: Bool = true) -> Double {
      ToyJudgingTask.outcome(tokens, isComplete: isComplete, prompt: prompt).reward
    }
    #expect(reward(ToyJudgingTask.completion(.first)) == 1)
    #expect(reward(ToyJudgingTask.completion(.second)) == 0 && reward(ToyJudgingTask.completion(.tie)) == 0)
    #expect(reward([16]) == -1 && reward([11, 13, 16]) == -1 && reward([11, 13, 12, 12], isComplete: false) == -1)
  }

  @Test func eitherPlaceIsLargerInHalfOfTheQuestions() {
    var task = ToyJudgingTask(seed: 1)
    let questions = task.next(2000, samples: 1)
    let first = questions.count { $0.prompts[0][1] > $0.prompts[0][2] }
    #expect((900...1100).contains(first) && questions.allSatisfy { $0.prompts[0][1] != $0.prompts[0][2] })
    let warm = ToyJudgingTask.warmUp(1000, seed: 2)
    let right = warm.count {
      ToyJudgingTask.outcome($0.completion, isComplete: true, prompt: $0.prompt).kind == .right
    }
    #expect((440...560).contains(right))
  }
}
