import Foundation
import RemoteInference
import Testing

/// What comes back over a real socket, for every way in which a server can fail.
@Suite(.serialized) struct TransportTests {
  /// The two ways to a server.
  enum Kind: CaseIterable {
    case sockets
    case urlSession

    var transport: any HTTPTransport {
      switch self {
      case .sockets: SocketTransport()
      case .urlSession: URLSessionTransport(connectionsMax: 4)
      }
    }
  }

  private func send(
    _ step: ScriptedServer.Step, by kind: Kind, timeout: Duration = .seconds(10), bodyBytesMax: Int = 1 << 20,
    body: [UInt8] = [1]
  ) async throws -> HTTPReply {
    let server = try ScriptedServer([step])
    return try await kind.transport.send(
      HTTPCall(
        method: .post, url: server.url + "/x", fields: [("Content-Type", "application/json")], body: body,
        timeout: timeout, bodyBytesMax: bodyBytesMax))
  }

  private func fault(
    _ step: ScriptedServer.Step, by kind: Kind, timeout: Duration = .seconds(10), bodyBytesMax: Int = 1 << 20
  ) async throws -> RemoteFault {
    do {
      let reply = try await send(step, by: kind, timeout: timeout, bodyBytesMax: bodyBytesMax)
      Issue.record("a reply: \(reply)")
      return .malformed(reason: "\(reply)")
    } catch let fault as RemoteFault {
      return fault
    }
  }

  @Test(arguments: Kind.allCases) func answersAnyStatusAsAReply(kind: Kind) async throws {
    for status in [200, 201, 400, 401, 403, 404, 407, 408, 409, 418, 422, 425, 429, 500, 502, 503, 504, 529] {
      let fields = [("WWW-Authenticate", "Bearer realm=\"x\""), ("Proxy-Authenticate", "Basic"), ("Retry-After", "7")]
      let reply = try await send(.answer(status: status, fields: fields, body: "{\"a\":1}"), by: kind)
      #expect(reply.status == status)
      #expect(reply.body == Array("{\"a\":1}".utf8))
      #expect(reply.fields["retry-after"] == "7")
    }
  }

  @Test(arguments: Kind.allCases) func takesAnAnswerWithoutABody(kind: Kind) async throws {
    #expect(try await send(.answer(status: 200, body: ""), by: kind).body == [])
    #expect(try await send(.raw("HTTP/1.1 204 No Content\r\n\r\n"), by: kind).status == 204)
    #expect(try await send(.raw("HTTP/1.0 200 OK\r\n\r\nabc"), by: kind).body == Array("abc".utf8))
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    #expect(try await send(.raw(chunked), by: kind).body == Array("abc".utf8))
  }

  @Test(arguments: Kind.allCases) func sendsALargeBodyWhole(kind: Kind) async throws {
    let server = try ScriptedServer([.answer(status: 200, body: "{}")])
    let body = [UInt8](repeating: UInt8(ascii: "b"), count: 3 << 20)
    _ = try await kind.transport.send(
      HTTPCall(method: .post, url: server.url, body: body, timeout: .seconds(20), bodyBytesMax: 100))
    #expect(server.asked.map(\.body.count) == [3 << 20])
  }

  @Test(arguments: Kind.allCases) func tellsACutBodyFromAWholeOne(kind: Kind) async throws {
    for bytes in [0, 1, 50, 99] {
      let body = String(repeating: "y", count: 100)
      #expect(try await fault(.cut(body: body, after: bytes), by: kind) == .truncated(received: bytes, expected: 100))
    }
  }

  @Test(arguments: Kind.allCases) func tellsACutChunkedBodyFromAWholeOne(kind: Kind) async throws {
    for text in ["", "3\r\nab", "3\r\nabc\r\n", "3\r\nabc\r\n0\r\n"] {
      let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      guard case .disconnected = try await fault(.raw(head + text), by: kind) else {
        Issue.record("after \(text.debugDescription)")
        continue
      }
    }
  }

