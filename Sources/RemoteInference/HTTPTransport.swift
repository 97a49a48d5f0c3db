/// One request to a server.
package struct HTTPCall: Sendable, Equatable {
  package enum Method: String, Sendable, Hashable {
    case get = "GET"
    case post = "POST"
  }

  package var method: Method
  /// Absolute, `http` or `https`.
  package var url: String
  /// Names and values as sent; `Content-Type` and `Accept` are for the caller to set.
  package var fields: [(name: String, value: String)]
  package var body: [UInt8]
  /// From the call to the last byte of the answer.
  package var timeout: Duration
  /// The most the answer's body may have, after any content coding is undone.
  package var bodyBytesMax: Int

  package init(
    method: Method, url: String, fields: [(name: String, value: String)] = [], body: [UInt8] = [], timeout: Duration,
    bodyBytesMax: Int
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.timeout = timeout
    self.bodyBytesMax = bodyBytesMax
  }

  package static func == (first: HTTPCall, second: HTTPCall) -> Bool {
    first.method == second.method && first.url == second.url && first.body == second.body
      && first.timeout == second.timeout && first.bodyBytesMax == second.bodyBytesMax
      && first.fields.elementsEqual(second.fields) { $0 == $1 }
  }
}

/// A whole answer: its body has the length that the header announced, and is no redirect.
package struct HTTPReply: Sendable, Equatable {
  package var status: Int
  /// By lower-case name; a field that came several times is one, joined by commas.
  package var fields: [String: String]
  package var body: [UInt8]

  package init(status: Int, fields: [String: String] = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// Carries a call to its server and the answer back. Whatever the status, an answer is a reply; faults are of the way.
///
/// Cancelling the calling task ends the exchange and throws `cancelled`.
package protocol HTTPTransport: Sendable {
  func send(_ call: HTTPCall) async throws(RemoteFault) -> HTTPReply
}
