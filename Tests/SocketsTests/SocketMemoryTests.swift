import Sockets
import Testing

@Suite struct SocketMemoryTests {
  private func pair() throws -> (ListeningSocket, client: Socket, server: Socket) {
    let listening = try ListeningSocket(host: "127.0.0.1", port: 0)
    let client = try Socket.connect(host: "127.0.0.1", port: listening.address.port)
    return (listening, client, try #require(try listening.accept()))
  }

  @Test func carriesMoreThanTheKernelHolds() throws {
    let (_, client, server) = try pair()
    let message = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
    var received = [UInt8](repeating: 0, count: message.count)
    var sent = 0
    var taken = 0
    var wasFull = false
    while taken < message.count {
      if sent < message.count {
        let count = try message.withUnsafeBytes { try client.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
        wasFull = wasFull || count == 0
        sent += count
      }
      // One read for each write fills the kernel's buffers first.
      let room = min(message.count, taken + 20_000)
      if let count = try received.withUnsafeMutableBytes({
        try server.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[taken..<room]))
      }) {
        taken += count
      }
    }
    #expect(received == message)
    #expect(wasFull)
  }

  @Test func tellsNothingFromTheEnd() throws {
    let (_, client, server) = try pair()
    var memory = [UInt8](repeating: 0, count: 4)
    #expect(try memory.withUnsafeMutableBytes { try server.read(into: $0) } == nil)
    client.shutdownWrite()
    #expect(server.wait(for: .reading, timeoutMilliseconds: 5_000))
    #expect(try memory.withUnsafeMutableBytes { try server.read(into: $0) } == 0)
    server.close()
    #expect(throws: SocketError.closed) { try memory.withUnsafeMutableBytes { try server.read(into: $0) } }
    #expect(throws: SocketError.closed) { try memory.withUnsafeBytes { try server.write($0) } }
  }

  @Test func knowsItsOwnEnds() throws {
    let (_, client, server) = try pair()
    #expect(!client.isOwnPeer && !server.isOwnPeer)
  }
}
