import BoundedJSON
import Foundation
import Judge
import RemoteInference
import Synchronization
import Testing

/// `POST /score` and the health routes of a server that keeps to `openapi.yaml`, and of one that does not.
@Suite struct ScoreClientTests {
  static let version = "sha256:" + String(repeating: "a", count: 64)

  static let question = RemoteQuestion(
    comparison: Comparison(query: "q", exemplars: ["e1", "e2"], responseA: "ra", responseB: "rb"), method: .verdict,
    order: .both, samples: 2, temperature: 0.5, seed: 3, minTokens: 10, maxTokens: 200, evidence: false,
    constrained: true)

  /// A whole answer with some members replaced, or taken out where the new value is nil.
  static func answer(_ changes: [String: JSONValue?] = [:]) throws -> String {
    let scores = JSONValue.object(["a": .number(7.5), "b": .integer(4)])
    var members: [String: JSONValue] = [
      "id": .string("score-1"), "object": .string("persrm.score"), "created": .integer(1), "model": .string("m"),
      "criteria": .string("c"), "eval": .null, "scores": scores, "winner": .string("a"), "margin": .number(3.5),
      "probability_a": .number(0.9), "well_formed": .bool(true), "failure_kind": .null,
      "finish_reason": .string("stop"),
      "orders": .array([.object(["order": .string("ba"), "scores": scores, "raw": .string("<scores>")])]),
      "order_consistent": .bool(true), "truncated": .object(["exemplars_dropped": .integer(1)]),
      "usage": .object([
        "prompt_tokens": .integer(812), "completion_tokens": .integer(301), "total_tokens": .integer(1_113),
        "prompt_tokens_details": .object(["cached_tokens": .integer(512)]),
      ]),
      "timings": .object([
        "queue_ms": .number(3.1), "prefill_ms": .integer(140), "decode_ms": .number(950.7), "total_ms": .number(1_094),
      ]),
      "scorer_version": .string(version), "added_later": .array([.null]),
    ]
    for (name, value) in changes { members[name] = value }
    return try JSONWriter.text(JSONValue.object(members))
  }

  private func client(
    _ url: String, clock: VirtualClock = VirtualClock(), _ change: (inout ScoreClient.Settings) -> Void = { _ in }
  ) throws -> ScoreClient {
    var settings = ScoreClient.Settings(address: try ServerAddress(url))
    change(&settings)
    return ScoreClient(settings, transport: WebTransport(connectionsMax: 4), clock: clock.clock)
  }

