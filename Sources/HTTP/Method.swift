/// A request method: a token, compared with regard to case (RFC 9110 section 9.1).
package struct Method: Hashable, Sendable, CustomStringConvertible {
  /// The token as sent.
  package let name: String

  /// `nil` when `name` is no token.
  package init?(_ name: String) {
    guard ASCII.isToken(name.utf8) else { return nil }
    self.name = name
  }

  private init(known name: String) { self.name = name }

  package static let get = Method(known: "GET")
  package static let head = Method(known: "HEAD")
  package static let post = Method(known: "POST")
  package static let put = Method(known: "PUT")
  package static let patch = Method(known: "PATCH")
  package static let delete = Method(known: "DELETE")
  package static let options = Method(known: "OPTIONS")
  package static let trace = Method(known: "TRACE")
  package static let connect = Method(known: "CONNECT")

  /// The methods a resource may answer. TRACE and CONNECT are left out: they are answered 501 like any unknown one.
  package static let implemented: [Method] = [.get, .head, .post, .put, .patch, .delete, .options]

  /// False for what is answered 501 (RFC 9110 section 15.6.2) whatever the target.
  package var isImplemented: Bool { Method.implemented.contains(self) }

  package var description: String { name }
}
