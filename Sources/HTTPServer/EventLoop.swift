import Dispatch
import Sockets
import Telemetry

/// One serial queue with the connections that live on it, and the clock that looks after their deadlines.
actor EventLoop {
  nonisolated let executor: QueueExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let state: ServerState
  private var connections: [ObjectIdentifier: Connection] = [:]
  private var isTicking = false
  private var waiters: [CheckedContinuation<Void, Never>] = []
  /// Called when a connection has gone, on this loop's queue.
  private var onClose: @Sendable () -> Void = {}

  init(index: Int, state: ServerState) {
    executor = QueueExecutor(label: "http.loop.\(index)")
    self.state = state
  }

  func setCloseHandler(_ handler: @escaping @Sendable () -> Void) { onClose = handler }

  /// Takes over a connection accepted elsewhere. May be called from any thread.
  nonisolated func adopt(_ socket: Socket) {
    executor.queue.async { self.assumeIsolated { $0.start(socket) } }
  }

  private func start(_ socket: Socket) {
    let connection = Connection(socket: socket, loop: self, state: state)
    connections[ObjectIdentifier(connection)] = connection
    connection.assumeIsolated { $0.start() }
    scheduleTick()
  }

  /// A connection has given its descriptor back.
  func remove(_ connection: Connection) {
    guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    state.connectionClosed()
    onClose()
    if connections.isEmpty {
      for waiter in waiters { waiter.resume() }
      waiters = []
    }
  }

  /// Returns when every connection is gone: those without a request at once, the others after their answer, and those
  /// still busy after `graceSeconds` with a 503.
  func drain(graceSeconds: Double) async {
    guard !connections.isEmpty else { return }
    tick()
    executor.queue.asyncAfter(deadline: .now() + graceSeconds) { [weak self] in
      self?.assumeIsolated { $0.abort() }
    }
    guard !connections.isEmpty else { return }
    await withCheckedContinuation { waiters.append($0) }
  }

  private func abort() {
    for connection in connections.values { connection.assumeIsolated { $0.abort() } }
  }

  private func scheduleTick() {
    guard !isTicking && !connections.isEmpty else { return }
    isTicking = true
    executor.queue.asyncAfter(deadline: .now() + state.configuration.tickSeconds) {
      self.assumeIsolated { loop in
        loop.isTicking = false
        loop.tick()
        loop.scheduleTick()
      }
    }
  }

  private func tick() {
    let now = MonotonicTime.now()
    for connection in connections.values { connection.assumeIsolated { $0.tick(now) } }
  }
}