  /// `URLSession` ends the process here, so it is not asked.
  @Test func survivesAHeaderThatIsCutOff() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    for count in 0..<head.utf8.count {
      let start = String(decoding: head.utf8.prefix(count), as: UTF8.self)
      for step: ScriptedServer.Step in [.raw(start), .reset(after: start)] {
        guard case .disconnected = try await fault(step, by: .sockets) else {
          Issue.record("after \(count)")
          continue
        }
      }
    }
  }

  @Test(arguments: Kind.allCases) func namesWhatIsNotHTTP(kind: Kind) async throws {
    for step: ScriptedServer.Step in [
      .reset(after: ""), .raw(""), .raw("SSH-2.0-x\r\n"), .raw("HTTP/1.1 abc\r\n\r\n"),
      .raw("HTTP/9.9 200 OK\r\n\r\n"), .raw("HTTP/1.1 200 OK\r\nno colon\r\n: none\r\n\r\n"),
      .raw("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"), .raw("HTTP/1.1 100 Continue\r\n\r\n"),
    ] {
      let fault = try await fault(step, by: kind)
      if case .disconnected = fault { continue }
      if case .malformed(let reason) = fault, reason.hasPrefix("not HTTP: ") { continue }
      Issue.record("\(fault) after \(step)")
    }
  }

  @Test(arguments: Kind.allCases) func doesNotWaitForAPassword(kind: Kind) async throws {
    let fields = [("WWW-Authenticate", "Basic realm=x")]
    #expect(try await send(.answer(status: 401, fields: fields, body: "x"), by: kind).status == 401)
  }

  @Test(arguments: Kind.allCases) func namesWhereNobodyListens(kind: Kind) async throws {
    let port = try ScriptedServer([.drip]).port
    for url in ["http://127.0.0.1:\(port)/", "http://nobody.invalid/"] {
      do {
        _ = try await kind.transport.send(HTTPCall(method: .get, url: url, timeout: .seconds(5), bodyBytesMax: 10))
        Issue.record("somebody listened")
      } catch RemoteFault.unreachable {
      }
    }
  }

  @Test(arguments: Kind.allCases) func endsASlowAnswerAtItsDeadline(kind: Kind) async throws {
    let start = ContinuousClock.now
    #expect(
      try await fault(.slow(milliseconds: 3_000, body: "{}"), by: kind, timeout: .milliseconds(200))
        == .timedOut(seconds: 0.2))
    #expect(try await fault(.drip, by: kind, timeout: .milliseconds(300)) == .timedOut(seconds: 0.3))
    #expect(ContinuousClock.now - start < .seconds(2))
  }

  @Test(arguments: Kind.allCases) func stopsReadingABodyThatIsTooLarge(kind: Kind) async throws {
    #expect(try await fault(.flood(bytes: 200 << 20), by: kind, bodyBytesMax: 100_000) == .tooLarge(bytesMax: 100_000))
  }

  @Test(arguments: Kind.allCases) func followsNoRedirect(kind: Kind) async throws {
    let other = try ScriptedServer([.answer(status: 200, body: "{}")])
    for status in [301, 302, 303, 307, 308] {
      let step = ScriptedServer.Step.answer(status: status, fields: [("Location", other.url + "/y")], body: "gone")
      #expect(try await fault(step, by: kind) == .redirected(status: status, target: other.url + "/y"))
    }
    #expect(try await fault(.answer(status: 304, body: ""), by: kind) == .redirected(status: 304, target: "nowhere"))
    #expect(other.asked.isEmpty)
  }

  @Test(arguments: Kind.allCases) func aCancelledTaskEndsItsExchange(kind: Kind) async throws {
    let server = try ScriptedServer([.drip])
    let call = HTTPCall(method: .get, url: server.url, timeout: .seconds(30), bodyBytesMax: 1 << 20)
    let task = Task { try await kind.transport.send(call) }
    while server.asked.isEmpty { await Task.yield() }
    task.cancel()
    await #expect(throws: RemoteFault.cancelled) { try await task.value }
    while server.left == 0 { await Task.yield() }
  }

  @Test(arguments: Kind.allCases) func findsAServerByItsName(kind: Kind) async throws {
    let server = try ScriptedServer([.answer(status: 200, body: "{}")])
    let call = HTTPCall(
      method: .get, url: "http://localhost:\(server.port)/a%20b?c=d%26e", timeout: .seconds(5), bodyBytesMax: 10)
    #expect(try await kind.transport.send(call).status == 200)
    let asked = try #require(server.asked.first)
    #expect(asked.line == "GET /a%20b?c=d%26e HTTP/1.1")
    #expect(asked.fields["host"] == "localhost:\(server.port)")
  }

  @Test func takesPlainHTTPOnlyOverSocketsOfItsOwn() async throws {
    for url in ["https://127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1", ""] {
      let call = HTTPCall(method: .get, url: url, timeout: .seconds(5), bodyBytesMax: 10)
      await #expect(throws: RemoteFault.untrusted(reason: "this way carries plain HTTP only")) {
        try await SocketTransport().send(call)
      }
    }
  }

  @Test func refusesACodingThatWasNotAskedFor() async throws {
    let step = ScriptedServer.Step.answer(status: 200, fields: [("Content-Encoding", "gzip")], body: "xx")
    #expect(
      try await fault(step, by: .sockets) == .malformed(reason: "its content coding gzip was not asked for"))
  }
}
