import HTTP
import Sockets
import Telemetry

extension Connection {
  /// The responder has answered. An answer to a request that was given up meanwhile is dropped.
  func responded(_ response: Response, to id: Int) {
    guard case .responding(let exchange, _) = phase, exchange.id == id else { return }
    state.metrics.requestsInFlight.add(-1)
    releaseBody()
    let noMoreComes = peerEnded && parser.bufferedCount == 0
    let closes = !exchange.keepsAlive || noMoreComes || state.announcesClose.isSet
    write(response, for: exchange, closes: closes)
  }

  /// Answers what is not to reach the responder, and then closes: what follows on the connection is not interpreted.
  func refuse(_ status: Status, code: String, detail: String) {
    let requestID = RequestID.accepted(parser.fields.first(named: "X-Request-ID")) ?? RequestID.make()
    var exchange = Exchange(
      id: exchangeCount, requestID: requestID, method: parser.method, version: head?.version ?? .http11,
      route: "none", keepsAlive: false, receivedAt: receivedAt, requestBytes: heldBytes)
    refuse(&exchange, status, code: code, detail: detail)
  }

  private func refuse(_ exchange: inout Exchange, _ status: Status, code: String, detail: String) {
    exchange.fault = code
    head = nil
    releaseBody()
    state.metrics.refused(code: code)
    let fault = ServerFault(status: status, code: code, detail: detail, requestID: exchange.requestID)
    write(state.handlers.renderFault(fault), for: exchange, closes: true)
  }

  private func write(_ response: Response, for exchange: Exchange, closes: Bool) {
    var response = response
    response.fields.set("X-Request-ID", exchange.requestID)
    let bytes = ResponseSerializer.bytes(
      response, to: exchange.method, version: exchange.version, keepsAlive: !closes, date: ServerState.date())
    deadline = MonotonicTime.now().advanced(bySeconds: configuration.writeSeconds)
    phase = .writing(exchange, response.status, bytes: bytes.count, closes: closes)
    send(bytes)
  }

  /// Puts octets behind those not yet written, and writes what the socket takes.
  func send(_ bytes: [UInt8]) {
    if outputOffset == output.count {
      output = bytes
      outputOffset = 0
    } else {
      output += bytes
    }
    flush()
  }

  func flush() {
    do {
      while outputOffset < output.count {
        let count = try socket.write(output, from: outputOffset)
        if count == 0 {
          awaitWritable()
          return
        }
        outputOffset += count
      }
    } catch {
      left()
      return
    }
    output = []
    outputOffset = 0
    ignoreWritable()
    if case .writing(let exchange, let status, let bytes, let closes) = phase {
      record(exchange, status, responseBytes: bytes)
      if closes { linger() } else { nextRequest() }
    }
  }

  private func record(_ exchange: Exchange, _ status: Status, responseBytes: Int) {
    let seconds = MonotonicTime.now().seconds(since: exchange.receivedAt)
    state.metrics.answered(route: exchange.route, method: exchange.method, status: status, seconds: seconds)
    state.log.request(
      AccessRecord(
        requestID: exchange.requestID, client: socket.peer.host, method: exchange.method?.name ?? "-",
        route: exchange.route, status: status.code, requestBytes: exchange.requestBytes,
        responseBytes: responseBytes, seconds: seconds, fault: exchange.fault))
  }

  private func nextRequest() {
    phase = .reading
    readAhead = 0
    let now = MonotonicTime.now()
    receivedAt = now
    let isIdle = parser.isBetweenRequests
    deadline = now.advanced(bySeconds: isIdle ? configuration.idleSeconds : configuration.headerSeconds)
    resumeReading()
    process()
    if peerEnded, case .reading = phase { endOfRequests() }
  }

  /// Sends FIN and waits, within bounds, for the client to close.
  private func linger() {
    guard !peerEnded else {
      close()
      return
    }
    phase = .lingering
    readAhead = 0
    deadline = MonotonicTime.now().advanced(bySeconds: configuration.lingerSeconds)
    socket.shutdownWrite()
    resumeReading()
  }

  /// The client is gone. Work for it is cancelled, and counted when an answer was owed.
  func left() {
    switch phase {
    case .responding(let exchange, _), .writing(let exchange, _, _, _):
      state.metrics.clientsDisconnected.add()
      record(exchange, .clientClosedRequest, responseBytes: 0)
    case .reading, .lingering, .closed: break
    }
    close()
  }

  /// Gives up at the end of a drain: what is owed is answered 503, and the rest has as long as lingering takes.
  func abort() {
    switch phase {
    case .reading where parser.isBetweenRequests: close()
    case .reading: refuse(.serviceUnavailable, code: "shutting-down", detail: "the server is shutting down")
    case .responding(var exchange, let task):
      task.cancel()
      state.metrics.requestsInFlight.add(-1)
      refuse(
        &exchange, .serviceUnavailable, code: "shutting-down", detail: "the server is shutting down")
    case .writing, .lingering:
      let soon = MonotonicTime.now().advanced(bySeconds: configuration.lingerSeconds)
      deadline = min(deadline ?? soon, soon)
    case .closed: break
    }
  }

  /// Looks at what only time can tell.
  func tick(_ now: MonotonicTime) {
    if let deadline, now >= deadline {
      expired()
      return
    }
    switch phase {
    case .responding:
      // Reading tells of a client that leaves, unless it is suspended; and should an event ever be lost, asking the
      // kernel once in a while still finds out.
      guard isDeaf || now >= nextPeerCheck else { return }
      nextPeerCheck = now.advanced(bySeconds: 1)
      let peer = socket.peerState()
      if peer.isGone {
        left()
      } else if peer.hasEnded {
        decideOnHalfClose(now)
      } else if isDeaf && configuration.halfClose == .probe {
        // What the peer still has to send stands before its FIN, so its leaving shows only in what it answers.
        probe(now)
      }
    case .reading where parser.isBetweenRequests:
      let rests = now.seconds(since: receivedAt) > 1
      let makesRoom = state.isCrowded.isSet && exchangeCount > 0 && rests
      let drains = state.isDraining.isSet && (exchangeCount > 0 || rests)
      guard makesRoom || drains else { return }
      // A request may have come since the last event.
      readable()
      if case .reading = phase, parser.isBetweenRequests { close() }
    default: break
    }
  }

  private func expired() {
    switch phase {
    case .reading where parser.isBetweenRequests: close()
    case .reading:
      let part = head == nil ? "header section" : "body"
      refuse(.requestTimeout, code: "request-timeout", detail: "the \(part) took too long to arrive")
    case .writing: left()
    case .lingering: close()
    case .responding, .closed: break
    }
  }
}
