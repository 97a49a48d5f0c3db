import Benchmarking
import Engine
import Models
import Synchronization
import TestSupport
import Testing

/// Sequences held behind a gate until all decode, and the count of passes that says whether they did.
@Suite struct DecodingTogetherTests {
  private static let passes = 6
  private static let prompts: [[Int32]] = {
    var prompts = RandomPrompts(ordinary: Array(1..<90), seed: 8)
    return prompts.next(40, count: 3, shared: 0)
  }()

  /// An engine that has every prompt in its prefix cache.
  private func engine(sequencesMax: Int) async throws -> InferenceEngine {
    let engine = InferenceEngine(
      model: try TinyModel(named: "tiny-llama", precision: .balanced).model,
      limits: EngineLimits(
        sequencesMax: sequencesMax, stepTokensMax: 256, contextTokensMax: 256, blockCount: 64),
      vocabularySize: 90)
    for prompt in Self.prompts { _ = try await engine.generate(EngineRequest(prompt: prompt, maxTokens: 1)) }
    return engine
  }

  @Test func allSequencesDecodeInTheSamePasses() async throws {
    let engine = try await engine(sequencesMax: 4)
    defer { engine.shutDown() }
    let together = DecodingTogether(engine: engine, passes: Self.passes, filler: 5)
    let written = engine.statistics.generatedTokens.load(ordering: .relaxed)
    let rate = try await together.tokensPerSecond(Self.prompts)
    #expect(rate > 0 && rate.isFinite)
    // Whole tries only, each of so many tokens of every sequence.
    let tokens = engine.statistics.generatedTokens.load(ordering: .relaxed) - written
    #expect(tokens > 0 && tokens % (3 * (Self.passes + 1)) == 0)
    #expect(engine.openCallCount == 0)
  }

  @Test func sequencesThatCannotDecodeTogetherAreAnError() async throws {
    // The third waits until one of the others is finished.
    let engine = try await engine(sequencesMax: 2)
    defer { engine.shutDown() }
    let together = DecodingTogether(engine: engine, passes: Self.passes, filler: 5)
    await #expect { try await together.tokensPerSecond(Self.prompts) } throws: {
      "\($0)".hasPrefix("3 sequences took ") && "\($0)".hasSuffix("and not 8: they were not decoded together")
    }
  }
}
