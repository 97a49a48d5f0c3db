/// The protocol version of a message. Only 1.0 and 1.1 are spoken; anything else is answered 505.
package enum Version: Hashable, Sendable, CustomStringConvertible {
  case http10
  case http11

  package var description: String {
    switch self {
    case .http10: "HTTP/1.0"
    case .http11: "HTTP/1.1"
    }
  }
}
