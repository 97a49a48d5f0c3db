import HTTP
import Synchronization
import Telemetry

/// What all parts of one server share. Everything here is constant or atomic.
final class ServerState: Sendable {
  let configuration: ServerConfiguration
  let handlers: ServerHandlers
  let metrics: ServerMetrics
  let log: RequestLog

  /// Answers carry "Connection: close" from now on.
  let announcesClose = Flag()
  /// Idle connections are closed from now on.
  let isDraining = Flag()
  /// Accepting waits for a connection to close; idle ones make room.
  let isCrowded = Flag()
  private let connectionCount = Atomic<Int>(0)
  private let bodyBytes = Atomic<Int>(0)

  init(
    configuration: ServerConfiguration, handlers: ServerHandlers, metrics: ServerMetrics, log: RequestLog
  ) {
    self.configuration = configuration
    self.handlers = handlers
    self.metrics = metrics
    self.log = log
  }

  var hasRoom: Bool { connectionCount.load(ordering: .relaxed) < configuration.connectionsMax }

  func connectionOpened() {
    connectionCount.add(1, ordering: .relaxed)
    metrics.connections.add(1)
    metrics.connectionsAccepted.add()
  }

  func connectionClosed() {
    connectionCount.subtract(1, ordering: .relaxed)
    metrics.connections.add(-1)
  }

  /// Takes `count` octets of the budget for bodies; false when they would exceed it.
  func reserveBody(_ count: Int) -> Bool {
    let total = bodyBytes.add(count, ordering: .relaxed).newValue
    if total <= configuration.bodyBytesTotalMax { return true }
    bodyBytes.subtract(count, ordering: .relaxed)
    return false
  }

  func releaseBody(_ count: Int) { bodyBytes.subtract(count, ordering: .relaxed) }

  /// The present second as the Date field has it.
  static func date() -> String { HTTPDate.text(secondsSinceEpoch: WallTime.now().seconds) }
}

/// A truth value that threads share. It orders nothing but itself.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  var isSet: Bool { value.load(ordering: .relaxed) }

  func set(_ new: Bool) { value.store(new, ordering: .relaxed) }
}
