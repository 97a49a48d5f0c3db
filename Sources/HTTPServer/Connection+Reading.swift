import Dispatch
import HTTP
import Sockets
import Telemetry

extension Connection {
  /// Octets taken per read.
  private static let readBytes = 32 * 1_024
  /// Octets taken before other connections of the loop get their turn.
  private static let turnBytes = 256 * 1_024

  /// The socket has input, an end or an error. Reads until there is nothing more, or until no more is wanted.
  func readable() {
    var taken = 0
    while wantsInput {
      if taken >= Connection.turnBytes {
        loop.executor.queue.async { self.assumeIsolated { $0.readable() } }
        return
      }
      do {
        switch try socket.read(max: Connection.readBytes) {
        case .wouldBlock: return
        case .bytes(let bytes):
          taken += bytes.count
          received(bytes)
        case .end:
          ended()
          return
        }
      } catch {
        // A reset, a time-out of the kernel's: nobody is there to answer.
        left()
        return
      }
    }
    if case .closed = phase { return }
    suspendReading()
  }

  private var wantsInput: Bool {
    if peerEnded { return false }
    switch phase {
    case .reading: return true
    case .responding, .writing: return readAhead < configuration.readAheadBytesMax
    case .lingering: return readAhead < configuration.lingerBytesMax
    case .closed: return false
    }
  }

  private func received(_ bytes: [UInt8]) {
    switch phase {
    case .reading:
      if parser.isBetweenRequests { beginRequest() }
      parser.receive(bytes)
      process()
    case .responding, .writing:
      readAhead += bytes.count
      parser.receive(bytes)
    case .lingering: readAhead += bytes.count
    case .closed: break
    }
  }

  /// The first octet of a request is here: its clock starts. On a fresh connection the clock runs since accept.
  private func beginRequest() {
    receivedAt = MonotonicTime.now()
    if exchangeCount > 0 { deadline = receivedAt.advanced(bySeconds: configuration.headerSeconds) }
  }

  /// Takes events out of the parser until a request is complete or more input is needed.
  func process() {
    while case .reading = phase {
      do {
        guard let event = try parser.next() else { return }
        switch event {
        case .head(let head): begin(head)
        case .body(let bytes): take(bytes)
        case .end: dispatch()
        }
      } catch {
        refuse(error.status, code: error.code, detail: error.detail)
      }
    }
  }

  private func begin(_ head: RequestHead) {
    self.head = head
    deadline = MonotonicTime.now().advanced(bySeconds: configuration.bodySeconds)
    if case .length(let length) = head.framing { body.reserveCapacity(min(length, 64 * 1_024)) }
    // The client that already sends need not be told to.
    if head.expectsContinue && parser.bufferedCount == 0 { send(ResponseSerializer.continueBytes) }
  }

  private func take(_ bytes: [UInt8]) {
    guard state.reserveBody(bytes.count) else {
      refuse(.serviceUnavailable, code: "overloaded", detail: "too many request bodies are being held")
      return
    }
    heldBytes += bytes.count
    body += bytes
  }

  /// A request is complete: asks for its answer. Reading goes on, bounded, to notice a client that leaves.
  private func dispatch() {
    guard let head else { return }
    let request = head.request(body: body)
    body = []
    exchangeCount += 1
    let id = exchangeCount
    let requestID = RequestID.accepted(head.fields.first(named: "X-Request-ID")) ?? RequestID.make()
    let exchange = Exchange(
      id: id, requestID: requestID, method: head.method, version: head.version, route: state.handlers.route(request),
      keepsAlive: head.keepsAlive, receivedAt: receivedAt, requestBytes: request.body.count)
    let context = RequestContext(requestID: requestID, client: socket.peer.host, receivedAt: receivedAt)
    self.head = nil
    deadline = nil
    readAhead = 0
    probeAt = nil
    state.metrics.requestsInFlight.add(1)
    let respond = state.handlers.respond
    let task = Task { self.responded(await respond(request, context), to: id) }
    phase = .responding(exchange, task)
  }

  /// The peer sends no more.
  private func ended() {
    peerEnded = true
    // An end stays readable for ever, so the source would fire for ever.
    suspendReading()
    switch phase {
    case .reading: endOfRequests()
    case .responding: decideOnHalfClose(MonotonicTime.now())
    case .writing, .closed: break
    case .lingering: close()
    }
  }

  /// Nothing more comes and no request is complete: an end between requests is the ordinary one.
  func endOfRequests() {
    if parser.isBetweenRequests {
      close()
    } else {
      let error = HTTPParseError.truncated
      refuse(error.status, code: error.code, detail: error.detail)
    }
  }

  /// The peer sends no more while its request is in progress; see `ServerConfiguration.HalfClose`.
  func decideOnHalfClose(_ now: MonotonicTime) {
    switch configuration.halfClose {
    case .cancel: left()
    case .answer: break
    case .probe: probe(now)
    }
  }

  /// Sends the peer, when it is time, an interim answer: a kernel whose program closed the socket replies with RST.
  func probe(_ now: MonotonicTime) {
    guard case .responding(let exchange, _) = phase else { return }
    guard let probeAt else {
      self.probeAt = now.advanced(bySeconds: configuration.halfCloseProbeSeconds)
      return
    }
    guard now >= probeAt else { return }
    self.probeAt = now.advanced(bySeconds: configuration.halfCloseReprobeSeconds)
    switch exchange.version {
    case .http11: send(ResponseSerializer.continueBytes)
    case .http10: if peerEnded { left() }
    }
  }
}
