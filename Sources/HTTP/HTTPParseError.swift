/// Why a request was refused. Each is answered with `status`, and then the connection closes: after a fault nothing
/// that follows on it can be trusted to start where it seems to.
///
/// Texts name the rule that was broken and never quote what the peer sent.
package enum HTTPParseError: Error, Sendable, Hashable {
  /// The request line is not `method SP target SP version`.
  case requestLine(String)
  /// The target has none of the four forms, or its percent escapes are malformed.
  case target(String)
  case requestLineTooLong(max: Int)
  /// A version other than 1.0 and 1.1.
  case version
  /// A method nobody implements.
  case method
  /// A field line that is no `name: value`.
  case fieldLine(String)
  case headerTooLarge(max: Int)
  case tooManyFields(max: Int)
  /// Host missing, repeated or malformed.
  case host(String)
  case contentLength(String)
  case contentLengthWithTransferEncoding
  case transferEncoding(String)
  /// A transfer coding other than chunked.
  case transferCodingUnknown
  case bodyTooLarge(max: Int)
  case chunk(String)
  case trailerTooLarge(max: Int)
  /// An expectation other than 100-continue.
  case expectation
  /// A control character, bare CR or bare LF where lines are read.
  case octet(String)
  /// The peer stopped sending within a request.
  case truncated

  /// What to answer.
  package var status: Status {
    switch self {
    case .requestLine, .target, .fieldLine, .host, .contentLength, .contentLengthWithTransferEncoding,
      .transferEncoding, .chunk, .octet, .truncated:
      .badRequest
    case .requestLineTooLong: .uriTooLong
    case .version: .versionNotSupported
    case .method, .transferCodingUnknown: .notImplemented
    case .headerTooLarge, .tooManyFields, .trailerTooLarge: .headerFieldsTooLarge
    case .bodyTooLarge: .contentTooLarge
    case .expectation: .expectationFailed
    }
  }

  /// A stable name for programs, as in the `type` of a problem document.
  package var code: String {
    switch self {
    case .requestLine: "bad-request-line"
    case .target: "bad-request-target"
    case .requestLineTooLong: "request-line-too-long"
    case .version: "http-version-not-supported"
    case .method: "method-not-implemented"
    case .fieldLine: "bad-header-field"
    case .headerTooLarge, .tooManyFields: "header-too-large"
    case .host: "bad-host"
    case .contentLength: "bad-content-length"
    case .contentLengthWithTransferEncoding: "ambiguous-framing"
    case .transferEncoding: "bad-transfer-encoding"
    case .transferCodingUnknown: "transfer-coding-not-implemented"
    case .bodyTooLarge: "body-too-large"
    case .chunk: "bad-chunk"
    case .trailerTooLarge: "trailer-too-large"
    case .expectation: "expectation-failed"
    case .octet: "bad-octet"
    case .truncated: "truncated-request"
    }
  }

  /// What is wrong, for a person.
  package var detail: String {
    switch self {
    case .requestLine(let detail), .target(let detail), .fieldLine(let detail), .host(let detail),
      .contentLength(let detail), .transferEncoding(let detail), .chunk(let detail), .octet(let detail):
      detail
    case .requestLineTooLong(let max): "request line is longer than \(max) octets"
    case .version: "only HTTP/1.0 and HTTP/1.1 are spoken here"
    case .method: "method is not supported"
    case .headerTooLarge(let max): "header section is larger than \(max) octets"
    case .tooManyFields(let max): "more than \(max) header fields"
    case .contentLengthWithTransferEncoding: "Content-Length together with Transfer-Encoding"
    case .transferCodingUnknown: "only the chunked transfer coding is known"
    case .bodyTooLarge(let max): "body is larger than \(max) octets"
    case .trailerTooLarge(let max): "trailer section is larger than \(max) octets or has too many fields"
    case .expectation: "only the expectation 100-continue is known"
    case .truncated: "connection ended within the request"
    }
  }
}
