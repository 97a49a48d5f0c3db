/// A status code with its reason phrase. Two are equal when their codes are.
///
/// The reason phrase is the only error text that many clients log, so it may be chosen per response. It can carry what
/// a peer sent, so it is cut to printable ASCII of at most `reasonMax` characters and can never end the status line.
package struct Status: Hashable, Sendable, CustomStringConvertible {
  /// The longest reason phrase written.
  package static let reasonMax = 60

  /// 100 to 599.
  package let code: Int
  /// Printable ASCII, at most `reasonMax` characters.
  package let reason: String

  /// - Parameters:
  ///   - code: 100...599.
  ///   - reason: `nil` takes the registered phrase of the code.
  package init(_ code: Int, reason: String? = nil) {
    precondition((100...599).contains(code), "status code out of range")
    self.code = code
    self.reason = Status.cut(reason ?? Status.phrases[code] ?? "Status \(code)")
  }

  /// The same code with another reason phrase.
  package func with(reason: String) -> Status { Status(code, reason: reason) }

  package static func == (left: Status, right: Status) -> Bool { left.code == right.code }

  package func hash(into hasher: inout Hasher) { hasher.combine(code) }

  package var description: String { "\(code) \(reason)" }

  /// "2xx" and its like, the label of metrics.
  package var classLabel: String { "\(code / 100)xx" }

  /// True where a response never has a body (RFC 9112 section 6.3).
  package var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

  private static func cut(_ reason: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in reason.unicodeScalars.prefix(reasonMax) {
      let printable = scalar.value >= 0x20 && scalar.value < 0x7F
      scalars.append(printable ? scalar : "?")
    }
    return String(scalars)
  }

  private static let phrases: [Int: String] = [
    100: "Continue", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 304: "Not Modified",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 411: "Length Required",
    413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed",
    422: "Unprocessable Content", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    499: "Client Closed Request", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  ]

  package static let `continue` = Status(100)
  package static let ok = Status(200)
  package static let noContent = Status(204)
  package static let notModified = Status(304)
  package static let badRequest = Status(400)
  package static let unauthorized = Status(401)
  package static let forbidden = Status(403)
  package static let notFound = Status(404)
  package static let methodNotAllowed = Status(405)
  package static let requestTimeout = Status(408)
  package static let conflict = Status(409)
  package static let contentTooLarge = Status(413)
  package static let uriTooLong = Status(414)
  package static let unsupportedMediaType = Status(415)
  package static let expectationFailed = Status(417)
  package static let unprocessableContent = Status(422)
  package static let tooManyRequests = Status(429)
  package static let headerFieldsTooLarge = Status(431)
  package static let clientClosedRequest = Status(499)
  package static let internalServerError = Status(500)
  package static let notImplemented = Status(501)
  package static let serviceUnavailable = Status(503)
  package static let gatewayTimeout = Status(504)
  package static let versionNotSupported = Status(505)
}
