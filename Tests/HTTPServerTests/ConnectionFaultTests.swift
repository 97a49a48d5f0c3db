import HTTP
import HTTPServer
import Telemetry
import Testing

/// Clients that leave, stall or send rubbish: they harm nobody, and nothing of them remains.
@Suite(.timeLimit(.minutes(2))) struct ConnectionFaultTests {
  private let wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"

  /// How a client goes away while its request is in progress.
  enum Departure: String, CaseIterable, Sendable {
    case close
    case reset

    func happen(_ client: RawClient) {
      switch self {
      case .close: client.close()
      case .reset: client.reset()
      }
    }
  }

  @Test(arguments: Departure.allCases, [ServerConfiguration.HalfClose.probe, .cancel])
  func aClientThatLeavesCancelsItsRequest(
    _ departure: Departure, halfClose: ServerConfiguration.HalfClose
  ) async throws {
    let loopback = try await LoopbackServer { $0.halfClose = halfClose }
    let port = loopback.port
    let client = try await blocking {
      let client = Held(try RawClient(port: port))
      try client.value.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
      return client
    }
    #expect(await loopback.nextEvent() == .started("/wait"))
    departure.happen(client.value)
    #expect(await loopback.nextEvent() == .cancelled)
    await loopback.stop()
    #expect(loopback.metrics.clientsDisconnected.value == 1)
    let text = loopback.registry.exposition()
    #expect(text.contains("http_requests_total{handler=\"/wait\",method=\"GET\",status=\"4xx\"} 1\n"))
    #expect(text.contains("http_requests_in_flight 0\n"))
    #expect(loopback.openSockets() == 0)
  }

  @Test func aResetIsNoticedWhateverBecomesOfHalfClosedClients() async throws {
    let loopback = try await LoopbackServer { $0.halfClose = .answer }
    let port = loopback.port
    let client = try await blocking {
      let client = Held(try RawClient(port: port))
      try client.value.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
      return client
    }
    #expect(await loopback.nextEvent() == .started("/wait"))
    client.value.reset()
    #expect(await loopback.nextEvent() == .cancelled)
    await loopback.stop()
  }

  @Test(arguments: [ServerConfiguration.HalfClose.probe, .answer])
  func aHalfClosedClientStillGetsItsAnswer(_ halfClose: ServerConfiguration.HalfClose) async throws {
    let loopback = try await LoopbackServer { $0.halfClose = halfClose }
    async let answers = loopback.client { client in
      try client.send(self.wait + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      client.shutdownWrite()
      // With a probe the interim answer shows that the server has noticed; without one there is nothing to wait for.
      if halfClose == .probe {
        #expect(try client.answer().status == 100)
      }
      loopback.release()
      var answers: [RawClient.Answer] = []
      while answers.count < 2 {
        let answer = try client.answer()
        // The server may have asked more than once.
        if answer.status != 100 { answers.append(answer) }
      }
      return (answers, try client.rest())
    }
    let (received, rest) = try await answers
    #expect(received.map(\.text) == ["waited", "hello"])
    #expect(received.last?.fields["connection"] == "close")
    #expect(rest == "")
    await loopback.stop()
    #expect(loopback.metrics.clientsDisconnected.value == 0)
  }

  @Test func aHalfClosedClientIsCancelledWhereSoConfigured() async throws {
    let loopback = try await LoopbackServer { $0.halfClose = .cancel }
    let rest = try await loopback.client { client in
      try client.send(self.wait)
      client.shutdownWrite()
      return try client.rest()
    }
    #expect(rest == "")
    #expect(await loopback.nextEvent() == .started("/wait"))
    #expect(await loopback.nextEvent() == .cancelled)
    await loopback.stop()
  }

  @Test func aClientThatSendsOnAndOnIsHeldBackAndItsLeavingNoticed() async throws {
    let loopback = try await LoopbackServer()
    let sent = try await loopback.client { client in
      try client.send(self.wait)
      return client.sendUntilFull(max: 64 << 20)
    }
    // The client object is gone, so its socket is closed, with most of what it sent unread.
    #expect(sent < 64 << 20)
    #expect(await loopback.nextEvent() == .started("/wait"))
    #expect(await loopback.nextEvent() == .cancelled)
    await loopback.stop()
    #expect(loopback.metrics.clientsDisconnected.value == 1)
    #expect(loopback.openSockets() == 0)
  }

  @Test func aRequestCutShortIsNeverHandedOn() async throws {
    let loopback = try await LoopbackServer()
    let rest = try await loopback.client { client in
      try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
      client.shutdownWrite()
      return try client.rest()
    }
    #expect(rest.hasPrefix("HTTP/1.1 400 "))
    #expect(rest.contains("truncated-request"))
    await loopback.stop()
    #expect(!loopback.registry.exposition().contains("handler=\"/echo\""))
  }

  @Test(arguments: [
    ("GET /hello HTTP/1.1\r\nHost: a\r\nX", "header section"),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", "body"),
  ])
  func aStalledRequestIsAnswered408(_ start: String, _ part: String) async throws {
    let loopback = try await LoopbackServer {
      $0.headerSeconds = 0.1
      $0.bodySeconds = 0.1
    }
    let rest = try await loopback.client { client in
      try client.send(start)
      return try client.rest()
    }
    #expect(rest.hasPrefix("HTTP/1.1 408 "))
    #expect(rest.contains("the \(part) took too long"))
    #expect(rest.contains(#""retryable":true"#))
    await loopback.stop()
  }

  @Test func aDeadlineIsTotalAndNotPerRead() async throws {
    let loopback = try await LoopbackServer { $0.headerSeconds = 0.2 }
    let rest = try await loopback.client { client in
      try client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX: ")
      // Octet by octet until the server has had enough; each send is far quicker than the deadline.
      for _ in 0..<10_000_000 {
        do { try client.send("a") } catch { break }
      }
      return try client.rest()
    }
    #expect(rest.isEmpty || rest.hasPrefix("HTTP/1.1 408 ") || rest.hasPrefix("HTTP/1.1 431 "))
    await loopback.stop()
    #expect(!loopback.registry.exposition().contains("handler=\"/hello\""))
  }

  @Test func idleConnectionsAreClosedWithoutAWord() async throws {
    let loopback = try await LoopbackServer {
      $0.idleSeconds = 0.1
      $0.headerSeconds = 0.1
    }
    let (fresh, used) = try await loopback.client { client in
      let fresh = try client.rest()
      let second = try RawClient(port: loopback.port)
      try second.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try second.answer()
      return (fresh, try second.rest())
    }
    #expect(fresh == "")
    #expect(used == "")
    await loopback.stop()
  }

  @Test func aSlowReaderGetsAllOfALargeAnswer() async throws {
    let loopback = try await LoopbackServer()
    let count = try await loopback.client(receiveBuffer: 4_096) { client in
      try client.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      return try client.answer().body.count
    }
    #expect(count == 16 << 20)
    await loopback.stop()
  }

  @Test func aClientThatDoesNotReadIsGivenUp() async throws {
    let loopback = try await LoopbackServer { $0.writeSeconds = 0.2 }
    let client = try await loopback.client(receiveBuffer: 4_096) { client in
      try client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
      return Held(client)
    }
    #expect(await loopback.nextEvent() == .started("/large"))
    // The client still holds its end open, so the drain can only end because the server gave up.
    await loopback.stop(graceSeconds: 30)
    #expect(loopback.metrics.clientsDisconnected.value == 1)
    #expect(loopback.openSockets() == 0)
    client.value.close()
  }

  @Test func nothingRemainsOfAThousandMalformedAndAbortedConnections() async throws {
    let loopback = try await LoopbackServer { $0.lingerSeconds = 0.2 }
    let port = loopback.port
    try await blocking {
      let rubbish = [
        "GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\n", "\u{16}\u{3}\u{1}", "",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      ]
      for number in 0..<1_000 {
        let client = try RawClient(port: port)
        try client.send(rubbish[number % rubbish.count])
        switch number / rubbish.count % 3 {
        case 0: client.reset()
        case 1: client.close()
        default:
          client.shutdownWrite()
          client.close()
        }
      }
    }
    let answer = try await loopback.client { client in
      try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      return try client.answer().text
    }
    #expect(answer == "hello")
    await loopback.stop(graceSeconds: 20)
    #expect(loopback.metrics.connectionsAccepted.value == 1_001)
    #expect(loopback.metrics.connections.value == 0)
    #expect(loopback.metrics.requestsInFlight.value == 0)
    #expect(loopback.openSockets() == 0)
  }
}

/// Carries a client from the thread that made it to the one that ends it.
// SAFETY: used by one thread after another, never by two.
final class Held: @unchecked Sendable {
  let value: RawClient

  init(_ value: RawClient) { self.value = value }
}
