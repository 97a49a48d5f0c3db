import Dispatch
import Sockets
import Telemetry

/// Takes connections from the listening socket and hands them to the event loops in turn.
///
/// It pauses when there is no descriptor or no room: connections then wait in the kernel's backlog, and a source that
/// stays ready cannot spin the loop.
actor Acceptor {
  nonisolated let executor: QueueExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Connections taken before others on the same queue get their turn.
  private static let turn = 64
  /// How long accepting rests when there is no descriptor.
  private static let restSeconds = 0.1

  private let listening: ListeningSocket
  private let loops: [EventLoop]
  private let state: ServerState
  private var source: (any DispatchSourceRead)?
  private var isPaused = false
  private var next = 0
  private var lastWarning: MonotonicTime?
  private var stopWaiters: [CheckedContinuation<Void, Never>] = []

  init(listening: ListeningSocket, loops: [EventLoop], state: ServerState) {
    self.listening = listening
    self.loops = loops
    self.state = state
    executor = loops[0].executor
  }

  func start() {
    let source = DispatchSource.makeReadSource(fileDescriptor: listening.descriptor, queue: executor.queue)
    source.setEventHandler { self.assumeIsolated { $0.accept() } }
    source.setCancelHandler { self.assumeIsolated { $0.stopped() } }
    self.source = source
    source.activate()
  }

  /// Takes what already waits, and then stops listening. Returns when the port is free.
  func stop() async {
    guard source != nil else { return }
    resume()
    while takeOne() {}
    source?.cancel()
    if isPaused { source?.resume() }
    isPaused = false
    await withCheckedContinuation { stopWaiters.append($0) }
  }

  private func stopped() {
    listening.close()
    source = nil
    for waiter in stopWaiters { waiter.resume() }
    stopWaiters = []
  }

  /// A connection has gone. May be called from any thread.
  nonisolated func connectionClosed() {
    guard state.isCrowded.isSet else { return }
    executor.queue.async { self.assumeIsolated { $0.resume() } }
  }

  private func accept() {
    for _ in 0..<Acceptor.turn where !takeOne() { return }
    executor.queue.async { self.assumeIsolated { if $0.source != nil && !$0.isPaused { $0.accept() } } }
  }

  /// False when nothing waits or accepting has to pause.
  private func takeOne() -> Bool {
    guard state.hasRoom else {
      state.isCrowded.set(true)
      pause("too many connections", ["max": "\(state.configuration.connectionsMax)"])
      return false
    }
    do {
      guard let socket = try listening.accept() else { return false }
      state.connectionOpened()
      loops[next].adopt(socket)
      next = (next + 1) % loops.count
      return true
    } catch {
      pause("cannot accept connections", ["error": "\(error)"])
      executor.queue.asyncAfter(deadline: .now() + Acceptor.restSeconds) { [weak self] in
        self?.assumeIsolated { $0.resume() }
      }
      return false
    }
  }

  private func pause(_ message: String, _ values: [String: String]) {
    state.metrics.acceptPauses.add()
    let now = MonotonicTime.now()
    if lastWarning.map({ now.seconds(since: $0) > 10 }) ?? true {
      lastWarning = now
      state.log.warning(message, values)
    }
    guard !isPaused else { return }
    isPaused = true
    source?.suspend()
  }

  private func resume() {
    state.isCrowded.set(false)
    guard isPaused, let source else { return }
    isPaused = false
    source.resume()
  }
}
