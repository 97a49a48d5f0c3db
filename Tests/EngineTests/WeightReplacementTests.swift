import Engine
import Foundation
import Kernels
import ModelFiles
import Models
import TestSupport
import Testing

/// Weights swapped in a running engine: answers before and after are those of engines that never knew the others.
@Suite struct WeightReplacementTests {
  private static let precisions = [Precision.float32, .balanced]

  private func tiny(_ precision: Precision, withAdapter: Bool) throws -> TinyModel {
    let path = TinyModel.fixtures.appendingPathComponent("tiny-llama-lora").path
    return try TinyModel(
      named: "tiny-llama", precision: precision, adapter: withAdapter ? LoRAAdapter(path: path) : nil)
  }

  private func engine(_ tiny: TinyModel) -> InferenceEngine {
    InferenceEngine(
      model: tiny.model,
      limits: EngineLimits(sequencesMax: 4, stepTokensMax: 64, contextTokensMax: 256, blockCount: 64),
      vocabularySize: 90)
  }

  private let request = EngineRequest(
    prompt: (0..<70).map { Int32(($0 * 31 + 7) % 90) }, maxTokens: 20,
    sampling: SamplingParameters(temperature: 0.8, seed: 11), logProbabilitiesFrom: 60)

  private struct Bits: Equatable {
    let tokens: [Int32]
    let values: [UInt32]
    let cachedTokens: Int
    init(_ result: EngineResult) {
      tokens = result.tokens
      values = (result.logProbabilities.compactMap { $0 } + result.promptLogProbabilities).map(\.bitPattern)
      cachedTokens = result.cachedTokens
    }
  }

  @Test(arguments: precisions)
  func answersAreThoseOfAFreshEngineBeforeAndAfter(_ precision: Precision) async throws {
    let models = try [false, true].map { try tiny(precision, withAdapter: $0) }
    var fresh: [[Bits]] = []
    for model in models {
      let engine = engine(model)
      // The second time the prompt's full blocks come from the cache.
      fresh.append([Bits(try await engine.generate(request)), Bits(try await engine.generate(request))])
      engine.shutDown()
    }
    #expect(fresh[0][0].values != fresh[1][0].values)
    #expect(fresh.allSatisfy { $0[0].cachedTokens == 0 && $0[1].cachedTokens == 48 })
    let engine = engine(models[0])
    for which in [0, 1, 0, 1] {
      try await engine.replaceWeights(models[which].model.weights)
      #expect(Bits(try await engine.generate(request)) == fresh[which][0])
      #expect(Bits(try await engine.generate(request)) == fresh[which][1])
    }
    engine.shutDown()
  }

  /// Who came before keeps the old weights to the end, who comes after gets the new ones.
  @Test func replacingWaitsForWhoRunsAndHoldsUpWhoComesAfter() async throws {
    let models = try [false, true].map { try tiny(.balanced, withAdapter: $0) }
    let engine = engine(models[0])
    var expected: [[Int32]] = []
    let prompt: [Int32] = [1, 2, 3]
    for model in models {
      let alone = self.engine(model)
      expected.append(try await alone.generate(EngineRequest(prompt: prompt, maxTokens: 40)).tokens)
      alone.shutDown()
    }
    #expect(expected[0] != expected[1])
    let gate = Gate()
    let before = EngineRequest(
      prompt: prompt, maxTokens: 40,
      constraint: ScriptedConstraint([.any, .any, .gate(gate)] + Array(repeating: .any, count: 60)))
    let running = Task { try await engine.generate(before) }
    while !gate.isReached { await Task.yield() }
    let weights = models[1].model.weights
    let replacing = Task { try await engine.replaceWeights(weights) }
    // The command is in the inbox before the next ones are: give its task time to put it there.
    while !engine.isReplacingWeights { await Task.yield() }
    let after = Task { try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 40)) }
    let late = Task {
      try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 40, queueDeadline: .now))
    }
    let givenUp = Task { try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 40)) }
    while engine.openCallCount < 4 { await Task.yield() }
    givenUp.cancel()
    gate.open()
    #expect(try await running.value.tokens == expected[0])
    try await replacing.value
    #expect(try await after.value.tokens == expected[1])
    let (lateOutcome, cancelledOutcome) = (await late.result, await givenUp.result)
    #expect(throws: EngineError.queueTimeout) { try lateOutcome.get() }
    #expect(throws: EngineError.cancelled) { try cancelledOutcome.get() }
    #expect(engine.openCallCount == 0 && !engine.isReplacingWeights)
    engine.shutDown()
    await #expect(throws: EngineError.shutDown) { try await engine.replaceWeights(weights) }
  }

  @Test func shuttingDownAnswersAReplacementThatWaits() async throws {
    let tiny = try tiny(.balanced, withAdapter: true)
    let engine = engine(tiny)
    let gate = Gate()
    let first = EngineRequest(
      prompt: [1, 2, 3], maxTokens: 200,
      constraint: ScriptedConstraint([.any, .gate(gate)] + Array(repeating: .any, count: 300)))
    let running = Task { try await engine.generate(first) }
    while !gate.isReached { await Task.yield() }
    let replacing = Task { try await engine.replaceWeights(tiny.model.weights) }
    while !engine.isReplacingWeights { await Task.yield() }
    engine.shutDown()
    gate.open()
    let (runningOutcome, replacingOutcome) = (await running.result, await replacing.result)
    #expect(throws: EngineError.shutDown) { try runningOutcome.get() }
    #expect(throws: EngineError.shutDown) { try replacingOutcome.get() }
    #expect(engine.openCallCount == 0 && !engine.isReplacingWeights)
  }

  @Test func forgettingPrefixesFreesEveryBlock() throws {
    var scheduler = Scheduler(
      limits: EngineLimits(sequencesMax: 2, stepTokensMax: 64, contextTokensMax: 256, blockCount: 8), blockTokens: 16)
    let tokens = (0..<40).map { Int32($0) }
    for (id, cached) in [(1, 0), (2, 32), (3, 0), (4, 32)] {
      scheduler.add(id: id, tokens: tokens, promptCount: 40)
      scheduler.complete(scheduler.plan())
      #expect(scheduler.remove(id)?.cachedCount == cached)
      if id == 2 { scheduler.forgetPrefixes() }
      #expect(scheduler.pool.availableCount == 8)
    }
  }
}
