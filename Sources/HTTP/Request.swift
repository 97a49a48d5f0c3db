/// A whole request: its body has been received to the last octet.
package struct Request: Sendable, Hashable {
  package var method: Method
  package var target: RequestTarget
  package var version: Version
  package var fields: Fields
  /// Content after chunked framing was removed.
  package var body: [UInt8]

  package init(
    method: Method, target: RequestTarget, version: Version = .http11, fields: Fields = [:], body: [UInt8] = []
  ) {
    self.method = method
    self.target = target
    self.version = version
    self.fields = fields
    self.body = body
  }
}
