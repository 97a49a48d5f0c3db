private import Glibc
private import Synchronization

/// Reading into and writing from memory of the caller, for messages too large to be copied into arrays.
extension Socket {
  /// Takes what is there, at most as much as fits.
  ///
  /// - Parameter memory: not empty.
  /// - Returns: how many octets came; 0 where the peer sends no more (FIN), nil where nothing is there now.
  package func read(into memory: UnsafeMutableRawBufferPointer) throws(SocketError) -> Int? {
    if isClosed.load(ordering: .acquiring) { throw .closed }
    precondition(!memory.isEmpty, "reading into no memory looks like the end")
    var count = 0
    // SAFETY: the kernel writes within the buffer, which the caller keeps for the call.
    repeat { count = recv(descriptor, memory.baseAddress, memory.count, 0) } while count < 0 && errno == EINTR
    if count >= 0 { return count }
    let error = SocketError.last("recv")
    if case .system(_, EAGAIN) = error { return nil }
    throw error
  }

  /// Hands octets on to the kernel.
  ///
  /// - Returns: how many it took; 0 when it takes none now.
  package func write(_ memory: UnsafeRawBufferPointer) throws(SocketError) -> Int {
    if isClosed.load(ordering: .acquiring) { throw .closed }
    var count = 0
    // SAFETY: the kernel reads within the buffer, which the caller keeps for the call. MSG_NOSIGNAL: a peer that left
    // is an error, not a SIGPIPE.
    repeat {
      count = send(descriptor, memory.baseAddress, memory.count, Int32(MSG_NOSIGNAL))
    } while count < 0 && errno == EINTR
    if count >= 0 { return count }
    let error = SocketError.last("send")
    if case .system(_, EAGAIN) = error { return 0 }
    throw error
  }

  /// Whether both ends are this one socket. A call to a port of one's own machine on which nobody listens can come to
  /// that, where the kernel happens to call from the same port.
  package var isOwnPeer: Bool { SocketAddress.read { getsockname(descriptor, $0, $1) }.address == peer }

  /// Has the kernel end the connection where the peer's machine does not answer for about `seconds`, be it that nothing
  /// is sent (keep-alive) or that what was sent is not acknowledged. Without it a machine that lost its power is
  /// noticed never or after hours. A kernel that lacks an option leaves it to the caller's own deadlines.
  package func endWhereSilent(forSeconds seconds: Int) {
    let options: [(level: Int32, name: Int32, value: Int32)] = [
      (SOL_SOCKET, SO_KEEPALIVE, 1),
      (Int32(IPPROTO_TCP), TCP_KEEPIDLE, Int32(max(1, seconds / 2))),
      (Int32(IPPROTO_TCP), TCP_KEEPINTVL, Int32(max(1, seconds / 6))),
      (Int32(IPPROTO_TCP), TCP_KEEPCNT, 3),
      (Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(1_000 * seconds)),
    ]
    for option in options {
      var value = option.value
      setsockopt(descriptor, option.level, option.name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }
}
