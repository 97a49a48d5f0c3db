import BoundedJSON
import HTTP
import Judge
import ScoringAPI
import TestSupport
import Testing

/// The methods `verdict` and `likelihood` as a client sees them.
@Suite struct MethodRouteTests {
  private func body(_ method: String, _ changes: [String: JSONValue] = [:]) -> JSONValue {
    ServiceFixture.body(changes.merging(["method": .string(method)]) { _, method in method })
  }

  @Test func reasoningIsWhatAbsentMeans() async throws {
    let fixture = ServiceFixture()
    let (absent, named) = (try await fixture.post(), try await fixture.post("/score", body("reasoning")))
    #expect(try absent.document["criteria"] == named.document["criteria"])
    #expect(fixture.generator.requests.count == 2 && fixture.generator.requests.allSatisfy { !$0.scoresOnly })
    #expect(fixture.generator.requests[0].prompt == fixture.generator.requests[1].prompt)
  }

  @Test func aVerdictHasScoresAndProbabilityButNoTexts() async throws {
    let fixture = ServiceFixture()
    let document = try await fixture.post("/score", body("verdict")).document
    // The distributions are certain of 7 and 4, whatever is written beside them.
    #expect(document["scores"] == .object(["a": .integer(7), "b": .integer(4)]))
    #expect(document["winner"] == .string("a") && document["margin"] == .integer(3))
    #expect(document["probability_a"] == .integer(1))
    #expect(document["criteria"] == .null && document["eval"] == .null)
    #expect(document["well_formed"] == .bool(true) && document["failure_kind"] == .null)
    #expect(document["orders"]?.array?.count == 1 && document["order_consistent"] == .null)
    #expect(fixture.generator.requests.count == 1 && fixture.generator.requests[0].scoresOnly)
    #expect(fixture.generator.likelihoodRequests.isEmpty)
  }

