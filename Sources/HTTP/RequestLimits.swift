/// The bounds on what one request may make the server hold. Each is checked before more is read.
package struct RequestLimits: Sendable, Hashable {
  /// Octets of the request line without CRLF, else 414. RFC 9112 section 3 asks for 8,000 at least.
  package var requestLineBytesMax = 8_192
  /// Octets of all field lines with their CRLF, else 431. Room for cookies and traces of several proxies.
  package var headerBytesMax = 16 * 1_024
  /// Field lines, else 431.
  package var fieldsMax = 100
  /// Octets of content after chunked framing, else 413; checked against Content-Length before any content is read.
  package var bodyBytesMax = 8 * 1_024 * 1_024
  /// Octets of one chunk-size line with its extensions, else 400.
  package var chunkLineBytesMax = 1_024
  /// Octets of all chunk extensions of one request, else 400: extensions are never used, only skipped.
  package var chunkExtensionBytesMax = 4_096
  /// Octets of the trailer section, else 431. Trailers are checked and dropped.
  package var trailerBytesMax = 4_096
  /// Trailer lines, else 431.
  package var trailerFieldsMax = 32
  /// Empty lines before a request line (RFC 9112 section 2.2 asks for one at least, for old clients that add CRLF).
  package var leadingEmptyLinesMax = 1

  package init() {}
}
