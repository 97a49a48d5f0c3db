private import Glibc

/// What a thread of its own needs that talks to one peer: everything with a bound on how long it takes.
extension Socket {
  package enum Direction: Sendable, Hashable {
    case reading
    case writing
  }

  /// Connects, trying each address of the host in turn.
  ///
  /// - Parameter timeoutMilliseconds: for each address. Looking the host up takes what the resolver takes.
  /// - Throws: `.system(call: "connect", code: ETIMEDOUT)` where the peer's kernel does not answer in time.
  package static func connect(host: String, port: Int, timeoutMilliseconds: Int) throws(SocketError) -> Socket {
    let descriptor = try SocketAddress.forEach(host: host, port: port, passive: false) {
      (family, address, size) throws(SocketError) -> Int32 in
      let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
      let descriptor = socket(family, type, 0)
      if descriptor < 0 { throw .last("socket") }
      // SAFETY: `address` is valid for `size` octets during this call.
      if Glibc.connect(descriptor, address, size) == 0 { return descriptor }
      var error = SocketError.last("connect")
      if case .system(_, EINPROGRESS) = error {
        let isConnected = poll(descriptor, Int16(POLLOUT), timeoutMilliseconds)
        var code: Int32 = 0
        var codeSize = socklen_t(MemoryLayout<Int32>.size)
        if !isConnected {
          code = ETIMEDOUT
        } else if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &codeSize) != 0 {
          code = errno
        }
        if code == 0 { return descriptor }
        error = .system(call: "connect", code: code)
      }
      Glibc.close(descriptor)
      throw error
    }
    return Socket(adopting: descriptor, peer: SocketAddress.read { getpeername(descriptor, $0, $1) }.address)
  }

  /// Blocks until the socket can be read or written, or has failed.
  ///
  /// - Returns: false when the time is up.
  package func wait(for direction: Direction, timeoutMilliseconds: Int) -> Bool {
    Self.poll(descriptor, Int16(direction == .reading ? POLLIN : POLLOUT), timeoutMilliseconds)
  }

  /// Ends both directions, so that a thread in `wait` wakes. Not to be called after `close()`.
  package func shutdownBoth() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  private static func poll(_ descriptor: Int32, _ events: Int16, _ timeoutMilliseconds: Int) -> Bool {
    let end = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
    while true {
      let left = (end - ContinuousClock.now) / .milliseconds(1)
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      let count = Glibc.poll(&entry, 1, Int32(max(0, min(left.rounded(.up), 1e9))))
      if count > 0 { return true }
      if count == 0 && left <= 0 || count < 0 && errno != EINTR { return count < 0 }
    }
  }
}
