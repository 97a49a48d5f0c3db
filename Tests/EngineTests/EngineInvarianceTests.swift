import Engine
import Kernels
import Models
import Synchronization
import TestSupport
import Testing

/// A sequence's tokens and log-probabilities, bit for bit, whatever happens around it.
@Suite struct EngineInvarianceTests {
  /// How products are computed, and how keys and values are kept.
  struct Arithmetic: Sendable, CustomTestStringConvertible {
    let precision: Precision
    let keyValueType: KeyValueType

    init(_ precision: Precision, _ keyValueType: KeyValueType? = nil) {
      self.precision = precision
      self.keyValueType = keyValueType ?? precision.keyValueType
    }

    var testDescription: String { "\(precision) over \(keyValueType)" }
  }

  static let arithmetics = Precision.allCases.map { Arithmetic($0) } + [Arithmetic(.balanced, .int8)]

  private func engine(
    _ name: String = "tiny-llama", sequencesMax: Int = 8, stepTokens: Int = 64, blocks: Int = 64, threads: Int = 2,
    _ arithmetic: Arithmetic = Arithmetic(.balanced)
  ) throws -> InferenceEngine {
    let tiny = try TinyModel(
      named: name, threads: threads, precision: arithmetic.precision, keyValueType: arithmetic.keyValueType)
    return InferenceEngine(
      model: tiny.model,
      limits: EngineLimits(
        sequencesMax: sequencesMax, stepTokensMax: stepTokens, contextTokensMax: 256, blockCount: blocks),
      vocabularySize: 90)
  }

  /// Requests with a common prefix, some sampled, some greedy, of different lengths.
  private func requests(_ count: Int) -> [EngineRequest] {
    let shared = (0..<53).map { Int32(($0 * 31 + 7) % 90) }
    return (0..<count).map { n in
      let own = (0..<(3 + n * 7 % 40)).map { Int32(($0 * (n + 3) + n * 11) % 90) }
      return EngineRequest(
        prompt: (n % 3 == 2 ? [] : shared) + own, maxTokens: 5 + n * 5 % 23,
        sampling: SamplingParameters(
          temperature: n % 2 == 0 ? 0 : 0.9, topK: n % 5 == 3 ? 12 : 0, topP: n % 5 == 1 ? 0.8 : 1,
          minP: n % 7 == 5 ? 0.05 : 0, seed: UInt64(n)))
    }
  }

  private struct Bits: Equatable {
    let tokens: [Int32]
    let logProbabilities: [UInt32?]
    init(_ result: EngineResult) {
      tokens = result.tokens
      logProbabilities = result.logProbabilities.map { $0?.bitPattern }
    }
  }

  /// Each request alone in a fresh engine with one thread and whole prompts: the reference.
  private func alone(
    _ requests: [EngineRequest], _ name: String = "tiny-llama", _ arithmetic: Arithmetic = Arithmetic(.balanced)
  ) async throws -> [Bits] {
    var results: [Bits] = []
    for request in requests {
      let engine = try engine(name, sequencesMax: 1, stepTokens: 256, threads: 1, arithmetic)
      results.append(Bits(try await engine.generate(request)))
      engine.shutDown()
    }
    return results
  }

  private func together(_ requests: [EngineRequest], on engine: InferenceEngine) async throws -> [Bits] {
    try await withThrowingTaskGroup(of: (Int, Bits).self) { group in
      for (index, request) in requests.enumerated() {
        group.addTask { (index, Bits(try await engine.generate(request))) }
      }
      var results: [Int: Bits] = [:]
      for try await (index, bits) in group { results[index] = bits }
      return requests.indices.compactMap { results[$0] }
    }
  }

  @Test(arguments: ["tiny-llama", "tiny-llama3-rope", "tiny-qwen2"], arithmetics)
  func batchedEqualsAlone(_ name: String, _ arithmetic: Arithmetic) async throws {
    let requests = requests(14)
    let expected = try await alone(requests, name, arithmetic)
    let engine = try engine(name, arithmetic)
    defer { engine.shutDown() }
    #expect(try await together(requests, on: engine) == expected)
    // Now with every prefix in the cache.
    #expect(try await together(requests, on: engine) == expected)
    #expect(engine.statistics.prefixHitTokens.load(ordering: .relaxed) > 0)
  }

