private import Glibc
private import Synchronization

/// A non-blocking socket that takes connections. It owns its descriptor, and a spare one for the day that none is left.
package final class ListeningSocket: Sendable {
  package let descriptor: Int32
  /// The address bound, with the port the kernel chose when 0 was asked for.
  package let address: SocketAddress
  private let isClosed = Atomic<Bool>(false)
  /// An open descriptor to give up when none is free, so that a waiting connection can be refused instead of being
  /// left ready for ever, which would spin the event loop. -1 when there is none.
  private let spare = Mutex<Int32>(-1)

  /// Binds and listens.
  ///
  /// - Parameters:
  ///   - host: a name or numeric address; "::" takes IPv4 too where the system says so.
  ///   - port: 0 lets the kernel choose.
  ///   - backlog: connections the kernel may hold ready; it cuts this to its own maximum.
  package init(host: String, port: Int, backlog: Int32 = 4_096) throws(SocketError) {
    guard (0...65_535).contains(port) else { throw .host(host, reason: "port \(port) is out of range") }
    descriptor = try SocketAddress.forEach(host: host, port: port, passive: true) {
      (family, address, size) throws(SocketError) -> Int32 in
      let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
      let descriptor = socket(family, type, 0)
      if descriptor < 0 { throw .last("socket") }
      var on: Int32 = 1
      // A restarted server must not wait for the old connections to leave TIME_WAIT.
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
      // SAFETY: `address` is valid for `size` octets during this call.
      let call = bind(descriptor, address, size) != 0 ? "bind" : listen(descriptor, backlog) != 0 ? "listen" : nil
      if let call {
        let error = SocketError.last(call)
        Glibc.close(descriptor)
        throw error
      }
      return descriptor
    }
    let bound = descriptor
    address = SocketAddress.read { getsockname(bound, $0, $1) }.address ?? SocketAddress(host: host, port: port)
    spare.withLock { $0 = ListeningSocket.openSpare() }
  }

  deinit { close() }

  /// The next waiting connection, or `nil` when there is none now.
  ///
  /// - Throws: `.tooManyOpenFiles` when there was no descriptor for it: one waiting connection was then refused.
  package func accept() throws(SocketError) -> Socket? {
    if isClosed.load(ordering: .acquiring) { throw .closed }
    while true {
      // Not accept4, which the importer hides; nothing in this process forks between these calls.
      let (accepted, peer) = SocketAddress.read { Glibc.accept(descriptor, $0, $1) }
      if accepted >= 0 {
        guard fcntl(accepted, F_SETFD, FD_CLOEXEC) == 0,
          fcntl(accepted, F_SETFL, fcntl(accepted, F_GETFL) | O_NONBLOCK) == 0
        else {
          let error = SocketError.last("fcntl")
          Glibc.close(accepted)
          throw error
        }
        return Socket(adopting: accepted, peer: peer)
      }
      let error = SocketError.last("accept")
      switch error {
      case .system(_, EAGAIN): return nil
      // The peer gave up before it was accepted, or its network failed: accept(2) says to try the next.
      case .system(_, EINTR), .system(_, ECONNABORTED), .system(_, EPROTO), .system(_, ENETDOWN),
        .system(_, EHOSTUNREACH), .system(_, ENETUNREACH), .system(_, ENOPROTOOPT), .system(_, EHOSTDOWN),
        .system(_, ENONET), .system(_, EOPNOTSUPP):
        continue
      case .tooManyOpenFiles:
        refuseOne()
        throw error
      default: throw error
      }
    }
  }

  /// Stops listening and gives the descriptor back.
  package func close() {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    Glibc.close(descriptor)
    spare.withLock { spare in
      if spare >= 0 { Glibc.close(spare) }
      spare = -1
    }
  }

  private func refuseOne() {
    spare.withLock { spare in
      guard spare >= 0 else { return }
      Glibc.close(spare)
      let refused = Glibc.accept(descriptor, nil, nil)
      if refused >= 0 { Glibc.close(refused) }
      spare = ListeningSocket.openSpare()
    }
  }

  private static func openSpare() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
