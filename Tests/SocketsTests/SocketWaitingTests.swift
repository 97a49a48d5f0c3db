import Foundation
import Sockets
import Testing

/// Waiting with a bound: what wakes it, and what does not.
@Suite struct SocketWaitingTests {
  private func pair() throws -> (ListeningSocket, client: Socket, server: Socket) {
    let listening = try ListeningSocket(host: "127.0.0.1", port: 0)
    let client = try Socket.connect(host: "127.0.0.1", port: listening.address.port, timeoutMilliseconds: 5_000)
    // The handshake of loopback is done when connect returns, so the connection waits.
    return (listening, client, try #require(try listening.accept()))
  }

  @Test func wakesWhenThereIsSomethingToRead() throws {
    let (_, client, server) = try pair()
    #expect(client.wait(for: .writing, timeoutMilliseconds: 0))
    #expect(!client.wait(for: .reading, timeoutMilliseconds: 0))
    #expect(!client.wait(for: .reading, timeoutMilliseconds: 20))
    _ = try server.write([7], from: 0)
    #expect(client.wait(for: .reading, timeoutMilliseconds: 5_000))
    #expect(try client.read(max: 10) == .bytes([7]))
  }

  @Test func wakesWhenThePeerIsGone() throws {
    let (_, client, server) = try pair()
    server.close()
    #expect(client.wait(for: .reading, timeoutMilliseconds: 5_000))
    #expect(try client.read(max: 10) == .end)
  }

  @Test func anotherThreadEndsIt() throws {
    let (_, client, server) = try pair()
    let start = ContinuousClock.now
    Thread { client.shutdownBoth() }.start()
    #expect(client.wait(for: .reading, timeoutMilliseconds: 30_000))
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(try client.read(max: 10) == .end)
    _ = server
  }

  @Test func namesThePeerThatRefuses() throws {
    let port = try { try ListeningSocket(host: "127.0.0.1", port: 0).address.port }()
    do {
      _ = try Socket.connect(host: "127.0.0.1", port: port, timeoutMilliseconds: 5_000)
      Issue.record("connected")
    } catch {
      #expect("\(error)".hasPrefix("connect: ECONNREFUSED"))
    }
  }
}
