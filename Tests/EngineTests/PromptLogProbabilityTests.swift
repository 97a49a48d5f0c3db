import Engine
import Foundation
import Models
import Synchronization
import TestSupport
import Testing

/// ln p of given tokens, bit for bit, however the prompt is computed, and beside the model's own forward pass.
@Suite struct PromptLogProbabilityTests {
  private static let names = ["tiny-llama", "tiny-qwen2"]

  private func engine(
    _ name: String = "tiny-llama", sequencesMax: Int = 8, stepTokens: Int = 256, blocks: Int = 64, threads: Int = 1,
    precision: Precision = .balanced
  ) throws -> InferenceEngine {
    InferenceEngine(
      model: try TinyModel(named: name, threads: threads, precision: precision).model,
      limits: EngineLimits(
        sequencesMax: sequencesMax, stepTokensMax: stepTokens, contextTokensMax: 256, blockCount: blocks),
      vocabularySize: 90)
  }

  private func tokens(_ count: Int, _ seed: Int = 0) -> [Int32] {
    (0..<count).map { Int32(($0 * (seed * 2 + 17) + seed * 11 + 5) % 90) }
  }

  private func bits(_ result: EngineResult) -> [UInt32] { result.promptLogProbabilities.map(\.bitPattern) }

  /// One request in an engine of its own.
  private func alone(
    _ request: EngineRequest, _ name: String = "tiny-llama", stepTokens: Int = 256, threads: Int = 1,
    precision: Precision = .balanced
  ) async throws -> EngineResult {
    let engine = try engine(name, stepTokens: stepTokens, threads: threads, precision: precision)
    defer { engine.shutDown() }
    return try await engine.generate(request)
  }

  @Test(arguments: names)
  func equalTheForwardPassOfTheModel(name: String) async throws {
    let prompt = tokens(150)
    let result = try await alone(
      EngineRequest(prompt: prompt, maxTokens: 0, logProbabilitiesFrom: 1), name, precision: .float32)
    let rows = try TinyModel(named: name, threads: 1, precision: .float32).logits(prompt)
    #expect(result.promptLogProbabilities.count == prompt.count - 1)
    for (index, value) in result.promptLogProbabilities.enumerated() {
      // The engine knows 90 tokens; the others are never drawn and have no share.
      let row = rows[index][..<90].map { Double($0) }
      let top = row.max() ?? 0
      let total = top + log(row.reduce(0) { $0 + exp($1 - top) })
      #expect(abs(Double(value) - (row[Int(prompt[index + 1])] - total)) < 2e-5, "token \(index + 1)")
    }
  }

  @Test(arguments: names, Precision.allCases)
  func chunkedEqualsWhole(name: String, precision: Precision) async throws {
    let request = EngineRequest(prompt: tokens(150), maxTokens: 0, logProbabilitiesFrom: 1)
    let whole = bits(try await alone(request, name, precision: precision))
    for stepTokens in [1, 7, 16, 63, 64, 65] {
      let chunked = try await alone(request, name, stepTokens: stepTokens, threads: 2, precision: precision)
      #expect(bits(chunked) == whole, "\(stepTokens) tokens a pass")
    }
  }

  @Test func whateverTheyBeginWithTheyAreTheSame() async throws {
    let prompt = tokens(100)
    let whole = bits(try await alone(EngineRequest(prompt: prompt, maxTokens: 0, logProbabilitiesFrom: 1)))
    for from in [1, 2, 15, 16, 17, 33, 98, 99] {
      let part = try await alone(EngineRequest(prompt: prompt, maxTokens: 0, logProbabilitiesFrom: from))
      #expect(bits(part) == Array(whole[(from - 1)...]), "from \(from)")
      #expect(part.tokens.isEmpty && part.finishReason == .length && part.promptTokens == 100)
    }
  }

  @Test(arguments: names)
  func aCachedPrefixEqualsACold(name: String) async throws {
    let shared = tokens(70, 1)
    let engine = try engine(name)
    defer { engine.shutDown() }
    // The token before the first one asked for has to be computed: its row tells of that one.
    for (seed, (from, cached)) in [(70, 64), (64, 48), (65, 64), (70, 64)].enumerated() {
      let prompt = shared + tokens(40, seed + 2)
      let request = EngineRequest(prompt: prompt, maxTokens: 0, logProbabilitiesFrom: from)
      let cold = try await alone(request, name)
      let warm = try await engine.generate(request)
      #expect(bits(warm) == bits(cold) && warm.promptLogProbabilities.count == 110 - from)
      #expect(warm.cachedTokens == (seed == 0 ? 0 : cached) && cold.cachedTokens == 0)
      let again = try await engine.generate(request)
      #expect(bits(again) == bits(cold) && again.cachedTokens == cached)
    }
    // Those of the cached part itself are computed, not missing.
    let all = EngineRequest(prompt: shared, maxTokens: 0, logProbabilitiesFrom: 1)
    let (warm, cold) = (try await engine.generate(all), try await alone(all, name))
    #expect(warm.cachedTokens == 0 && bits(warm) == bits(cold))
  }

