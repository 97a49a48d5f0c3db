import HTTP
import HTTPServer
import Telemetry
import Testing

/// What a client sees of the protocol, over a real socket.
@Suite(.timeLimit(.minutes(2))) struct ServerTests {
  private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test func keepsTheConnectionForManyRequests() async throws {
    let loopback = try await LoopbackServer()
    let answers = try await loopback.client { client in
      try (0..<20).map { number in
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\(10 + number)")
        return try client.answer()
      }
    }
    #expect(answers.map(\.text) == (10..<30).map(String.init))
    #expect(answers.allSatisfy { $0.status == 200 && $0.fields["connection"] == nil && $0.fields["date"] != nil })
    #expect(loopback.metrics.connectionsAccepted.value == 1)
    await loopback.stop()
  }

  @Test func answersPipelinedRequestsInOrderOneAtATime() async throws {
    let loopback = try await LoopbackServer()
    async let answers = loopback.client { client in
      try client.send(
        "GET /wait HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx" + self.get
          + "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n")
      let answers = try (0..<4).map { _ in try client.answer() }
      return (answers.map(\.text), answers.last?.fields["connection"], try client.rest())
    }
    #expect(await loopback.nextEvent() == .started("/wait"))
    loopback.release()
    #expect(await loopback.nextEvent() == .started("/echo"))
    let (texts, connection, rest) = try await answers
    #expect(texts == ["waited", "x", "hello", "hello"])
    #expect(connection == "close")
    #expect(rest == "")
    await loopback.stop()
  }

  @Test func readsARequestThatComesByteByByte() async throws {
    let loopback = try await LoopbackServer()
    let answer = try await loopback.client { client in
      let text = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      for byte in text.utf8 { try client.send([byte]) }
      return try client.answer()
    }
    #expect(answer.text == "abcde")
    await loopback.stop()
  }

  @Test func echoesABigBodyThatComesInChunks() async throws {
    let loopback = try await LoopbackServer()
    let (status, isSame) = try await loopback.client { client in
      let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      for start in stride(from: 0, to: body.count, by: 100_000) {
        try client.send("186a0\r\n")
        try client.send(Array(body[start..<start + 100_000]))
        try client.send("\r\n")
      }
      try client.send("0\r\n\r\n")
      let answer = try client.answer()
      return (answer.status, answer.body == body)
    }
    #expect(status == 200)
    #expect(isSame)
    await loopback.stop()
  }

  @Test func headIsAnsweredAsGetWithoutBody() async throws {
    let loopback = try await LoopbackServer()
    let (head, next) = try await loopback.client { client in
      try client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + self.get)
      return (try client.answer(toHead: true), try client.answer())
    }
    #expect(head.fields["content-length"] == "5")
    #expect(next.text == "hello")
    await loopback.stop()
  }

  @Test func speaksHTTP10() async throws {
    let loopback = try await LoopbackServer()
    let kept = try await loopback.client { client in
      try client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let first = try client.answer()
      try client.send("GET /hello HTTP/1.0\r\n\r\n")
      return (first.fields["connection"], try client.answer().fields["connection"], try client.rest())
    }
    #expect(kept == ("keep-alive", "close", ""))
    await loopback.stop()
  }

  @Test func tellsAWaitingClientToContinueAndNeverBeforeARefusal() async throws {
    let loopback = try await LoopbackServer { $0.limits.bodyBytesMax = 10 }
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
    let (interim, final) = try await loopback.client { client in
      try client.send(head + "3\r\n\r\n")
      let interim = try client.answer()
      try client.send("abc")
      return (interim, try client.answer())
    }
    #expect(interim == RawClient.Answer(status: 100, fields: [:], body: []))
    #expect(final.text == "abc")
    let refusals = try await loopback.client { client in
      try client.send(head + "11\r\n\r\n")
      return try client.rest()
    }
    #expect(refusals.hasPrefix("HTTP/1.1 413 "))
    let unknown = try await loopback.client { client in
      try client.send("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n")
      return try client.rest()
    }
    #expect(unknown.hasPrefix("HTTP/1.1 417 "))
    let old = try await loopback.client { client in
      try client.send("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
      return try client.answer().text
    }
    #expect(old == "x")
    await loopback.stop()
  }

  @Test func refusalsAreProblemDocumentsThatEchoTheRequestID() async throws {
    let loopback = try await LoopbackServer()
    let (answer, rest) = try await loopback.client { client in
      try client.send(
        "POST /echo HTTP/1.1\r\nX-Request-ID: mine-1\r\nHost: a\r\nContent-Length: 1\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      return (try client.answer(), try client.rest())
    }
    #expect(answer.status == 400)
    #expect(answer.fields["x-request-id"] == "mine-1")
    #expect(answer.fields["content-type"] == "application/problem+json")
    #expect(answer.fields["connection"] == "close")
    #expect(
      answer.text
        == #"{"detail":"Content-Length together with Transfer-Encoding","instance":"urn:request:mine-1","#
        + #""request_id":"mine-1","retryable":false,"status":400,"title":"Bad Request","#
        + #""type":"urn:persrm:problem:ambiguous-framing"}"#)
    #expect(rest == "")
    #expect(loopback.registry.exposition().contains("http_faults_total{code=\"ambiguous-framing\"} 1\n"))
    await loopback.stop()
  }

  @Test func everyAnswerHasARequestIDAndHarmfulOnesAreReplaced() async throws {
    let loopback = try await LoopbackServer()
    let ids = try await loopback.client { client in
      try ["X-Request-ID: a.b_c-9\r\n", "X-Request-ID: a b\r\n", ""].map { field in
        try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
        return try client.answer().fields["x-request-id"]
      }
    }
    #expect(ids[0] == "a.b_c-9")
    #expect(ids[1]?.count == 32)
    #expect(ids[2]?.count == 32)
    #expect(ids[1] != ids[2])
    await loopback.stop()
  }

  @Test func countsRequestsByRouteMethodAndClass() async throws {
    let loopback = try await LoopbackServer()
    _ = try await loopback.client { client in
      try client.send(
        self.get + self.get + "HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n" + "BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
      return try client.rest().count
    }
    await loopback.stop()
    let text = loopback.registry.exposition()
    #expect(text.contains("http_requests_total{handler=\"/hello\",method=\"GET\",status=\"2xx\"} 2\n"))
    #expect(text.contains("http_requests_total{handler=\"/none\",method=\"HEAD\",status=\"4xx\"} 1\n"))
    #expect(text.contains("http_requests_total{handler=\"none\",method=\"other\",status=\"5xx\"} 1\n"))
    #expect(text.contains("http_request_duration_seconds_count{handler=\"/hello\",method=\"GET\"} 2\n"))
    #expect(text.contains("http_connections 0\n"))
    #expect(text.contains("http_requests_in_flight 0\n"))
  }

  @Test func serves200ConnectionsAtOnce() async throws {
    let loopback = try await LoopbackServer()
    let port = loopback.port
    let bodies = try await blocking {
      let clients = try (0..<200).map { _ in try RawClient(port: port) }
      for (number, client) in clients.enumerated() {
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\(100 + number)")
      }
      return try clients.map { try $0.answer().text }
    }
    #expect(bodies == (100..<300).map(String.init))
    await loopback.stop()
  }
}