  /// All share 70 tokens, half of them 135, pairs 200: a tree of walks in attention.
  @Test(arguments: [KeyValueType.bfloat16, .int8], [1, 2])
  func sequencesThatShareLongPrefixesEqualAlone(_ type: KeyValueType, threads: Int) async throws {
    let (name, arithmetic) = (threads == 1 ? "tiny-llama" : "tiny-qwen2", Arithmetic(.balanced, type))
    func tokens(_ count: Int, _ seed: Int) -> [Int32] {
      (0..<count).map { Int32(($0 * (seed * 2 + 3) + seed * 11) % 90) }
    }
    let requests = (0..<8).map { n in
      EngineRequest(
        prompt: tokens(70, 0) + tokens(65, 1 + n / 4) + tokens(65, 3 + n / 2) + tokens(1 + n * 3, 7 + n), maxTokens: 25,
        sampling: SamplingParameters(temperature: 0.8, seed: UInt64(n)))
    }
    let expected = try await alone(requests, name, arithmetic)
    let engine = try engine(name, threads: threads, arithmetic)
    defer { engine.shutDown() }
    #expect(try await together(requests, on: engine) == expected)
    #expect(engine.statistics.prefixHitTokens.load(ordering: .relaxed) > 700)
  }

  @Test(arguments: [1, 5, 16, 23])
  func chunkedPrefillEqualsWhole(stepTokens: Int) async throws {
    let requests = requests(6)
    let engine = try engine(stepTokens: stepTokens)
    defer { engine.shutDown() }
    #expect(try await together(requests, on: engine) == (try await alone(requests)))
  }

  @Test func preemptedEqualsUndisturbed() async throws {
    var requests = requests(12)
    for index in requests.indices { requests[index].maxTokens += 40 }
    let engine = try engine(blocks: 14)
    defer { engine.shutDown() }
    let expected = try await alone(requests)
    // On a busy machine the requests may arrive so far apart that they do not get into each other's way.
    for _ in 0..<50 where engine.statistics.preemptions.load(ordering: .relaxed) == 0 {
      #expect(try await together(requests, on: engine) == expected)
    }
    #expect(engine.statistics.preemptions.load(ordering: .relaxed) > 0, "the cache was not small enough to matter")
    #expect(engine.statistics.blocksInUse.load(ordering: .relaxed) == 0)
  }

  @Test func logProbabilitiesOfGivenTextEqualThoseOfTheSameTextGenerated() async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    let prompt: [Int32] = (0..<40).map { Int32(($0 * 17 + 5) % 90) }
    let generated = try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 30))
    let scored = try await engine.generate(
      EngineRequest(prompt: prompt + generated.tokens, maxTokens: 0, logProbabilitiesFrom: prompt.count))
    #expect(scored.promptLogProbabilities.map(\.bitPattern) == generated.logProbabilities.map { $0?.bitPattern })
    #expect(scored.tokens.isEmpty)
    let whole = try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 0, logProbabilitiesFrom: 1))
    #expect(whole.promptLogProbabilities.count == prompt.count - 1)
    #expect(whole.cachedTokens == 0)
  }

  @Test func aLaterRequestFindsItsPrefixInTheCache() async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    let prompt: [Int32] = (0..<50).map { Int32(($0 * 13) % 90) }
    let cold = try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 4))
    let warm = try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 4))
    #expect(cold.cachedTokens == 0)
    #expect(warm.cachedTokens == 48)
    #expect(Bits(cold) == Bits(warm))
  }

  @Test func stopTokensEndTheOutputAndAreNotPartOfIt() async throws {
    let engine = try engine()
    defer { engine.shutDown() }
    let prompt: [Int32] = [5, 6, 7]
    let free = try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 20))
    #expect(free.finishReason == .length)
    let stop = free.tokens[7]
    let first = try #require(free.tokens.firstIndex(of: stop))
    let stopped = try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 20, stopTokens: [stop]))
    #expect(stopped.finishReason == .stop)
    #expect(stopped.tokens == Array(free.tokens[..<first]))
  }

  @Test func refusesWhatCannotFitAndUnknownTokens() async throws {
    let engine = try engine(blocks: 10)
    defer { engine.shutDown() }
    await #expect(throws: EngineError.tooLong(tokens: 161, max: 160)) {
      try await engine.generate(EngineRequest(prompt: Array(repeating: 1, count: 100), maxTokens: 61))
    }
    await #expect(throws: EngineError.invalidPrompt) {
      try await engine.generate(EngineRequest(prompt: [90], maxTokens: 1))
    }
    await #expect(throws: EngineError.invalidPrompt) {
      try await engine.generate(EngineRequest(prompt: [], maxTokens: 1))
    }
  }

  @Test func workWhoseTimeIsOverFailsAndTheRestGoesOn() async throws {
    let engine = try engine(sequencesMax: 1)
    defer { engine.shutDown() }
    let now = ContinuousClock.now
    let prompt: [Int32] = [1, 2, 3]
    await #expect(throws: EngineError.queueTimeout) {
      try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 20, queueDeadline: now))
    }
    await #expect(throws: EngineError.deadlineExceeded) {
      try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 20, deadline: now))
    }
    let late = now + .seconds(600)
    let result = try await engine.generate(
      EngineRequest(prompt: prompt, maxTokens: 20, queueDeadline: late, deadline: late))
    #expect(result.tokens.count == 20)
  }
}
