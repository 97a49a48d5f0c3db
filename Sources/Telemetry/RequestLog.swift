package import Logging

/// What is written about one answered request. Never the texts of a request: they are personal.
package struct AccessRecord: Sendable, Hashable {
  package var requestID: String
  /// Address of the peer.
  package var client: String
  /// Method token as sent; "-" when the request was refused before it was known.
  package var method: String
  /// The route as the metrics name it, not the target as sent.
  package var route: String
  /// 499 when the client left before its answer was written.
  package var status: Int
  package var requestBytes: Int
  package var responseBytes: Int
  /// From the first octet of the request to the last octet of the answer handed to the kernel.
  package var seconds: Double
  /// Why a request was refused before it reached a route.
  package var fault: String?

  package init(
    requestID: String, client: String, method: String, route: String, status: Int, requestBytes: Int,
    responseBytes: Int, seconds: Double, fault: String? = nil
  ) {
    self.requestID = requestID
    self.client = client
    self.method = method
    self.route = route
    self.status = status
    self.requestBytes = requestBytes
    self.responseBytes = responseBytes
    self.seconds = seconds
    self.fault = fault
  }
}

/// The server's own log: one line a request, and notices about the socket. It stands here so that the server needs no
/// logging library.
package struct RequestLog: Sendable {
  private let logger: Logger
  private let quietRoutes: Set<String>

  /// - Parameter quietRoutes: routes whose successful requests are not logged, as those of probes and scrapes.
  package init(_ logger: Logger, quietRoutes: Set<String> = []) {
    self.logger = logger
    self.quietRoutes = quietRoutes
  }

  /// One line at `info`, at `warning` when the server is at fault.
  package func request(_ record: AccessRecord) {
    if record.status < 400 && quietRoutes.contains(record.route) { return }
    var metadata: Logger.Metadata = [
      "request_id": .string(record.requestID), "client": .string(record.client), "method": .string(record.method),
      "route": .string(record.route), "status": .stringConvertible(record.status),
      "request_bytes": .stringConvertible(record.requestBytes),
      "response_bytes": .stringConvertible(record.responseBytes),
      "duration_ms": .stringConvertible((record.seconds * 10_000).rounded() / 10),
    ]
    if let fault = record.fault { metadata["fault"] = .string(fault) }
    logger.log(level: record.status >= 500 ? .warning : .info, "request", metadata: metadata)
  }

  /// Something an operator should know that belongs to no request.
  package func notice(_ message: String, _ values: [String: String] = [:]) {
    logger.notice("\(message)", metadata: values.mapValues { .string($0) })
  }

  /// As `notice`, when something is lost or held up by it.
  package func warning(_ message: String, _ values: [String: String] = [:]) {
    logger.warning("\(message)", metadata: values.mapValues { .string($0) })
  }
}