  @Test(arguments: [8, 20], [1, 2])
  func batchedEqualsAlone(stepTokens: Int, threads: Int) async throws {
    let requests = (0..<10).map { n in
      EngineRequest(
        prompt: (n % 3 == 0 ? [] : tokens(53)) + tokens(5 + n * 9, n + 1), maxTokens: n % 4 == 1 ? 6 : 0,
        sampling: SamplingParameters(temperature: 0.8, seed: UInt64(n)),
        logProbabilitiesFrom: n % 5 == 4 ? nil : 1 + n * 3)
    }
    var expected: [[UInt32]] = []
    for request in requests { expected.append(bits(try await alone(request))) }
    #expect(expected.map(\.count) == requests.map { r in r.logProbabilitiesFrom.map { r.prompt.count - $0 } ?? 0 })
    let engine = try engine(stepTokens: stepTokens, threads: threads)
    defer { engine.shutDown() }
    for _ in 0..<2 {
      let found = try await withThrowingTaskGroup(of: (Int, [UInt32]).self) { group in
        for (index, request) in requests.enumerated() {
          group.addTask { (index, bits(try await engine.generate(request))) }
        }
        return try await group.reduce(into: [Int: [UInt32]]()) { $0[$1.0] = $1.1 }
      }
      for index in requests.indices { #expect(found[index] == expected[index], "request \(index)") }
    }
  }

  @Test func preemptedEqualsUndisturbed() async throws {
    let requests = (0..<8).map { n in
      EngineRequest(
        prompt: tokens(60 + n * 5, n), maxTokens: 40, sampling: SamplingParameters(temperature: 0.7, seed: UInt64(n)),
        logProbabilitiesFrom: 1 + n)
    }
    var expected: [[UInt32]] = []
    for request in requests { expected.append(bits(try await alone(request))) }
    let engine = try engine(stepTokens: 24, blocks: 16)
    defer { engine.shutDown() }
    // On a busy machine the requests may arrive so far apart that they do not get into each other's way.
    for _ in 0..<50 where engine.statistics.preemptions.load(ordering: .relaxed) == 0 {
      let found = try await withThrowingTaskGroup(of: (Int, [UInt32]).self) { group in
        for (index, request) in requests.enumerated() {
          group.addTask { (index, bits(try await engine.generate(request))) }
        }
        return try await group.reduce(into: [Int: [UInt32]]()) { $0[$1.0] = $1.1 }
      }
      for index in requests.indices { #expect(found[index] == expected[index], "request \(index)") }
    }
    #expect(engine.statistics.preemptions.load(ordering: .relaxed) > 0, "the cache was not small enough to matter")
  }

  @Test func generatingAfterwardsChangesNeither() async throws {
    let prompt = tokens(40)
    let plain = try await alone(EngineRequest(prompt: prompt, maxTokens: 12))
    let read = try await alone(EngineRequest(prompt: prompt, maxTokens: 0, logProbabilitiesFrom: 1))
    for from in [1, 20, 39, 40] {
      let both = try await alone(EngineRequest(prompt: prompt, maxTokens: 12, logProbabilitiesFrom: from))
      #expect(both.tokens == plain.tokens && both.logProbabilities == plain.logProbabilities, "from \(from)")
      #expect(bits(both) == Array(bits(read)[(from - 1)...]), "from \(from)")
    }
  }

  @Test func anIndexPastTheEndAsksForNothingAndOneBeforeTheSecondTokenIsRefused() async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    for from in [20, 21, 1_000] {
      let none = try await engine.generate(
        EngineRequest(prompt: tokens(20), maxTokens: 0, logProbabilitiesFrom: from))
      #expect(none.promptLogProbabilities.isEmpty && none.tokens.isEmpty && none.finishReason == .length)
    }
    let single = try await engine.generate(EngineRequest(prompt: [7], maxTokens: 2, logProbabilitiesFrom: 1))
    #expect(single.promptLogProbabilities.isEmpty && single.tokens.count == 2)
    for from in [0, -1] {
      await #expect(throws: EngineError.invalidPrompt) {
        try await engine.generate(EngineRequest(prompt: tokens(20), maxTokens: 0, logProbabilitiesFrom: from))
      }
    }
  }
}
