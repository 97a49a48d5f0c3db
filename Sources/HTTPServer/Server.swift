package import Sockets
package import Telemetry

/// An HTTP/1.1 server over TCP: sockets and Dispatch at the edge, `RequestParser` and `ResponseSerializer` within.
///
/// A few event loops move bytes (`EventLoop`, `Connection`), one `Acceptor` takes connections. Each complete request is
/// handed to `ServerHandlers.respond`; the server itself answers only what the protocol or its bounds refuse. The order
/// of a shutdown without loss: `announceClose()` while a balancer takes the server out, `stopAccepting()`, `drain()`.
package actor Server {
  private enum Lifecycle {
    case idle
    case running(Acceptor)
    case stopped
  }

  private let state: ServerState
  private let loops: [EventLoop]
  private var lifecycle = Lifecycle.idle

  /// Nothing is bound before `start()`.
  package init(
    configuration: ServerConfiguration, handlers: ServerHandlers, metrics: ServerMetrics, log: RequestLog
  ) {
    precondition(configuration.eventLoops > 0 && configuration.connectionsMax > 0, "a server needs loops and room")
    let state = ServerState(configuration: configuration, handlers: handlers, metrics: metrics, log: log)
    self.state = state
    loops = (0..<configuration.eventLoops).map { EventLoop(index: $0, state: state) }
  }

  /// Binds, listens and answers from now on.
  ///
  /// - Returns: the address bound, with the port the kernel chose when 0 was asked for.
  /// - Precondition: called once.
  package func start() async throws(SocketError) -> SocketAddress {
    guard case .idle = lifecycle else { preconditionFailure("a server starts once") }
    let listening = try ListeningSocket(host: state.configuration.host, port: state.configuration.port)
    let acceptor = Acceptor(listening: listening, loops: loops, state: state)
    lifecycle = .running(acceptor)
    for loop in loops { await loop.setCloseHandler { [weak acceptor] in acceptor?.connectionClosed() } }
    await acceptor.start()
    return listening.address
  }

  /// Every answer from now on closes its connection, so that clients with open connections go elsewhere. Connections
  /// are still accepted.
  package nonisolated func announceClose() { state.announcesClose.set(true) }

  /// Frees the port. What already waited in the backlog is still taken and answered.
  package func stopAccepting() async {
    guard case .running(let acceptor) = lifecycle else { return }
    lifecycle = .stopped
    await acceptor.stop()
  }

  /// Stops accepting, finishes what is being answered and returns when the last connection is closed.
  ///
  /// - Parameter graceSeconds: after it, work still running is cancelled and answered 503. The last answers then have
  ///   `lingerSeconds` to leave.
  package func drain(graceSeconds: Double) async {
    announceClose()
    await stopAccepting()
    state.isDraining.set(true)
    await withTaskGroup(of: Void.self) { group in
      for loop in loops { group.addTask { await loop.drain(graceSeconds: graceSeconds) } }
    }
  }
}
