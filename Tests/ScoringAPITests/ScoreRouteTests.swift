import BoundedJSON
import HTTP
import Judge
import ScoringAPI
import TestSupport
import Testing

@Suite struct ScoreRouteTests {
  @Test(arguments: ["/score", "/v1/score"])
  func answersWithEveryMemberOfTheContract(path: String) async throws {
    let response = try await ServiceFixture().post(path, id: "abc.1")
    #expect(response.status == .ok)
    #expect(response.fields.first(named: "Content-Type") == "application/json")
    let text = ScriptedGenerator.verdict("7.5", "4")
    var expected: [String: JSONValue] = [
      "id": .string("score-abc.1"), "object": .string("persrm.score"), "model": .string("scripted-1"),
      "criteria": .string("Short sentences."), "eval": .string("One fits better."),
      "scores": .object(["a": .number(7.5), "b": .integer(4)]), "winner": .string("a"), "margin": .number(3.5),
      "probability_a": .integer(1), "well_formed": .bool(true), "failure_kind": .null,
      "finish_reason": .string("stop"), "order_consistent": .null,
      "orders": .array([
        .object([
          "order": .string("ab"), "scores": .object(["a": .number(7.5), "b": .integer(4)]), "raw": .string(text),
        ])
      ]),
      "truncated": .object(["exemplars_dropped": .integer(0)]),
    ]
    let document = try response.document
    for name in ["usage", "timings", "scorer_version", "created"] {
      let value: JSONValue = try #require(document[name])
      expected[name] = value
    }
    #expect(document == .object(expected))
    #expect(document["timings"]?["total_ms"] == .integer(1))
    #expect(document["timings"]?["queue_ms"] == .integer(1))
    #expect(document["usage"]?["prompt_tokens_details"]?["cached_tokens"] == .integer(3))
    #expect(document["usage"]?["completion_tokens"] == .integer(Int64(text.utf8.count)))
    let usage = try #require(document["usage"])
    #expect(
      usage["total_tokens"]?.integer
        == (usage["prompt_tokens"]?.integer ?? 0) + (usage["completion_tokens"]?.integer ?? 0))
  }

  @Test func equalRequestsGetEqualBytesButForIdCreatedAndTimings() async throws {
    let fixture = ServiceFixture()
    let body = ServiceFixture.body(["order": .string("both"), "samples": .integer(3), "temperature": .number(0.5)])
    func stripped(_ id: String) async throws -> [UInt8] {
      var members = try #require(try await fixture.post("/score", body, id: id).document.object)
      for name in ["id", "created", "timings"] { #expect(members.removeValue(forKey: name) != nil) }
      return try JSONWriter.bytes(members)
    }
    #expect(try await stripped("one") == stripped("two"))
  }

  @Test func passesOptionsToTheGenerator() async throws {
    let fixture = ServiceFixture()
    let response = try await fixture.post(
      "/score",
      ServiceFixture.body([
        "order": .string("ba"), "samples": .integer(2), "temperature": .number(1.5),
        "seed": .integer(ScoringLimits.seedMax), "min_tokens": .integer(80), "max_tokens": .integer(80),
        "constrained": .bool(false), "evidence": .bool(false), "stream": .bool(false), "method": .string("reasoning"),
      ]))
    #expect(response.status == .ok)
    #expect(fixture.generator.requests.count == 2)
    for request in fixture.generator.requests {
      #expect(request.sampling.temperature == 1.5 && request.minTokens == 80 && request.maxTokens == 80)
      #expect(request.grammar == nil)
      #expect(request.prompt.messages[1].content.contains("Response A:\n<response_a>\nbeta\n"))
      let (queue, whole) = (try #require(request.queueDeadline), try #require(request.deadline))
      #expect(whole - queue == .seconds(20))
    }
    let seeds = Set(fixture.generator.requests.map(\.sampling.seed))
    #expect(
      seeds == Set((0..<2).map { PairJudge.sampleSeed(UInt64(ScoringLimits.seedMax), sample: $0) }))
  }

  @Test func aMalformedOutputIsAnswered200WithoutNumbers() async throws {
    let cases: [(FinishReason, String)] = [(.stop, "judge_unparseable"), (.length, "persrm:length")]
    for (reason, kind) in cases {
      let fixture = ServiceFixture(ScriptedGenerator(text: "A wins.", finishReason: reason))
      let response = try await fixture.post()
      let document = try response.document
      #expect(response.status == .ok)
      #expect(document["well_formed"] == .bool(false) && document["failure_kind"] == .string(kind))
      for name in ["scores", "winner", "margin", "probability_a", "criteria", "eval", "order_consistent"] {
        #expect(document[name] == .null, "\(name)")
      }
      #expect(document["orders"]?.array?.first?["raw"] == .string("A wins."))
      #expect(document["finish_reason"] == .string(reason.rawValue))
      #expect(fixture.sample("persrm_judge_failures_total{kind=\"\(kind)\"}") == 1)
    }
  }

  @Test func reportsDroppedExemplarsAndRefusesWhatFitsNoContext() async throws {
    let long = String(repeating: "x", count: 1_000)
    let body = ServiceFixture.body(["exemplars": .array([.string(long), .string(long), .string("short")])])
    let fits = try await ServiceFixture(ScriptedGenerator(contextTokensMax: 3_000)).post("/score", body)
    #expect(try fits.document["truncated"] == .object(["exemplars_dropped": .integer(1)]))
    let response = try await ServiceFixture(ScriptedGenerator(contextTokensMax: 600)).post("/score", body)
    #expect(response.status == .contentTooLarge && response.status.reason == "Prompt Too Long")
    let detail = try #require(try response.document["detail"]?.string)
    #expect(detail.contains(" tokens > 600 after dropping 2 exemplars"))
    #expect(try response.document["retryable"] == .bool(false))
  }

  @Test(
    arguments: [
      (GenerationError.queueFull(retryAfterSeconds: 7), 503, "Queue Full", "queue-full", "7", "shutdown"),
      (.queueTimeout(retryAfterSeconds: 99), 503, "Queue Timeout", "queue-timeout", "30", "transport_timeout"),
      (.deadlineExceeded, 504, "Generation Timeout", "generation-timeout", nil, "transport_timeout"),
      (.shuttingDown, 503, "Shutting Down", "shutting-down", "5", "shutdown"),
      (.failed("disk on fire"), 503, "Model Failed", "model-failed", "30", "judge_failed"),
      (.promptTooLong(tokens: 9, max: 8), 413, "Prompt Too Long", "prompt-too-long", nil, "persrm:prompt_too_long"),
      (.cancelled, 499, "Client Closed Request", "client-closed-request", nil, "cancelled"),
    ] as [(GenerationError, Int, String, String, String?, String)])
  func aFailedGenerationIsAnErrorOfItsOwn(
    error: GenerationError, code: Int, title: String, type: String, retryAfter: String?, failureKind: String
  ) async throws {
    let fixture = ServiceFixture(ScriptedGenerator { _ throws(GenerationError) in throw error })
    let response = try await fixture.post(id: "r-9")
    #expect(response.status.code == code && response.status.reason == title)
    #expect(response.fields.first(named: "Content-Type") == "application/problem+json")
    #expect(response.fields.first(named: "Retry-After") == retryAfter)
    let document = try response.document
    #expect(document["type"] == .string("urn:persrm:problem:\(type)") && document["title"] == .string(title))
    #expect(document["status"] == .integer(Int64(code)) && document["retryable"] == .bool(code >= 500))
    #expect(document["instance"] == .string("urn:request:r-9") && document["request_id"] == .string("r-9"))
    #expect(!response.text.contains("disk on fire"))
    #expect(fixture.sample("persrm_judge_failures_total{kind=\"\(failureKind)\"}") == 1)
    if case .failed = error { #expect(fixture.reported == ["model failed: disk on fire (r-9)"]) }
    let reason = error == .cancelled ? "abort" : "error"
    #expect(
      fixture.sample("persrm_requests_total{route=\"/score\",code=\"\(code)\",finished_reason=\"\(reason)\"}") == 1)
  }

  @Test func aClientThatLeavesCancelsTheGeneration() async throws {
    let (started, announce) = AsyncStream<Void>.makeStream()
    let fixture = ServiceFixture(
      ScriptedGenerator { _ throws(GenerationError) in
        announce.yield()
        return try await ScriptedGenerator.untilCancelled()
      })
    let task = Task { try await fixture.post() }
    for await _ in started.prefix(1) {}
    task.cancel()
    #expect(try await task.value.status == .clientClosedRequest)
  }

  @Test(arguments: [
    "application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json", "application/json ;x=y",
  ])
  func acceptsJSONByAnyOfItsNamesAndNone(type: String) async throws {
    let body = try JSONWriter.bytes(ServiceFixture.body())
    let fixture = ServiceFixture()
    #expect(try await fixture.send("POST", "/score", fields: ["Content-Type": type], body: body).status == .ok)
    #expect(try await fixture.send("POST", "/score", body: body).status == .ok)
  }

  @Test func refusesEncodedBodies() async throws {
    let body = try JSONWriter.bytes(ServiceFixture.body())
    for (coding, status) in [("gzip", Status.unsupportedMediaType), ("br", .unsupportedMediaType), ("identity", .ok)] {
      let response = try await ServiceFixture().send("POST", "/score", fields: ["Content-Encoding": coding], body: body)
      #expect(response.status == status, "\(coding)")
    }
  }

  @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "+json", "", "json"])
  func refusesOtherMediaTypes(type: String) async throws {
    let body = try JSONWriter.bytes(ServiceFixture.body())
    for path in ["/score", "/apply-template"] {
      let response = try await ServiceFixture().send("POST", path, fields: ["Content-Type": type], body: body)
      #expect(response.status == .unsupportedMediaType)
      #expect(try response.document["detail"]?.string?.contains("application/json") == true)
    }
  }

  @Test func applyTemplateShowsThePromptOfTheFirstOrder() async throws {
    let fixture = ServiceFixture()
    let response = try await fixture.post("/apply-template", ServiceFixture.body(["order": .string("ba")]))
    #expect(response.status == .ok)
    let document = try response.document
    let prompt = try #require(document["prompt"]?.string)
    #expect(prompt.contains("Response A:\n<response_a>\nbeta\n"))
    #expect(document["n_tokens"]?.integer == Int64(prompt.utf8.count))
    let shared = try #require(document["prefix_tokens"]?.integer)
    #expect(String(decoding: prompt.utf8.prefix(Int(shared)), as: UTF8.self).hasSuffix("two\n</exemplar>\n\n<query>\n"))
    #expect(document["truncated"] == .object(["exemplars_dropped": .integer(0)]))
    #expect(fixture.generator.requests.isEmpty)
  }

  @Test func countsWhatTheJudgeDoes() async throws {
    // Always prefers the first slot, so both orders disagree.
    let fixture = ServiceFixture()
    for _ in 0..<4 { _ = try await fixture.post("/score", ServiceFixture.body(["order": .string("both")])) }
    #expect(fixture.sample("persrm_order_checked_total") == 4)
    #expect(fixture.sample("persrm_position_flips_total") == 4)
    #expect(fixture.sample("persrm_first_slot_wins_total") == 4)
    #expect(fixture.sample("persrm_ties_total") == 4)
    #expect(fixture.sample("persrm_score_count{slot=\"first\"}") == 8)
    #expect(fixture.sample("persrm_score_sum{slot=\"second\"}") == 32)
    #expect(fixture.sample("persrm_margin_count") == 4)
    #expect(fixture.sample("persrm_exemplars_used_sum") == 8)
    #expect(
      fixture.sample("persrm_requests_total{route=\"/score\",code=\"200\",finished_reason=\"stop\"}") == 4)
    #expect((fixture.sample("persrm_generation_tokens_total") ?? 0) > 0)
    #expect(fixture.sample("persrm_e2e_request_latency_seconds_count") == 4)
  }

  @Test func aJudgeWithoutAFavouriteSlotWinsHalfOfTheChecksInTheFirst() async throws {
    let fixture = ServiceFixture(
      ScriptedGenerator { request in
        let alphaFirst = request.prompt.messages[1].content.contains("<response_a>\nalpha\n")
        return ScriptedGenerator.generation(
          alphaFirst ? ScriptedGenerator.verdict("9", "2") : ScriptedGenerator.verdict("2", "9"), for: request)
      })
    for _ in 0..<6 { _ = try await fixture.post("/score", ServiceFixture.body(["order": .string("both")])) }
    #expect(fixture.sample("persrm_first_slot_wins_total") == 3)
    #expect(fixture.sample("persrm_position_flips_total") == 0)
  }
}