  @Test func aLikelihoodHasScoresAndProbabilityButNoOutputs() async throws {
    let fixture = ServiceFixture()
    let document = try await fixture.post("/score", body("likelihood")).document
    #expect(document["criteria"] == .null && document["eval"] == .null)
    #expect(document["orders"] == .array([]) && document["order_consistent"] == .null)
    #expect(document["well_formed"] == .bool(true) && document["failure_kind"] == .null)
    #expect(document["finish_reason"] == .string("stop"))
    let scores = try #require(document["scores"])
    let (a, b) = (try #require(scores["a"]?.number), try #require(scores["b"]?.number))
    #expect(a >= 1 && a <= 10 && b >= 1 && b <= 10)
    #expect(abs((document["margin"]?.number ?? .nan) - (a - b)) < 1e-9)
    #expect(document["usage"]?["completion_tokens"] == .integer(0))
    // "alpha" and "beta", each after the exemplars and alone.
    #expect(document["usage"]?["prompt_tokens"] == .integer(18))
    #expect(document["usage"]?["total_tokens"] == .integer(18))
    #expect(document["usage"]?["prompt_tokens_details"]?["cached_tokens"] == .integer(8))
    #expect(document["timings"]?["queue_ms"] == .integer(4) && document["timings"]?["decode_ms"] == .integer(0))
    #expect(fixture.generator.requests.isEmpty && fixture.generator.likelihoodRequests.count == 4)
    for request in fixture.generator.likelihoodRequests {
      #expect(request.queueDeadline != nil && request.deadline != nil)
    }
    #expect(fixture.sample("persrm_generation_tokens_total") == 0)
    #expect(fixture.sample("persrm_prompt_tokens_total") == 18)
    #expect(fixture.sample("persrm_margin_count") == 1)
    #expect(fixture.sample("persrm_order_checked_total") == 0)
  }

  @Test(arguments: ["verdict", "likelihood"])
  func whatOnlyWritingHasChangesNothing(method: String) async throws {
    func answer(_ changes: [String: JSONValue]) async throws -> JSONValue {
      var members = try #require(try await ServiceFixture().post("/score", body(method, changes)).document.object)
      for name in ["id", "created", "timings"] { members[name] = nil }
      return .object(members)
    }
    let plain = try await answer([:])
    let changes: [String: JSONValue] = [
      "samples": .integer(16), "temperature": .integer(2), "seed": .integer(9), "min_tokens": .integer(72),
      "max_tokens": .integer(4_096), "constrained": .bool(false),
    ]
    #expect(try await answer(changes) == plain)
    for (name, value) in changes { #expect(try await answer([name: value]) == plain, "\(name)") }
    // Out of range is wrong all the same.
    let refused = try await ServiceFixture().post("/score", body(method, ["samples": .integer(17)]))
    #expect(refused.status == .unprocessableContent && refused.status.reason == "samples must be from 1 to 16")
  }

  @Test func bothOrdersOfAVerdictAreAveraged() async throws {
    let document = try await ServiceFixture().post("/score", body("verdict", ["order": .string("both")])).document
    #expect(document["scores"] == .object(["a": .number(5.5), "b": .number(5.5)]))
    #expect(document["winner"] == .string("tie") && document["order_consistent"] == .bool(false))
  }

  @Test func aLikelihoodScoresOneResponseByItself() async throws {
    let fixture = ServiceFixture()
    let pair = try await fixture.post("/score", body("likelihood")).document
    let single = ServiceFixture.body(["method": .string("likelihood")], removing: ["response_b"])
    let response = try await fixture.post("/score", single)
    #expect(response.status == .ok)
    let document = try response.document
    #expect(document["scores"]?["a"] == pair["scores"]?["a"] && document["scores"]?["b"] == .null)
    for name in ["winner", "margin", "probability_a", "failure_kind"] { #expect(document[name] == .null, "\(name)") }
    #expect(document["well_formed"] == .bool(true))
    #expect(try await fixture.post("/apply-template", single).status == .ok)
    #expect(fixture.sample("persrm_margin_count") == 1 && fixture.sample("persrm_ties_total") == 0)
  }

  @Test(arguments: ["reasoning", "verdict"])
  func theOtherMethodsNeedTwoResponses(method: String) async throws {
    for path in ["/score", "/apply-template"] {
      let single = ServiceFixture.body(["method": .string(method)], removing: ["response_b"])
      let response = try await ServiceFixture().post(path, single)
      #expect(response.status == .unprocessableContent && response.status.reason == "response_b is missing")
    }
    let null = ServiceFixture.body(["method": .string("likelihood"), "response_b": .null])
    #expect(try await ServiceFixture().post("/score", null).status == .unprocessableContent)
  }

  @Test func aResponseThatTheModelCannotReadIsNamed() async throws {
    let fixture = ServiceFixture()
    let unreadable = body("likelihood", ["response_b": .string("\0")])
    let response = try await fixture.post("/score", unreadable)
    #expect(response.status == .unprocessableContent)
    let document = try response.document
    #expect(document["type"] == .string("urn:persrm:problem:invalid-request"))
    #expect(document["retryable"] == .bool(false))
    #expect(document["errors"]?.array?.map { $0["pointer"] } == [.string("/response_b")])
    #expect(fixture.sample("persrm_judge_failures_total{kind=\"persrm:no_tokens\"}") == 1)
    #expect(fixture.generator.likelihoodRequests.isEmpty)
  }

  @Test func theTemplateOfALikelihoodIsWhatTheModelReads() async throws {
    let document = try await ServiceFixture().post("/apply-template", body("likelihood")).document
    #expect(document["prompt"] == .string("[document]one\n\ntwo\n\nalpha"))
    #expect(document["n_tokens"] == .integer(16) && document["prefix_tokens"] == .integer(11))
    let verdict = try await ServiceFixture().post("/apply-template", body("verdict")).document
    let reasoning = try await ServiceFixture().post("/apply-template", body("reasoning")).document
    #expect(verdict == reasoning)
  }

  @Test func aTextThatFitsOnlyWithoutOutputIsJudgedByLikelihood() async throws {
    let generator = ScriptedGenerator(contextTokensMax: 100)
    #expect(try await ServiceFixture(generator).post("/score", body("likelihood")).status == .ok)
    #expect(try await ServiceFixture(generator).post("/score", body("verdict")).status == .contentTooLarge)
  }
}
