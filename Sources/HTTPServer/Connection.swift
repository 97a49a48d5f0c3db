import Dispatch
import HTTP
import Sockets
import Telemetry

/// One client's connection: moves bytes between the socket and the parser, and asks for one answer at a time.
///
/// It lives on its event loop's queue, where dispatch sources enter it at once. `phase` is the whole of its lifecycle:
///
///     reading -> responding -> writing -> reading …          keep-alive, pipelined requests in order
///                                      -> lingering -> closed
///     reading -> writing (a refusal) -> lingering -> closed
///     any -> closed                                          the client left, or a deadline passed
///
/// Reads are drained to EAGAIN or end in each event, because Dispatch on Linux can lose a hang-up that came together
/// with data left unread. The descriptor is closed when the cancel handlers of all its sources have run, never before:
/// a source must not outlive its descriptor.
actor Connection {
  /// A request that was handed on or refused, as metrics and logs need it.
  struct Exchange {
    let id: Int
    let requestID: String
    let method: Method?
    let version: Version
    let route: String
    let keepsAlive: Bool
    let receivedAt: MonotonicTime
    let requestBytes: Int
    var fault: String?
  }

  enum Phase {
    case reading
    case responding(Exchange, Task<Void, Never>)
    case writing(Exchange, Status, bytes: Int, closes: Bool)
    case lingering
    case closed
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

  let socket: Socket
  let loop: EventLoop
  let state: ServerState
  var configuration: ServerConfiguration { state.configuration }

  var phase = Phase.reading
  var parser: RequestParser
  var head: RequestHead?
  var body: [UInt8] = []
  /// Octets reserved of the shared budget for bodies.
  var heldBytes = 0
  var exchangeCount = 0
  var receivedAt: MonotonicTime
  let acceptedAt: MonotonicTime
  /// `nil` while the responder works: how long it may is its own affair.
  var deadline: MonotonicTime?
  /// The peer sent FIN.
  var peerEnded = false
  /// When to find out next whether a peer that cannot be heard still listens.
  var probeAt: MonotonicTime?
  /// Octets taken in since the last request was handed on.
  var readAhead = 0
  var nextPeerCheck: MonotonicTime

  var output: [UInt8] = []
  var outputOffset = 0

  private var readSource: (any DispatchSourceRead)?
  private var isReadSuspended = false
  private var writeSource: (any DispatchSourceWrite)?
  private var isWriteSuspended = true
  private var sourcesAlive = 0

  init(socket: Socket, loop: EventLoop, state: ServerState) {
    self.socket = socket
    self.loop = loop
    self.state = state
    parser = RequestParser(limits: state.configuration.limits)
    let now = MonotonicTime.now()
    acceptedAt = now
    receivedAt = now
    nextPeerCheck = now
  }

  func start() {
    deadline = acceptedAt.advanced(bySeconds: configuration.headerSeconds)
    let source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: loop.executor.queue)
    source.setEventHandler { self.assumeIsolated { $0.readable() } }
    source.setCancelHandler { self.assumeIsolated { $0.sourceCancelled() } }
    readSource = source
    sourcesAlive = 1
    source.activate()
  }

  /// Ends everything at once. The responder's task, if one runs, is cancelled and its answer dropped.
  func close() {
    if case .closed = phase { return }
    if case .responding(_, let task) = phase {
      task.cancel()
      state.metrics.requestsInFlight.add(-1)
    }
    phase = .closed
    deadline = nil
    releaseBody()
    output = []
    readSource?.cancel()
    // A suspended source would never run its cancel handler.
    if isReadSuspended { readSource?.resume() }
    writeSource?.cancel()
    if writeSource != nil && isWriteSuspended { writeSource?.resume() }
  }

  private func sourceCancelled() {
    sourcesAlive -= 1
    guard sourcesAlive == 0 else { return }
    socket.close()
    readSource = nil
    writeSource = nil
    loop.assumeIsolated { $0.remove(self) }
  }

  func suspendReading() {
    guard !isReadSuspended, sourcesAlive > 0 else { return }
    isReadSuspended = true
    readSource?.suspend()
  }

  func resumeReading() {
    guard isReadSuspended, !peerEnded, sourcesAlive > 0 else { return }
    isReadSuspended = false
    readSource?.resume()
  }

  /// True while the kernel holds back what the peer sends, so that its leaving is not noticed by reading.
  var isDeaf: Bool { isReadSuspended }

  /// Calls `flush` when the socket takes octets again.
  func awaitWritable() {
    if writeSource == nil {
      let source = DispatchSource.makeWriteSource(fileDescriptor: socket.descriptor, queue: loop.executor.queue)
      source.setEventHandler { self.assumeIsolated { $0.flush() } }
      source.setCancelHandler { self.assumeIsolated { $0.sourceCancelled() } }
      writeSource = source
      sourcesAlive += 1
      isWriteSuspended = false
      source.activate()
    } else if isWriteSuspended {
      isWriteSuspended = false
      writeSource?.resume()
    }
  }

  func ignoreWritable() {
    guard !isWriteSuspended else { return }
    isWriteSuspended = true
    writeSource?.suspend()
  }

  func releaseBody() {
    state.releaseBody(heldBytes)
    heldBytes = 0
    body = []
  }
}
