package import HTTP
package import Telemetry

/// What a responder is told of a request beyond the request itself.
package struct RequestContext: Sendable, Hashable {
  /// The client's X-Request-ID where it is harmless, else a made one; the server echoes it on the answer.
  package let requestID: String
  /// Numeric address of the peer.
  package let client: String
  /// When the first octet came.
  package let receivedAt: MonotonicTime

  package init(requestID: String, client: String, receivedAt: MonotonicTime) {
    self.requestID = requestID
    self.client = client
    self.receivedAt = receivedAt
  }
}

/// A fault of protocol or load that the server answers itself, without asking the responder.
package struct ServerFault: Sendable, Hashable {
  package let status: Status
  /// A stable name for programs.
  package let code: String
  /// For a person; never quotes the request.
  package let detail: String
  package let requestID: String

  package init(status: Status, code: String, detail: String, requestID: String) {
    self.status = status
    self.code = code
    self.detail = detail
    self.requestID = requestID
  }

  /// The problem document (RFC 9457) for this fault: what the server answers when it is given no other renderer.
  package var problem: Response {
    let title = status.reason
    let json =
      "{\"detail\":\(Escaping.json(detail)),\"instance\":\(Escaping.json("urn:request:" + requestID)),"
      + "\"request_id\":\(Escaping.json(requestID)),\"retryable\":\(isRetryable),\"status\":\(status.code),"
      + "\"title\":\(Escaping.json(title)),\"type\":\(Escaping.json("urn:persrm:problem:" + code))}"
    var response = Response(status: status, contentType: "application/problem+json", body: Array(json.utf8))
    if status == .serviceUnavailable { response.fields.set("Retry-After", "1") }
    return response
  }

  /// The same request may succeed when it is sent again.
  package var isRetryable: Bool {
    status == .requestTimeout || status.code >= 500 && status.code != 501 && status.code != 505
  }
}

/// What the server asks others: the answers, and the names of routes.
package struct ServerHandlers: Sendable {
  /// Answers a request. Runs on the cooperative pool, so it must wait there and never compute. Its task is cancelled
  /// when the client leaves; what it returns then is dropped.
  package var respond: @Sendable (Request, RequestContext) async -> Response
  /// Renders what the server refuses itself.
  package var renderFault: @Sendable (ServerFault) -> Response
  /// The route of a request as metrics and logs name it: a small fixed set, never the target as sent.
  package var route: @Sendable (Request) -> String

  package init(
    respond: @escaping @Sendable (Request, RequestContext) async -> Response,
    renderFault: @escaping @Sendable (ServerFault) -> Response = { $0.problem },
    route: @escaping @Sendable (Request) -> String = { _ in "all" }
  ) {
    self.respond = respond
    self.renderFault = renderFault
    self.route = route
  }
}
