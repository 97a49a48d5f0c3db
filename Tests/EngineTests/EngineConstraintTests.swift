import Engine
import TestSupport
import Testing

/// Output that keeps a scripted form: what is forced, what is chosen, and where it ends.
@Suite struct EngineConstraintTests {
  private func run(
    _ steps: [ScriptedConstraint.Step], prompt: [Int32] = [3, 1, 4, 1, 5], maxTokens: Int = 100, temperature: Float = 0,
    logProbabilitiesFrom: Int? = nil, replacing replacements: [Int32: Int32] = [:]
  ) async throws -> (EngineResult, ScriptedConstraint) {
    let engine = InferenceEngine(
      model: try TinyModel(named: "tiny-llama").model,
      limits: EngineLimits(sequencesMax: 4, stepTokensMax: 64, contextTokensMax: 256, blockCount: 32),
      vocabularySize: 90)
    defer { engine.shutDown() }
    let result = try await engine.generate(
      EngineRequest(
        prompt: prompt, maxTokens: maxTokens, sampling: SamplingParameters(temperature: temperature, seed: 9),
        constraint: ScriptedConstraint(steps, replacing: replacements), logProbabilitiesFrom: logProbabilitiesFrom))
    return (result, try #require(result.constraint as? ScriptedConstraint))
  }

  @Test func forcedTokensAreAppendedAndChoicesKept() async throws {
    let (result, constraint) = try await run(
      [
        .forced([10, 11]), .forced([12]), .few([20, 40, 60]), .forced([13, 14]), .mask([70, 71]), .any, .forced([15]),
      ],
      temperature: 1)
    #expect(result.finishReason == .stop)
    #expect(result.tokens.count == 9)
    #expect(result.tokens[..<3] == [10, 11, 12])
    #expect([20, 40, 60].contains(result.tokens[3]))
    #expect(result.tokens[4...5] == [13, 14])
    #expect([70, 71].contains(result.tokens[6]))
    #expect(result.tokens[8] == 15)
    #expect(constraint.accepted == [result.tokens[3], result.tokens[6], result.tokens[7]])
    #expect(constraint.probabilities.map(\.count) == [3, 0, 0])
    #expect(abs(constraint.probabilities[0].reduce(0, +) - 1) < 1e-6)
    #expect(result.logProbabilities.map { $0 == nil } == [true, true, true, false, true, true, false, false, true])
  }

  @Test func aForcedTokenCountsAsIfItHadBeenGiven() async throws {
    let (forced, _) = try await run([.forced([8, 9, 10]), .any, .any, .any])
    let (given, _) = try await run([.any, .any, .any], prompt: [3, 1, 4, 1, 5, 8, 9, 10])
    #expect(forced.tokens.dropFirst(3) == given.tokens[...])
    #expect(forced.logProbabilities.dropFirst(3) == given.logProbabilities[...])
  }

  @Test func whatStandsInADrawnTokensPlaceIsWrittenAndGoneOnFrom() async throws {
    let (replaced, constraint) = try await run([.few([20]), .any, .any], replacing: [20: 33])
    let (given, _) = try await run([.any, .any], prompt: [3, 1, 4, 1, 5, 33])
    #expect(constraint.accepted.first == 20 && replaced.tokens == [33] + given.tokens)
    #expect(replaced.logProbabilities == [nil] + given.logProbabilities)
  }

  @Test func aFormThatIsWholeAtOnceNeedsNoModel() async throws {
    let (result, _) = try await run([.forced([10, 11])])
    #expect(result.tokens == [10, 11])
    #expect(result.finishReason == .stop)
    let (empty, _) = try await run([])
    #expect(empty.tokens.isEmpty)
    #expect(empty.finishReason == .stop)
  }

  @Test func whatMaxTokensCutsOffIsNotWhole() async throws {
    let (cut, _) = try await run([.forced([10, 11, 12])], maxTokens: 2)
    #expect(cut.tokens == [10, 11])
    #expect(cut.finishReason == .length)
    let (later, _) = try await run([.any, .forced([10, 11, 12])], maxTokens: 3)
    #expect(later.tokens.dropFirst() == [10, 11])
    #expect(later.finishReason == .length)
    let (behind, _) = try await run([.any, .any, .forced([10])], maxTokens: 2)
    #expect(behind.tokens.count == 2)
    #expect(behind.finishReason == .length)
    let (exact, _) = try await run([.any, .forced([10, 11])], maxTokens: 3)
    #expect(exact.finishReason == .stop)
    let (open, _) = try await run([.any, .any, .any], maxTokens: 2)
    #expect(open.finishReason == .length)
  }

  @Test func logProbabilitiesOfThePromptDoNotLengthenAFinishedForm() async throws {
    let (whole, constraint) = try await run([.forced([10, 11])], logProbabilitiesFrom: 1)
    #expect(whole.tokens == [10, 11])
    #expect(whole.finishReason == .stop)
    #expect(whole.promptLogProbabilities.count == 4)
    #expect(constraint.askedTooOften == 0)
    let (cut, _) = try await run([.forced([10, 11]), .any], maxTokens: 2, logProbabilitiesFrom: 2)
    #expect(cut.tokens == [10, 11])
    #expect(cut.finishReason == .length)
    #expect(cut.promptLogProbabilities.count == 3)
  }
}
