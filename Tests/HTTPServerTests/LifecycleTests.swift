import Glibc
import HTTP
import HTTPServer
import Sockets
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(2))) struct LifecycleTests {
  private let wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test func aDrainFinishesWhatRunsAndFreesThePort() async throws {
    let loopback = try await LoopbackServer()
    async let answer = loopback.client { client in
      try client.send(self.wait)
      return (try client.answer(), try client.rest())
    }
    #expect(await loopback.nextEvent() == .started("/wait"))
    await loopback.server.stopAccepting()
    let again = try ListeningSocket(host: "127.0.0.1", port: loopback.port)
    again.close()
    async let drained: Void = loopback.stop(graceSeconds: 60)
    loopback.release()
    let (received, rest) = try await answer
    #expect(received.text == "waited")
    #expect(received.fields["connection"] == "close")
    #expect(rest == "")
    await drained
    #expect(loopback.openSockets() == 0)
  }

  @Test func aDrainClosesIdleConnectionsAndOutlivesNoGrace() async throws {
    let loopback = try await LoopbackServer()
    async let idle = loopback.client { client in
      try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try client.answer()
      return try client.rest()
    }
    #expect(await loopback.nextEvent() == .started("/hello"))
    async let busy = loopback.client { client in
      try client.send(self.wait)
      return (try client.answer(), try client.rest())
    }
    #expect(await loopback.nextEvent() == .started("/wait"))
    await loopback.stop(graceSeconds: 0.1)
    #expect(try await idle == "")
    let (answer, rest) = try await busy
    #expect(answer.status == 503)
    #expect(answer.fields["retry-after"] == "1")
    #expect(answer.text.contains("urn:persrm:problem:shutting-down"))
    #expect(rest == "")
    #expect(await loopback.nextEvent() == .cancelled)
  }

  @Test func announcingCloseKeepsAcceptingAndEndsEachConnection() async throws {
    let loopback = try await LoopbackServer()
    loopback.server.announceClose()
    for _ in 0..<2 {
      let (answer, rest) = try await loopback.client { client in
        try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        return (try client.answer(), try client.rest())
      }
      #expect(answer.fields["connection"] == "close")
      #expect(rest == "")
    }
    await loopback.stop()
  }

  @Test func connectionsBeyondTheLimitWaitAndAreServed() async throws {
    let loopback = try await LoopbackServer { $0.connectionsMax = 2 }
    let port = loopback.port
    let texts = try await blocking {
      let clients = try (0..<6).map { _ in try RawClient(port: port) }
      for client in clients { try client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }
      return try clients.map { client in
        defer { client.close() }
        return try client.answer().text
      }
    }
    #expect(texts == [String](repeating: "hello", count: 6))
    #expect(loopback.metrics.acceptPauses.value > 0)
    await loopback.stop()
  }

  @Test func idleConnectionsMakeRoomForNewOnes() async throws {
    let loopback = try await LoopbackServer { $0.connectionsMax = 1 }
    let port = loopback.port
    let (first, second) = try await blocking {
      let idle = try RawClient(port: port)
      try idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      let first = try idle.answer().text
      let next = try RawClient(port: port)
      try next.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      return (first, try next.answer().text)
    }
    #expect(first == "hello")
    #expect(second == "hello")
    await loopback.stop()
  }

  @Test func bodiesBeyondTheSharedBudgetAreRefused() async throws {
    let loopback = try await LoopbackServer { $0.bodyBytesTotalMax = 100 }
    let (large, small) = try await loopback.client { client in
      try client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n\(String(repeating: "x", count: 101))")
      let large = try client.answer()
      let next = try RawClient(port: loopback.port)
      try next.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n\(String(repeating: "x", count: 100))")
      return (large, try next.answer())
    }
    #expect(large.status == 503)
    #expect(large.fields["connection"] == "close")
    #expect(small.status == 200)
    await loopback.stop()
  }

  @Test func aPortInUseIsAnErrorWithItsName() async throws {
    let loopback = try await LoopbackServer()
    #expect {
      try ListeningSocket(host: "127.0.0.1", port: loopback.port)
    } throws: { error in
      (error as? SocketError)?.isAddressInUse == true && "\(error)".hasPrefix("bind: EADDRINUSE")
    }
    await loopback.stop()
  }

  /// In a process of its own, because it uses up the descriptors of the whole process.
  @Test func withoutFreeDescriptorsAClientIsRefusedAndTheNextServed() async {
    await #expect(processExitsWith: .success) {
      let loopback = try await LoopbackServer()
      // After one whole exchange the server holds what it needs for good, and once more nothing for that client.
      let text = try await loopback.client { client in
        try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.answer().text
      }
      try #require(text == "hello")
      let start = MonotonicTime.now()
      while loopback.openSockets() > 1, MonotonicTime.now().seconds(since: start) < 20 {}
      var limit = rlimit(rlim_cur: 256, rlim_max: 256)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      var fillers: [Int32] = []
      while true {
        let filler = open("/dev/null", O_RDONLY)
        if filler < 0 { break }
        fillers.append(filler)
      }
      // One for the client, none for the server.
      close(fillers.removeLast())
      let refused = try await loopback.client { client in
        // try?: the refusal may come before the request is sent, and that is as good.
        try? client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.rest()
      }
      try #require(refused.isEmpty)
      try #require(loopback.metrics.acceptPauses.value > 0)
      for filler in fillers { close(filler) }
      let served = try await loopback.client { client in
        try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.answer().text
      }
      try #require(served == "hello")
      await loopback.stop()
    }
  }
}
