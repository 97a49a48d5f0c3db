import BoundedJSON
import Digests
import Judge
import ScoreFiles
import ScoringAPI
import TestSupport
import Testing

/// Answers in the service's words, and what a comparison that cannot be judged becomes.
@Suite struct PairAnswererTests {
  private func answerer(_ generator: ScriptedGenerator) -> PairAnswerer {
    PairAnswerer(
      judge: PairJudge(generator: generator, digest: SHA256.hash),
      surroundings: PairAnswerer.Surroundings(milliseconds: { 5 }, seconds: { 1_764_000_000 }, identifier: { "1" }))
  }

  private var record: ComparisonRecord {
    get throws {
      let body = #"{"query":"q","exemplars":["e"],"response_a":"a","response_b":"b"}"#
      return ComparisonRecord(index: 0, line: 1, request: try ScoreRequest(body: Array(body.utf8)))
    }
  }

  @Test func answersAsTheServiceDoes() async throws {
    let answer = try await answerer(ScriptedGenerator()).answer(record)
    #expect(answer.winner == .a && answer.failureKind == nil)
    #expect(answer.members["scores"] == .object(["a": .number(7.5), "b": .number(4)]))
    #expect(answer.members["id"] == .string("score-1") && answer.members["created"] == .integer(1_764_000_000))
    #expect(answer.members["object"] == .string("persrm.score") && answer.members["winner"] == .string("a"))
  }

  @Test func aVerdictThatCannotBeReadIsMalformed() async throws {
    let answer = try await answerer(ScriptedGenerator(text: "nonsense", certain: [])).answer(record)
    #expect(answer.winner == nil && answer.failureKind == "judge_unparseable")
    #expect(answer.members["scores"] == .null && answer.members["well_formed"] == .bool(false))
  }

  @Test func textsThatAreTooLongAreMalformedWithTheSameMembers() async throws {
    let answer = try await answerer(ScriptedGenerator(contextTokensMax: 600)).answer(record)
    #expect(answer.winner == nil && answer.failureKind == "persrm:prompt_too_long")
    #expect(answer.members["well_formed"] == .bool(false) && answer.members["scores"] == .null)
    let usual = try await answerer(ScriptedGenerator()).answer(record)
    #expect(Set(answer.members.keys) == Set(usual.members.keys).union(["failure_reason"]))
  }

  @Test func aResponseWithoutTokensIsMalformedAndDoesNotEndTheRun() async throws {
    let body = #"{"query":"q","exemplars":["e"],"response_a":"a","response_b":"\u0000","method":"likelihood"}"#
    let record = ComparisonRecord(index: 0, line: 1, request: try ScoreRequest(body: Array(body.utf8)))
    let answer = try await answerer(ScriptedGenerator()).answer(record)
    #expect(answer.winner == nil && answer.failureKind == "persrm:no_tokens")
    #expect(answer.members["failure_reason"] == .string("the model knows no character of response b"))
  }

  @Test func aModelThatFailsEndsTheRun() async throws {
    let generator = ScriptedGenerator { _ async throws(GenerationError) in throw GenerationError.failed("broken") }
    let answerer = answerer(generator)
    let record = try record
    await #expect(throws: JudgeError.generation(.failed("broken"))) { try await answerer.answer(record) }
  }
}
