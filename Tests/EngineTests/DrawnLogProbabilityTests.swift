import Engine
import Foundation
import Models
import Synchronization
import TestSupport
import Testing

/// How likely drawn tokens were, under the model's distribution and under the one that they were drawn from.
@Suite struct DrawnLogProbabilityTests {
  private func engine(
    _ name: String = "tiny-llama", stepTokens: Int = 64, blocks: Int = 64
  ) throws -> InferenceEngine {
    InferenceEngine(
      model: try TinyModel(named: name, precision: .balanced).model,
      limits: EngineLimits(
        sequencesMax: 8, stepTokensMax: stepTokens, contextTokensMax: 256, blockCount: blocks),
      vocabularySize: 90)
  }

  private let prompt: [Int32] = (0..<37).map { Int32(($0 * 17 + 5) % 90) }

  private func request(
    temperature: Float = 1, topP: Float = 1, seed: UInt64 = 3, stop: Set<Int32> = [], returns: Bool = true
  ) -> EngineRequest {
    EngineRequest(
      prompt: prompt, maxTokens: 40, sampling: SamplingParameters(temperature: temperature, topP: topP, seed: seed),
      stopTokens: stop, returnsLogProbabilities: returns)
  }

  @Test(arguments: ["tiny-llama", "tiny-qwen2"])
  func equalToTheBitThoseOfTheSameTokensGivenAsAPromptTheStopTokenToo(name: String) async throws {
    let engine = try engine(name)
    defer { engine.shutDown() }
    let free = try await engine.generate(request())
    #expect(free.draws.map(\.token) == free.tokens && free.tokens.count == 40)
    let stopped = try await engine.generate(request(stop: [free.tokens[20]]))
    let last = try #require(free.tokens.firstIndex(of: free.tokens[20]))
    #expect(stopped.finishReason == .stop && stopped.tokens == Array(free.tokens[..<last]))
    // The stop token is no output, but it was drawn.
    #expect(stopped.draws.map(\.token) == Array(free.tokens[...last]))
    for result in [free, stopped] {
      let scored = try await engine.generate(
        EngineRequest(prompt: prompt + result.draws.map(\.token), maxTokens: 0, logProbabilitiesFrom: prompt.count))
      #expect(scored.promptLogProbabilities.map(\.bitPattern) == result.draws.map(\.logProbability.bitPattern))
      // Nothing changed the distribution, so both are one number.
      #expect(result.draws.allSatisfy { $0.samplingLogProbability.bitPattern == $0.logProbability.bitPattern })
    }
  }

  @Test func askingChangesNothingElse() async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    for (temperature, topP) in [(Float(1), Float(1)), (0.6, 0.8), (0, 1)] {
      let plain = try await engine.generate(request(temperature: temperature, topP: topP, returns: false))
      let asked = try await engine.generate(request(temperature: temperature, topP: topP))
      #expect(plain.tokens == asked.tokens && plain.logProbabilities == asked.logProbabilities)
      #expect(plain.draws.isEmpty && asked.draws.count == asked.tokens.count)
      #expect(asked.draws.map { Optional($0.logProbability) } == asked.logProbabilities)
    }
  }

  @Test(arguments: [(Float(0.5), Float(1)), (1.7, 1), (1, 0.5), (0.7, 0.9)])
  func theSecondIsOfTheDistributionThatWasDrawnFrom(temperature: Float, topP: Float) async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    let result = try await engine.generate(request(temperature: temperature, topP: topP))
    let rows = try TinyModel(named: "tiny-llama", precision: .balanced).logits(prompt + result.tokens)
    for (index, draw) in result.draws.enumerated() {
      let row = rows[prompt.count + index - 1][..<90].map { Double($0) / Double(temperature) }
      let top = row.max() ?? 0
      var sorted = row.map { exp($0 - top) }.enumerated().sorted { $0.element > $1.element }
      let limit = Double(topP) * sorted.reduce(0) { $0 + $1.element }
      var (count, sum) = (0, 0.0)
      while count < sorted.count, count == 0 || sum < limit {
        sum += sorted[count].element
        count += 1
      }
      sorted.removeLast(sorted.count - count)
      let weight = try #require(sorted.first { $0.offset == Int(draw.token) }?.element)
      // The engine's logits are in lower precision where they are not computed by the same passes.
      #expect(abs(Double(draw.samplingLogProbability) - log(weight / sum)) < 2e-3, "token \(index)")
    }
  }

  @Test func aGreedyChoiceIsCertain() async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    let result = try await engine.generate(request(temperature: 0))
    #expect(result.draws.allSatisfy { $0.samplingLogProbability == 0 && $0.logProbability < 0 })
  }

  @Test func forcedTokensWereNotDrawnAndAMaskNarrowsTheDistribution() async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    var request = request()
    request.constraint = ScriptedConstraint([.forced([10, 11]), .few([20, 40]), .forced([12]), .mask([70])])
    let result = try await engine.generate(request)
    #expect(result.tokens.count == 5 && result.draws.map(\.token) == [result.tokens[2], result.tokens[4]])
    // One allowed token is certain, whatever the model thinks of it; of two each has more than of all.
    #expect(result.draws[1].samplingLogProbability == 0 && result.draws[1].logProbability < 0)
    #expect(result.draws[0].samplingLogProbability > result.draws[0].logProbability)
  }

  @Test func preemptedEqualsUndisturbed() async throws {
    let requests = (0..<8).map { request(seed: UInt64($0)) }
    var expected: [[EngineResult.Draw]] = []
    let alone = try engine()
    defer { alone.shutDown() }
    for request in requests { expected.append(try await alone.generate(request).draws) }
    let small = try engine(stepTokens: 24, blocks: 12)
    defer { small.shutDown() }
    for _ in 0..<50 where small.statistics.preemptions.load(ordering: .relaxed) == 0 {
      let found = try await withThrowingTaskGroup(of: (Int, [EngineResult.Draw]).self) { group in
        for (index, request) in requests.enumerated() {
          group.addTask { (index, try await small.generate(request).draws) }
        }
        return try await group.reduce(into: [Int: [EngineResult.Draw]]()) { $0[$1.0] = $1.1 }
      }
      for index in requests.indices { #expect(found[index] == expected[index], "request \(index)") }
    }
    #expect(small.statistics.preemptions.load(ordering: .relaxed) > 0, "the cache was not small enough to matter")
  }
}