  @Test func asksWithEveryMemberAndReadsEveryMember() async throws {
    let server = try ScriptedServer([.answer(status: 200, body: try Self.answer())])
    let client = try client(server.url + "/")
    let judgement = try await client.judge(Self.question)
    #expect(server.asked[0].line == "POST /score HTTP/1.1")
    #expect(
      server.asked[0].text
        == """
        {"constrained":true,"evidence":false,"exemplars":["e1","e2"],"max_tokens":200,"method":"verdict",\
        "min_tokens":10,"order":"both","query":"q","response_a":"ra","response_b":"rb","samples":2,"seed":3,\
        "temperature":0.5}
        """)
    #expect(judgement.scores == ScorePair(a: 7.5, b: 4) && judgement.winner == .a && judgement.margin == 3.5)
    #expect(judgement.probabilityA == 0.9 && judgement.isWellFormed && judgement.failureKind == nil)
    #expect(judgement.runs.map(\.order) == [.ba] && judgement.runs[0].raw == "<scores>")
    #expect(judgement.usage == Usage(promptTokens: 812, cachedTokens: 512, completionTokens: 301))
    #expect(judgement.timings.decodeMilliseconds == 950.7 && judgement.exemplarsDropped == 1)
    #expect(judgement.scorerVersion == Self.version && client.scorerVersion == Self.version)
    #expect(judgement.criteria == "c" && judgement.eval == nil && judgement.orderConsistent == true)
  }

  @Test func readsAnAnswerWithoutAVerdictAndOneOfAResponseByItself() throws {
    let failed = try RemoteJudgement(
      body: Array(
        try Self.answer([
          "scores": .null, "winner": .null, "margin": .null, "probability_a": .null, "well_formed": .bool(false),
          "failure_kind": .string("persrm:length"), "finish_reason": .string("length"), "order_consistent": .null,
        ]).utf8))
    #expect(!failed.isWellFormed && failed.failureKind == "persrm:length" && failed.finishReason == .length)
    let alone = try RemoteJudgement(
      body: Array(
        try Self.answer([
          "scores": .object(["a": .integer(6), "b": .null]), "winner": .null, "margin": .null, "probability_a": .null,
          "orders": .array([]), "order_consistent": .null,
        ]).utf8))
    #expect(alone.scores == ScorePair(a: 6, b: nil) && alone.winner == nil)
  }

  @Test(
    arguments: [
      (["object": .string("list")], "object must be persrm.score"),
      (["scores": .string("7")], "scores must be an object"),
      (["scores": .object(["a": .integer(11), "b": .integer(1)])], "scores/a is 11.0, outside 1.0 to 10.0"),
      (["scores": .object(["a": .null, "b": .integer(1)])], "scores/a must be a number, not null"),
      (["scores": .null], "scores does not agree with well_formed true"),
      (["winner": .string("c")], "winner is c, none of a, b, tie"), (["winner": .null], "winner does not agree"),
      (["probability_a": .number(1.5)], "probability_a is 1.5, outside"), (["margin": nil], "margin must be a number"),
      (["usage": .object([:])], "usage/prompt_tokens must be a count, not missing"),
      (["orders": .array([.null])], "orders/0 must be an object, not null"),
      (["orders": .array([.object(["order": .string("x")])])], "orders/0/order is x, which is not known"),
      (["failure_kind": .string("x")], "failure_kind does not agree"),
      (["scorer_version": .null], "scorer_version must be a string, not null"),
    ] as [([String: JSONValue?], String)])
  func namesTheMemberThatIsWrong(changes: [String: JSONValue?], start: String) throws {
    let body = Array(try Self.answer(changes).utf8)
    do throws(RemoteFault) {
      _ = try RemoteJudgement(body: body)
      Issue.record("read")
    } catch {
      guard case .malformed(let reason) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(reason.hasPrefix(start), "\(reason)")
    }
  }

  private static func problem(_ status: Int, _ kind: String, retryable: Bool) -> ScriptedServer.Step {
    let body = """
      {"type":"urn:persrm:problem:\(kind)","title":"T","status":\(status),"detail":"D.","instance":"urn:request:1",\
      "request_id":"1","errors":[],"retryable":\(retryable)}
      """
    let fields = [("Content-Type", "application/problem+json"), ("Retry-After", "3")]
    return .answer(status: status, fields: fields, body: body)
  }

  @Test func triesAgainWhatTheServerCallsRetryable() async throws {
    let server = try ScriptedServer([
      Self.problem(503, "queue-full", retryable: true), .reset(after: ""),
      Self.problem(500, "internal-error", retryable: true), Self.problem(504, "generation-timeout", retryable: true),
      .answer(status: 200, body: try Self.answer()),
    ])
    let clock = VirtualClock()
    #expect(try await client(server.url, clock: clock).judge(Self.question).winner == .a)
    #expect(server.asked.count == 5 && clock.now >= .seconds(9))
  }

  @Test(arguments: [(413, "prompt-too-long"), (422, "invalid-request"), (400, "malformed-json")])
  func refusesWhatTheServerCallsFinal(status: Int, kind: String) async throws {
    let server = try ScriptedServer([Self.problem(status, kind, retryable: false)])
    let refusal = RemoteError.refused(Refusal(status: status, reason: "status \(status) (\(kind)): D."))
    await #expect(throws: refusal) { try await client(server.url).judge(Self.question) }
    #expect(server.asked.count == 1)
  }

  @Test func saysThatTheScorerChanged() async throws {
    let other = "sha256:" + String(repeating: "b", count: 64)
    let server = try ScriptedServer([
      .answer(status: 200, body: try Self.answer()), .answer(status: 200, body: try Self.answer()),
      .answer(status: 200, body: try Self.answer(["scorer_version": .string(other)])),
    ])
    let client = try client(server.url)
    _ = try await client.judge(Self.question)
    _ = try await client.judge(Self.question)
    await #expect(throws: RemoteError.scorerChanged(from: Self.version, to: other)) {
      try await client.judge(Self.question)
    }
    let resumed = try self.client(server.url) { $0.scorerVersion = Self.version }
    await #expect(throws: RemoteError.scorerChanged(from: Self.version, to: other)) {
      try await resumed.judge(Self.question)
    }
  }

  @Test func waitsUntilTheServerIsReady() async throws {
    let server = try ScriptedServer([
      .reset(after: ""), .answer(status: 503, body: "{\"status\":\"loading\",\"stage\":\"weights\",\"progress\":0.25}"),
      .answer(status: 503, body: "{\"status\":\"loading\",\"progress\":1e300}"), .answer(status: 502, body: "<html>"),
      .answer(status: 200, body: "{\"status\":\"ready\"}"),
    ])
    let heard = Mutex<[String]>([])
    try await client(server.url).waitUntilReady(timeout: .seconds(60)) { state in
      heard.withLock { $0.append("\(state)") }
    }
    let states = heard.withLock { $0 }
    #expect(states.count == 4)
    #expect(states[1...2] == ["loading, weights, 25 %", "loading"])
    #expect(server.asked.map(\.line).allSatisfy { $0 == "GET /readyz HTTP/1.1" })
  }

  @Test func doesNotWaitForWhatWillNotCome() async throws {
    for state in ["failed", "shutting_down"] {
      let server = try ScriptedServer([.answer(status: 503, body: "{\"status\":\"\(state)\"}")])
      await #expect(throws: RemoteError.self) { try await client(server.url).waitUntilReady(timeout: .seconds(60)) }
      #expect(server.asked.count == 1)
    }
    let other = try ScriptedServer([.answer(status: 404, body: "no such page")])
    do {
      try await client(other.url).waitUntilReady(timeout: .seconds(60))
      Issue.record("ready")
    } catch RemoteError.stopped(_, let fault) {
      #expect("\(fault)" == "status 404: no such page")
    }
    let loading = try ScriptedServer([.answer(status: 503, body: "{\"status\":\"loading\"}")])
    let expected = RemoteError.notReady(url: loading.url + "/readyz", state: "loading, after 5.0 s")
    await #expect(throws: expected) { try await client(loading.url).waitUntilReady(timeout: .seconds(5)) }
  }

  @Test func tellsAliveFromStalled() async throws {
    let server = try ScriptedServer([
      .answer(status: 200, body: "{\"status\":\"ok\"}"), .answer(status: 503, body: "{\"status\":\"stalled\"}"),
      .answer(status: 200, body: "hello"),
    ])
    let client = try client(server.url)
    #expect(try await client.isAlive())
    #expect(try await !client.isAlive())
    await #expect(throws: RemoteFault.self) { try await client.isAlive() }
  }
}
