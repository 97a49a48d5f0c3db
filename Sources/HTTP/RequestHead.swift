/// Everything of a request before its body, checked; `framing` says where the body ends.
package struct RequestHead: Sendable, Hashable {
  /// How the length of the body is known (RFC 9112 section 6.3). Without either field there is no body.
  package enum Framing: Sendable, Hashable {
    /// As many octets as Content-Length says; 0 when there is no body.
    case length(Int)
    case chunked
  }

  package let method: Method
  package let target: RequestTarget
  package let version: Version
  package let fields: Fields
  package let framing: Framing
  /// The client waits for "100 Continue" before it sends the body. Never true for HTTP/1.0 nor without a body.
  package let expectsContinue: Bool
  /// The client allows another request on the connection after this one.
  package let keepsAlive: Bool

  package func request(body: [UInt8]) -> Request {
    Request(method: method, target: target, version: version, fields: fields, body: body)
  }

  /// Judges a complete header section.
  init(_ line: RequestLine, fields: Fields, limits: RequestLimits) throws(HTTPParseError) {
    method = line.method
    target = line.target
    version = line.version
    self.fields = fields
    let framing = try Framing(version: line.version, fields: fields, bodyBytesMax: limits.bodyBytesMax)
    self.framing = framing
    try RequestHead.checkHost(fields, version: line.version)
    guard line.method.isImplemented else { throw .method }
    let expectations = fields.all(named: "Expect")
    guard expectations.allSatisfy({ Fields.same($0, "100-continue") }) else { throw .expectation }
    expectsContinue = !expectations.isEmpty && line.version == .http11 && framing != .length(0)
    switch line.version {
    case .http11: keepsAlive = !fields.hasMember("close", named: "Connection")
    case .http10:
      keepsAlive =
        fields.hasMember("keep-alive", named: "Connection") && !fields.hasMember("close", named: "Connection")
    }
  }

  /// RFC 9112 section 3.2: HTTP/1.1 has exactly one Host, HTTP/1.0 at most one.
  private static func checkHost(_ fields: Fields, version: Version) throws(HTTPParseError) {
    let hosts = fields.all(named: "Host")
    if hosts.count > 1 { throw .host("more than one Host field") }
    guard let host = hosts.first else {
      if version == .http11 { throw .host("Host field is missing") }
      return
    }
    guard HostField.isValid(ASCII.octets(of: host)[...]) else { throw .host("Host field is malformed") }
  }
}

extension RequestHead.Framing {
  /// Decides where the body ends, or refuses. Every message that two recipients could read differently is refused,
  /// also where RFC 9112 section 6.3 would allow a repair: a repair here is what request smuggling needs.
  init(version: Version, fields: Fields, bodyBytesMax: Int) throws(HTTPParseError) {
    let codings = fields.all(named: "Transfer-Encoding")
    let lengths = fields.all(named: "Content-Length")
    guard !codings.isEmpty else {
      self = .length(try Self.length(lengths, bodyBytesMax: bodyBytesMax))
      return
    }
    if !lengths.isEmpty { throw .contentLengthWithTransferEncoding }
    if version == .http10 { throw .transferEncoding("Transfer-Encoding in HTTP/1.0") }
    if codings.count == 1 && Fields.same(codings[0], "chunked") {
      self = .chunked
      return
    }
    let members = codings.flatMap { $0.utf8.split(separator: ASCII.comma, omittingEmptySubsequences: false) }
      .map { Fields.trimmed(Array($0)) }
    guard members.allSatisfy({ ASCII.isToken($0) }) else { throw .transferEncoding("malformed Transfer-Encoding") }
    let chunked = members.filter { ASCII.equalIgnoringCase($0, "chunked".utf8) }.count
    if chunked > 1 { throw .transferEncoding("chunked applied more than once") }
    if chunked == 1, let last = members.last, !ASCII.equalIgnoringCase(last, "chunked".utf8) {
      throw .transferEncoding("chunked is not the last transfer coding")
    }
    throw .transferCodingUnknown
  }

  private static func length(_ lines: [String], bodyBytesMax: Int) throws(HTTPParseError) -> Int {
    guard let line = lines.first else { return 0 }
    if lines.count > 1 { throw .contentLength("more than one Content-Length field") }
    guard !line.isEmpty, line.utf8.allSatisfy({ ASCII.isDigit($0) }) else {
      throw .contentLength("Content-Length is not a decimal number")
    }
    var length = 0
    for digit in line.utf8 {
      let (scaled, overflowed) = length.multipliedReportingOverflow(by: 10)
      let (sum, overflowedSum) = scaled.addingReportingOverflow(Int(digit - ASCII.zero))
      if overflowed || overflowedSum { throw .contentLength("Content-Length is too large for any machine") }
      length = sum
    }
    if length > bodyBytesMax { throw .bodyTooLarge(max: bodyBytesMax) }
    return length
  }
}
