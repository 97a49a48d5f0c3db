import BoundedJSON
import Foundation
import RemoteInference
import Testing

/// One request at a time against every way a server can fail: it is answered, or the error says why not.
@Suite struct ChatClientTests {
  private func error(_ steps: [ScriptedServer.Step], attemptsMax: Int = 4) async throws -> RemoteError {
    let server = try ScriptedServer(steps)
    let client = try ChatFixture.client(server.url) {
      $0.policy.attemptsMax = attemptsMax
      $0.timeout = .milliseconds(400)
      $0.bodyBytesMax = 100_000
    }
    do throws(RemoteError) {
      let answer = try await client.answer(to: ChatFixture.request("q"))
      Issue.record("answered: \(answer)")
      return .cancelled
    } catch {
      #expect(!"\(error)".contains("secret"))
      return error
    }
  }

  @Test func sendsTheRequestAndReadsTheAnswer() async throws {
    let server = try ScriptedServer([.answer(status: 200, body: ChatFixture.completion("yes\\n", finish: "length"))])
    let client = try ChatFixture.client(server.url + "/v1/")
    let answer = try await client.answer(to: ChatFixture.request("Which one?"))
    #expect(answer.text == "yes\n")
    #expect(answer.finishReason == .length)
    #expect(answer.choices[0].isTruncated)
    #expect(answer.model == "teacher-1")
    #expect(answer.usage?.promptTokens == 20)
    let asked = try #require(server.asked.first)
    #expect(asked.line == "POST /v1/chat/completions HTTP/1.1")
    #expect(asked.fields["authorization"] == "Bearer \(ChatFixture.secret)")
    #expect(asked.fields["content-type"] == "application/json")
    #expect(
      asked.text
        == """
        {"max_tokens":100,"messages":[{"content":"Judge.","role":"system"},{"content":"Which one?","role":"user"}],\
        "model":"teacher","seed":7,"stop":["</scores>"],"stream":false,"temperature":0.5}
        """)
    #expect(client.counters.requests == 1)
    #expect(client.counters.cost == 0.000_14)
  }

  @Test func triesAgainUntilItIsAnswered() async throws {
    let good = ChatFixture.completion("at last")
    let server = try ScriptedServer([
      .answer(status: 429, fields: [("Retry-After", "7")], body: "{\"error\":{\"message\":\"slow down\"}}"),
      .answer(status: 503, body: ""), .answer(status: 500, body: "<html><title>Oops</title>"),
      .answer(status: 408, body: ""), .answer(status: 409, body: ""), .answer(status: 425, body: ""),
      .reset(after: ""), .cut(body: good, after: 30), .answer(status: 200, body: "{\"choices\":["),
      .answer(status: 200, body: "{\"choices\":[]}"), .answer(status: 200, body: "<!DOCTYPE html><p>hello"),
      .answer(status: 200, body: "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":5}}]}"),
      .slow(milliseconds: 3_000, body: good), .answer(status: 200, body: good),
    ])
    let clock = VirtualClock()
    let client = try ChatFixture.client(server.url, clock: clock) {
      $0.policy.attemptsMax = 20
      $0.timeout = .milliseconds(400)
    }
    #expect(try await client.answer(to: ChatFixture.request("q")).text == "at last")
    #expect(server.asked.count == 14)
    #expect(Set(server.asked.map(\.text)).count == 1)
    #expect(client.counters.requests == 14)
    #expect(client.counters.retries == 13)
    #expect(client.counters.answers == 1)
    #expect(clock.now >= .seconds(7))
  }

  @Test(arguments: [400, 413, 422]) func refusesAtOnceWhatIsWrongWithTheRequest(status: Int) async throws {
    let body = "{\"error\":{\"message\":\"the prompt is\\u0007 too long\",\"code\":\"context_length_exceeded\"}}"
    let error = try await error([.answer(status: status, body: body)])
    guard case .refused(let refusal) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(refusal.status == status)
    #expect(refusal.reason == "status \(status) (context_length_exceeded): the prompt is\\u{07} too long")
  }

  @Test(arguments: [401, 403, 404]) func stopsAtOnceWhereTheSetUpIsWrong(status: Int) async throws {
    let body = "{\"error\":{\"message\":\"Incorrect API key: sk-very\\/secret-0123456789 sk-very/secret-0123456789\"}}"
    let error = try await error([.answer(status: status, body: body)])
    guard case .stopped(let url, .status(let answer)) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(url.hasSuffix("/v1/chat/completions"))
    #expect(answer.status == status)
    #expect(answer.message == "Incorrect API key: [key] [key]")
  }

  @Test func saysWhatTheLastAttemptMetWithWhenItGivesUp() async throws {
    func last(_ step: ScriptedServer.Step, attemptsMax: Int = 3) async throws -> String {
      let error = try await error([step], attemptsMax: attemptsMax)
      guard case .gaveUp(_, attemptsMax, let fault) = error else { return "\(error)" }
      return "\(fault)"
    }
    #expect(try await last(.answer(status: 500, body: "<html><TITLE>Bad\nday</TITLE>")).contains("status 500"))
    let page = ScriptedServer.Step.answer(
      status: 502, fields: [("Content-Type", "text/html")], body: "<html><TITLE>Bad\nday</TITLE>")
    #expect(try await last(page) == "status 502: an HTML page named Bad\\nday")
    #expect(try await last(.answer(status: 429, body: "nginx says no")) == "status 429: nginx says no")
    #expect(try await last(.cut(body: ChatFixture.completion("x"), after: 9)).hasPrefix("the answer ended after 9 of"))
    #expect(try await last(.answer(status: 200, body: "")).hasSuffix("it is empty"))
    #expect(try await last(.answer(status: 200, body: "{}")).hasSuffix("choices is missing"))
    #expect(try await last(.answer(status: 200, body: "{\"choices\":{}}")).hasSuffix("must be an array, not object"))
    #expect(try await last(.answer(status: 200, body: "{\"error\":{\"message\":\"no\"}}")).hasSuffix("an error: no"))
    #expect(
      try await last(.slow(milliseconds: 2_000, body: ""), attemptsMax: 1) == "no whole answer within 0.4 s")
  }

  @Test func namesTheLimitThatAnAnswerIsLargerThan() async throws {
    guard case .refused(let refusal) = try await error([.flood(bytes: 1 << 20)]) else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.reason == "the answer is larger than 100000 bytes")
  }

  @Test func givesUpWhenTheTimeIsUp() async throws {
    let server = try ScriptedServer([.answer(status: 429, fields: [("Retry-After", "100")], body: "")])
    let clock = VirtualClock()
    let client = try ChatFixture.client(server.url, clock: clock) {
      $0.policy.attemptsMax = 1_000
      $0.policy.totalMax = .seconds(350)
    }
    await #expect(throws: RemoteError.self) { try await client.answer(to: ChatFixture.request("q")) }
    #expect(server.asked.count == 4)
    #expect(clock.now <= .seconds(350))
  }

  @Test func waitsUntilTheDateTheServerNames() async throws {
    // 90 seconds after the virtual clock's start.
    let date = "Tue, 14 Nov 2023 22:14:50 GMT"
    let server = try ScriptedServer([
      .answer(status: 503, fields: [("Retry-After", date)], body: ""),
      .answer(status: 200, body: ChatFixture.completion("ok")),
    ])
    let clock = VirtualClock()
    _ = try await ChatFixture.client(server.url, clock: clock).answer(to: ChatFixture.request("q"))
    #expect(clock.now >= .seconds(90) && clock.now < .seconds(91))
  }

  @Test func aCancelledRequestGivesItsPlaceAway() async throws {
    let server = try ScriptedServer { number, _ in
      number == 0
        ? .slow(milliseconds: 60_000, body: "") : .answer(status: 200, body: ChatFixture.completion("ok"))
    }
    let client = try ChatFixture.client(server.url) {
      $0.concurrency = 1
      $0.timeout = .seconds(60)
    }
    let first = Task { try await client.answer(to: ChatFixture.request("first")) }
    while server.asked.isEmpty { await Task.yield() }
    let waiting = Task { try await client.answer(to: ChatFixture.request("waiting")) }
    let third = Task { try await client.answer(to: ChatFixture.request("third")) }
    for _ in 0..<10 { await Task.yield() }
    waiting.cancel()
    await #expect(throws: RemoteError.cancelled) { try await waiting.value }
    #expect(server.asked.count == 1)
    first.cancel()
    await #expect(throws: RemoteError.cancelled) { try await first.value }
    #expect(try await third.value.text == "ok")
    #expect(!server.asked.contains { ChatFixture.question($0) == "waiting" })
  }

  @Test func sendsTheNewerNameOfTheLimitAndTheNumberOfChoicesWhenTold() async throws {
    let choices = """
      {"choices":[{"index":1,"message":{"content":"b"},"finish_reason":"length"},{"index":0,"message":\
      {"content":"a"},"finish_reason":"stop"},{"index":2,"message":{"content":null},"finish_reason":"content_filter"}]}
      """
    let server = try ScriptedServer([.answer(status: 200, body: choices)])
    let client = try ChatFixture.client(server.url) { $0.limitMember = .maxCompletionTokens }
    let answer = try await client.answer(
      to: ChatRequest(messages: [ChatMessage(role: .user, content: "q")], maxTokens: 5, choices: 3))
    #expect(answer.choices.map(\.text) == ["a", "b", ""])
    #expect(answer.choices.map(\.finishReason) == [.stop, .length, .contentFilter])
    #expect(
      server.asked[0].text
        == "{\"max_completion_tokens\":5,\"messages\":[{\"content\":\"q\",\"role\":\"user\"}],"
        + "\"model\":\"teacher\",\"n\":3,\"stream\":false}")
  }

  @Test func doesNotWaitForAQuotaThatIsSpent() async throws {
    let body = "{\"error\":{\"message\":\"You exceeded your quota\",\"code\":\"insufficient_quota\"}}"
    guard case .stopped(_, .status(let answer)) = try await error([.answer(status: 429, body: body)]) else {
      Issue.record("not stopped")
      return
    }
    #expect(answer.code == "insufficient_quota")
  }
}
