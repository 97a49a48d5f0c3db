import Engine
import Kernels
import Models
import TestSupport
import Testing

/// What the engine tells a profile: which passes read prompts, how much went through them, and nothing else changed.
@Suite struct EngineProfileTests {
  private static let prompt: [Int32] = (0..<100).map { Int32(($0 * 13 + 3) % 90) }
  private static let request = EngineRequest(
    prompt: prompt, maxTokens: 5, sampling: SamplingParameters(temperature: 0.9, seed: 4))

  private func engine(_ profile: PassProfile?) throws -> InferenceEngine {
    InferenceEngine(
      model: try TinyModel(named: "tiny-llama", precision: .balanced, profile: profile).model,
      limits: EngineLimits(sequencesMax: 4, stepTokensMax: 64, contextTokensMax: 256, blockCount: 64),
      vocabularySize: 90)
  }

  @Test func passesThatReadAndPassesThatOnlyWriteAreCountedApart() async throws {
    let profile = PassProfile()
    let engine = try engine(profile)
    defer { engine.shutDown() }
    _ = try await engine.generate(Self.request)
    // 64 and 36 tokens of the prompt, of which the second pass gives the first token; then one token at each of the
    // positions 101 to 104. Three layers.
    let (prefill, decode) = (profile.totals(.prefill), profile.totals(.decode))
    #expect([prefill.passes, prefill.tokens, prefill.positions] == [2, 100, 5050])
    #expect([decode.passes, decode.tokens, decode.positions] == [4, 4, 410])
    for stage in [PassProfile.Stage.queryKeyValue, .rotateAndStore] {
      #expect([prefill[stage].calls, decode[stage].calls] == [6, 12], "\(stage)")
    }
    for stage in [PassProfile.Stage.attention, .attentionOutput, .gateUp, .gate, .down] {
      // Nobody wants a row of the first pass's last layer.
      #expect([prefill[stage].calls, decode[stage].calls] == [5, 12], "\(stage)")
    }
    for stage in [PassProfile.Stage.outputHead, .sampling] {
      #expect([prefill[stage].calls, decode[stage].calls] == [1, 4], "\(stage)")
    }
    // After the forward pass, and after the last draw.
    #expect([prefill[.rest].calls, decode[.rest].calls] == [4, 8])
  }

  @Test func resultsAreTheSameToTheBitWithAProfile() async throws {
    var results: [EngineResult] = []
    for profile in [nil, PassProfile()] {
      let engine = try engine(profile)
      defer { engine.shutDown() }
      results.append(try await engine.generate(Self.request))
    }
    #expect(results[0].tokens == results[1].tokens)
    #expect(
      results[0].logProbabilities.map { $0?.bitPattern } == results[1].logProbabilities.map { $0?.bitPattern })
  }
}
