import HTTP

/// A raw stream and what must come of it. `outcome` is one line a request ("METHOD target body", then "close" when the
/// connection ends with it), and at the end "status code" of the refusal, or "…" when a request is still incomplete.
struct RequestFixture: Sendable, CustomStringConvertible {
  let name: String
  let raw: String
  let outcome: [String]

  init(_ name: String, _ raw: String, _ outcome: String...) {
    self.name = name
    self.raw = raw
    self.outcome = outcome
  }

  var description: String { name }

  /// One octet per scalar, so that octets above 0x7F can be written as \u{80}...\u{FF}.
  var bytes: [UInt8] { raw.unicodeScalars.map { UInt8($0.value) } }
}

extension RequestFixture {
  /// What may pass.
  static let accepted: [RequestFixture] = [
    .init("plain GET", "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health "),
    .init("a body by length", "POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "POST /score abc"),
    .init("length zero", "POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST /s "),
    .init("leading zeros in length", "POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 002\r\n\r\nab", "POST /s ab"),
    .init(
      "a chunked body",
      "POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n",
      "POST /s abc0123456789"),
    .init(
      "chunked in any case, sizes in both",
      "POST /s HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\tChUnKeD \r\n\r\nA\r\n0123456789\r\n00\r\n\r\n",
      "POST /s 0123456789"),
    .init(
      "extensions skipped, trailers dropped",
      "POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=\"y z\"\r\na\r\n"
        + "0;end\r\nContent-Length: 9\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /s a", "GET / "),
    .init(
      "pipelined in order",
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
        + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /1 ", "POST /2 x", "GET /3 "),
    .init(
      "one empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", "GET / ",
      "GET /2 "),
    .init(
      "nothing after close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / ", "close"),
    .init(
      "close among others", "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo , Close\r\n\r\nGARBAGE", "GET / ", "close"),
    .init("1.0 closes", "GET / HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", "GET / ", "close"),
    .init(
      "1.0 kept alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", "GET / ", "GET /2 ",
      "close"),
    .init("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * "),
    .init("absolute form", "GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://b:80/x?y "),
    .init("IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n", "GET / "),
    .init("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / "),
    .init("empty value, obs-text, no space", "GET / HTTP/1.1\r\nHost:a\r\nX:\r\nY: \u{E9}\u{FF}\r\n\r\n", "GET / "),
    .init(
      "expectation with 1.1", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
      "POST / x"),
    .init(
      "8,000 octets of request line", "GET /\(String(repeating: "a", count: 7_986)) HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\(String(repeating: "a", count: 7_986)) "),
  ]

  /// What is not there yet.
  static let incomplete: [RequestFixture] = [
    .init("nothing", "", "…"),
    .init("cut in the request line", "GET / HT", "…"),
    .init("cut in the fields", "GET / HTTP/1.1\r\nHost: a\r\n", "…"),
    .init("cut between CR and LF", "GET / HTTP/1.1\r\nHost: a\r\n\r", "…"),
    .init("cut in the body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab", "…"),
    .init("cut in a chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "…"),
    .init(
      "cut before the end", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", "…"
    ),
  ]

  /// What is refused whole.
  static let refused: [RequestFixture] = head + framing + chunks

  private static func get(_ name: String, _ lines: String, _ outcome: String) -> RequestFixture {
    .init(name, "GET / HTTP/1.1\r\n\(lines)\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n", outcome)
  }

  private static func chunked(_ name: String, _ body: String, _ outcome: String) -> RequestFixture {
    .init(name, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)", outcome)
  }

  private static let head: [RequestFixture] = [
    .init("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("space before", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("no version", "GET /\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("method is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("version 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 http-version-not-supported"),
    .init("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505 http-version-not-supported"),
    .init("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-line"),
    .init("unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501 method-not-implemented"),
    .init("lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "501 method-not-implemented"),
    .init("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "501 method-not-implemented"),
    .init("target is no path", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("octets above ASCII in the target", "GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("half an escape", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("escaped NUL", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("escaped CRLF in the query", "GET /?a=%0d%0ab HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("escapes that are no UTF-8", "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("* for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("userinfo in the target", "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad-request-target"),
    .init("bare LF", "GET / HTTP/1.1\nHost: a\n\n", "400 bad-octet"),
    .init("bare CR", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "400 bad-octet"),
    .init("NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}\r\n\r\n", "400 bad-octet"),
    .init("control octet in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{1B}[31m\r\n\r\n", "400 bad-octet"),
    .init("DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{7F}\r\n\r\n", "400 bad-octet"),
    .init("a TLS hello", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "400 bad-octet"),
    get("folded line", "Host: a\r\nX: b\r\n c\r\n", "400 bad-header-field"),
    get("fold as first line", " Host: a\r\n", "400 bad-header-field"),
    get("space before the colon", "Host : a\r\n", "400 bad-header-field"),
    get("tab before the colon", "Host\t: a\r\n", "400 bad-header-field"),
    get("space in a name", "Host: a\r\nX Y: b\r\n", "400 bad-header-field"),
    get("no name", "Host: a\r\n: b\r\n", "400 bad-header-field"),
    get("no colon", "Host: a\r\nX\r\n", "400 bad-header-field"),
    get("octets above ASCII in a name", "Host: a\r\nX\u{E9}: b\r\n", "400 bad-header-field"),
    get("no host", "X: a\r\n", "400 bad-host"),
    get("two hosts", "Host: a\r\nHost: a\r\n", "400 bad-host"),
    get("userinfo in the host", "Host: u@a\r\n", "400 bad-host"),
    get("letters as port", "Host: a:b\r\n", "400 bad-host"),
    get("a port too large", "Host: a:65536\r\n", "400 bad-host"),
    get("two ports", "Host: a:1:2\r\n", "400 bad-host"),
    get("a port alone", "Host: :80\r\n", "400 bad-host"),
    get("unclosed bracket", "Host: [::1\r\n", "400 bad-host"),
    get("no address in brackets", "Host: [a]\r\n", "400 bad-host"),
    get("space in the host", "Host: a b\r\n", "400 bad-host"),
    get("hosts in a list", "Host: a, b\r\n", "400 bad-host"),
    get("path in the host", "Host: a/b\r\n", "400 bad-host"),
    .init("two hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400 bad-host"),
    get("unknown expectation", "Host: a\r\nExpect: 200-ok\r\n", "417 expectation-failed"),
  ]

  private static let framing: [RequestFixture] = [
    get("signed length", "Host: a\r\nContent-Length: +1\r\n", "400 bad-content-length"),
    get("negative length", "Host: a\r\nContent-Length: -1\r\n", "400 bad-content-length"),
    get("hexadecimal length", "Host: a\r\nContent-Length: 0x1\r\n", "400 bad-content-length"),
    get("empty length", "Host: a\r\nContent-Length:\r\n", "400 bad-content-length"),
    get("list of lengths", "Host: a\r\nContent-Length: 1, 1\r\n", "400 bad-content-length"),
    get("space in a length", "Host: a\r\nContent-Length: 1 1\r\n", "400 bad-content-length"),
    get("length beyond any machine", "Host: a\r\nContent-Length: 99999999999999999999\r\n", "400 bad-content-length"),
    get("two lengths", "Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "400 bad-content-length"),
    get("the same length twice", "Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "400 bad-content-length"),
    get("length and coding", "Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", "400 ambiguous-framing"),
    get("coding and length", "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", "400 ambiguous-framing"),
    get("length too large", "Host: a\r\nContent-Length: 8388609\r\n", "413 body-too-large"),
    get("chunked twice", "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n", "400 bad-transfer-encoding"),
    get(
      "chunked in two lines", "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "400 bad-transfer-encoding"),
    get("chunked not last", "Host: a\r\nTransfer-Encoding: chunked, gzip\r\n", "400 bad-transfer-encoding"),
    get("quoted coding", "Host: a\r\nTransfer-Encoding: \"chunked\"\r\n", "400 bad-transfer-encoding"),
    get("coding with parameter", "Host: a\r\nTransfer-Encoding: chunked;q=1\r\n", "400 bad-transfer-encoding"),
    get("empty coding", "Host: a\r\nTransfer-Encoding:\r\n", "400 bad-transfer-encoding"),
    get("unknown coding", "Host: a\r\nTransfer-Encoding: xchunked\r\n", "501 transfer-coding-not-implemented"),
    get("identity", "Host: a\r\nTransfer-Encoding: identity\r\n", "501 transfer-coding-not-implemented"),
    get("gzip under chunked", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", "501 transfer-coding-not-implemented"),
    .init(
      "coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 bad-transfer-encoding"),
  ]

  private static let chunks: [RequestFixture] = [
    chunked("no size", "\r\na", "400 bad-chunk"),
    chunked("signed size", "+1\r\na\r\n0\r\n\r\n", "400 bad-chunk"),
    chunked("prefixed size", "0x1\r\na\r\n0\r\n\r\n", "400 bad-chunk"),
    chunked("space before the size", " 1\r\na\r\n0\r\n\r\n", "400 bad-chunk"),
    chunked("space behind the size", "1 \r\na\r\n0\r\n\r\n", "400 bad-chunk"),
    chunked("space before the extension", "1 ;x\r\na\r\n0\r\n\r\n", "400 bad-chunk"),
    chunked("size beyond any machine", "fffffffffffffffff\r\na", "400 bad-chunk"),
    chunked("size wraps to a small one", "10000000000000001\r\na", "400 bad-chunk"),
    chunked("data too long", "1\r\nab\r\n0\r\n\r\n", "400 bad-chunk"),
    chunked("bare LF behind the size", "1\na\r\n0\r\n\r\n", "400 bad-octet"),
    chunked("bare LF behind the data", "1\r\na\n0\r\n\r\n", "400 bad-chunk"),
    chunked("NUL in an extension", "1;\u{0}\r\na\r\n0\r\n\r\n", "400 bad-octet"),
    chunked("endless size line", "1;" + String(repeating: "x", count: 2_000), "400 bad-chunk"),
    chunked("body too large", "800001\r\n", "413 body-too-large"),
    chunked("malformed trailer", "0\r\nX y\r\n\r\n", "400 bad-header-field"),
    chunked("trailer too large", "0\r\nX: \(String(repeating: "y", count: 5_000))\r\n\r\n", "431 trailer-too-large"),
    chunked("too many trailers", "0\r\n\(String(repeating: "X: y\r\n", count: 33))\r\n", "431 trailer-too-large"),
    chunked(
      "extensions add up", String(repeating: "1;\(String(repeating: "x", count: 1_000))\r\na\r\n", count: 5),
      "400 bad-chunk"),
    .init(
      "long request line", "GET /\(String(repeating: "a", count: 8_200)) HTTP/1.1\r\n", "414 request-line-too-long"),
    get("too many fields", "Host: a\r\n\(String(repeating: "X: y\r\n", count: 100))", "431 header-too-large"),
    get(
      "fields too large", "Host: a\r\n\(String(repeating: "X: \(String(repeating: "y", count: 4_000))\r\n", count: 5))",
      "431 header-too-large"),
    get("one field too large", "Host: a\r\nX: \(String(repeating: "y", count: 20_000))\r\n", "431 header-too-large"),
    .init(
      "a good request, then a bad one",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / ",
      "400 bad-host"),
    .init(
      "a body too short swallows the next request",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxyzGET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / x",
      "501 method-not-implemented"),
  ]
}
