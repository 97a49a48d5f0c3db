import Sockets
import Testing

@Suite struct SocketTests {
  /// A connected pair over loopback.
  private func pair(host: String = "127.0.0.1") throws -> (ListeningSocket, client: Socket, server: Socket) {
    let listening = try ListeningSocket(host: host, port: 0)
    let client = try Socket.connect(host: host, port: listening.address.port)
    // The handshake of loopback is done when connect returns, so the connection waits.
    let server = try #require(try listening.accept())
    return (listening, client, server)
  }

  /// Reads until something comes. Loopback delivers within the call that sends, so this does not wait.
  private func read(_ socket: Socket) throws -> Socket.ReadOutcome {
    for _ in 0..<1_000_000 {
      let outcome = try socket.read(max: 100)
      if outcome != .wouldBlock { return outcome }
    }
    return .wouldBlock
  }

  @Test func carriesOctetsBothWays() throws {
    let (listening, client, server) = try pair()
    #expect(listening.address.port > 0)
    #expect(server.peer.host == "127.0.0.1")
    #expect(client.peer == listening.address)
    #expect(try server.read(max: 10) == .wouldBlock)
    #expect(try client.write([1, 2, 3], from: 1) == 2)
    #expect(try read(server) == .bytes([2, 3]))
    #expect(try server.write([4], from: 0) == 1)
    #expect(try read(client) == .bytes([4]))
    #expect(try listening.accept() == nil)
  }

  @Test func listensOnIPv6() throws {
    let (listening, _, server) = try pair(host: "::1")
    #expect(listening.address.description == "[::1]:\(listening.address.port)")
    #expect(server.peer.host == "::1")
  }

  @Test func aFullSocketTakesNothingInsteadOfBlocking() throws {
    let (_, client, server) = try pair()
    let piece = [UInt8](repeating: 0, count: 1 << 20)
    var total = 0
    while total < 1 << 30 {
      let count = try client.write(piece, from: 0)
      if count == 0 { break }
      total += count
    }
    #expect((1..<1 << 30).contains(total))
    server.close()
  }

  @Test func tellsAnEndFromAReset() throws {
    let (listening, client, server) = try pair()
    #expect(!server.peerState().isGone && !server.peerState().hasEnded)
    client.shutdownWrite()
    #expect(try read(server) == .end)
    #expect(!server.peerState().isGone && server.peerState().hasEnded)
    // A socket closed with unread input resets the connection.
    #expect(try server.write([1], from: 0) == 1)
    client.close()
    for _ in 0..<1_000_000 where !server.peerState().isGone {}
    #expect(server.peerState().isGone)
    #expect(throws: SocketError.self) { try server.write([1], from: 0) }
    listening.close()
  }

  @Test func aClosedSocketIsNotUsedAgain() throws {
    let (listening, client, server) = try pair()
    client.close()
    client.close()
    #expect(throws: SocketError.closed) { try client.read(max: 1) }
    #expect(throws: SocketError.closed) { try client.write([1], from: 0) }
    #expect(client.peerState().isGone)
    listening.close()
    #expect(throws: SocketError.closed) { try listening.accept() }
    #expect(try read(server) == .end)
  }

  @Test func errorsHaveNames() throws {
    let (listening, _, _) = try pair()
    let port = listening.address.port
    #expect {
      try ListeningSocket(host: "127.0.0.1", port: port)
    } throws: {
      "\($0)" == "bind: EADDRINUSE (Address already in use)"
    }
    listening.close()
    #expect {
      try Socket.connect(host: "127.0.0.1", port: port)
    } throws: {
      "\($0)" == "connect: ECONNREFUSED (Connection refused)"
    }
    #expect { try ListeningSocket(host: "256.1.1.1.", port: 0) } throws: { "\($0)".hasPrefix("host 256.1.1.1.: ") }
    #expect(throws: SocketError.self) { try ListeningSocket(host: "127.0.0.1", port: 65_536) }
  }
}
