/// `method SP request-target SP HTTP-version` (RFC 9112 section 3), with exactly one space at each place.
struct RequestLine: Sendable, Hashable {
  let method: Method
  let target: RequestTarget
  let version: Version

  /// - Parameter line: without CRLF; holds no control character but HTAB.
  init(_ line: [UInt8]) throws(HTTPParseError) {
    let parts = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
    guard parts.count == 3 else {
      throw .requestLine("request line is not a method, a target and a version with one space between them")
    }
    guard let method = Method(ASCII.text(parts[0])) else { throw .requestLine("method is not a token") }
    self.method = method
    version = try RequestLine.version(parts[2])
    if method == .connect { throw .method }
    guard let target = RequestTarget(ASCII.text(parts[1])) else { throw .target("request target is malformed") }
    if target.path == "*" && target.raw == "*" && method != .options {
      throw .target("the target * is for OPTIONS only")
    }
    self.target = target
  }

  private static func version(_ bytes: ArraySlice<UInt8>) throws(HTTPParseError) -> Version {
    switch String(decoding: bytes, as: UTF8.self) {
    case "HTTP/1.1": return .http11
    case "HTTP/1.0": return .http10
    default:
      let shape = Array(bytes)
      guard shape.count == 8, shape.starts(with: "HTTP/".utf8), ASCII.isDigit(shape[5]),
        shape[6] == UInt8(ascii: "."), ASCII.isDigit(shape[7])
      else { throw .requestLine("version is malformed") }
      throw .version
    }
  }
}

/// `name ":" OWS value OWS` (RFC 9112 section 5).
enum FieldLine {
  /// Reads one line and adds it to `fields`.
  ///
  /// - Parameter line: without CRLF, not empty; holds no control character but HTAB.
  static func parse(_ line: [UInt8], into fields: inout Fields) throws(HTTPParseError) {
    if line[0] == ASCII.space || line[0] == ASCII.tab { throw .fieldLine("folded or indented header field") }
    guard let colon = line.firstIndex(of: ASCII.colon) else { throw .fieldLine("header field without a colon") }
    let name = line[..<colon]
    if name.isEmpty { throw .fieldLine("header field without a name") }
    if name.last == ASCII.space || name.last == ASCII.tab { throw .fieldLine("white space before the colon") }
    guard ASCII.isToken(name) else { throw .fieldLine("header field name is not a token") }
    fields.append(checkedName: name, checkedValue: Fields.trimmed(Array(line[(colon + 1)...])))
  }
}
