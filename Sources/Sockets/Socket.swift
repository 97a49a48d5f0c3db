private import Glibc
import Synchronization

/// A connected, non-blocking TCP socket that owns its descriptor: closed once, at the latest when it is let go.
package final class Socket: Sendable {
  /// What a read brought.
  package enum ReadOutcome: Sendable, Hashable {
    case bytes([UInt8])
    /// The peer sends no more (FIN).
    case end
    /// Nothing there now.
    case wouldBlock
  }

  /// The descriptor; not to be used after `close()`.
  package let descriptor: Int32
  /// The other end, "unknown" as host when the kernel could not say.
  package let peer: SocketAddress
  let isClosed = Atomic<Bool>(false)

  /// Takes over a connected descriptor and makes it non-blocking and undelayed.
  init(adopting descriptor: Int32, peer: SocketAddress?) {
    self.descriptor = descriptor
    self.peer = peer ?? SocketAddress(host: "unknown", port: 0)
    var on: Int32 = 1
    // Answers are written whole, so waiting to fill a segment only costs time. A failure costs nothing else.
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close() }

  /// Connects and then turns non-blocking. Blocks until the peer's kernel accepts.
  package static func connect(host: String, port: Int) throws(SocketError) -> Socket {
    let descriptor = try SocketAddress.forEach(host: host, port: port, passive: false) {
      (family, address, size) throws(SocketError) -> Int32 in
      let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      let descriptor = socket(family, type, 0)
      if descriptor < 0 { throw .last("socket") }
      // SAFETY: `address` is valid for `size` octets during this call.
      if Glibc.connect(descriptor, address, size) != 0 {
        let error = SocketError.last("connect")
        Glibc.close(descriptor)
        throw error
      }
      return descriptor
    }
    let flags = fcntl(descriptor, F_GETFL)
    if fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 {
      let error = SocketError.last("fcntl")
      Glibc.close(descriptor)
      throw error
    }
    return Socket(adopting: descriptor, peer: SocketAddress.read { getpeername(descriptor, $0, $1) }.address)
  }

  /// Takes up to `max` octets.
  package func read(max: Int) throws(SocketError) -> ReadOutcome {
    if isClosed.load(ordering: .acquiring) { throw .closed }
    var failure: SocketError?
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: max) { buffer, initialized in
      // SAFETY: the kernel writes at most `max` octets, and as many as it says are initialized.
      repeat { count = recv(descriptor, buffer.baseAddress, max, 0) } while count < 0 && errno == EINTR
      if count < 0 { failure = .last("recv") }
      initialized = Swift.max(0, count)
    }
    if let failure {
      if case .system(_, EAGAIN) = failure { return .wouldBlock }
      throw failure
    }
    return count == 0 ? .end : .bytes(bytes)
  }

  /// Hands octets from `offset` on to the kernel.
  ///
  /// - Returns: how many it took; 0 when it takes none now.
  package func write(_ bytes: [UInt8], from offset: Int) throws(SocketError) -> Int {
    if isClosed.load(ordering: .acquiring) { throw .closed }
    guard offset < bytes.count else { return 0 }
    var count = 0
    bytes.withUnsafeBytes { buffer in
      // SAFETY: the pointer is used within the call only. MSG_NOSIGNAL: a peer that left is an error, not a SIGPIPE.
      let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
      repeat {
        count = send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      } while count < 0 && errno == EINTR
    }
    if count < 0 {
      let error = SocketError.last("send")
      if case .system(_, EAGAIN) = error { return 0 }
      throw error
    }
    return count
  }

  /// Tells the peer that nothing more comes (FIN), and goes on receiving.
  package func shutdownWrite() {
    if !isClosed.load(ordering: .acquiring) { shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// What the kernel knows of the peer without reading.
  package struct PeerState: Sendable, Hashable {
    /// The connection is dead in both directions: reset, timed out or refused.
    package let isGone: Bool
    /// The peer sends no more. Whether it still listens cannot be seen from here.
    package let hasEnded: Bool
  }

  package func peerState() -> PeerState {
    if isClosed.load(ordering: .acquiring) { return PeerState(isGone: true, hasEnded: true) }
    // POLLRDHUP, which the importer leaves out when _GNU_SOURCE is not set for C.
    let readHangup: Int16 = 0x2000
    var entry = pollfd(fd: descriptor, events: readHangup, revents: 0)
    guard poll(&entry, 1, 0) > 0 else { return PeerState(isGone: false, hasEnded: false) }
    let events = Int32(entry.revents)
    let gone = events & Int32(POLLERR | POLLHUP | POLLNVAL) != 0
    return PeerState(isGone: gone, hasEnded: gone || entry.revents & readHangup != 0)
  }

  /// Gives the descriptor back. Later calls do nothing; other operations throw `.closed`.
  package func close() {
    if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { Glibc.close(descriptor) }
  }
}
