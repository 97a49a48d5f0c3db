/// What went wrong with one exchange with a server. Everything in it that a peer wrote is cut and escaped already, and
/// free of the caller's key.
package enum RemoteFault: Error, Sendable, Equatable {
  /// What a fault means for the request it befell.
  package enum Remedy: Sendable, Hashable {
    /// The same request may succeed later.
    case retry
    /// This request is refused, whenever it is asked; others may succeed.
    case refuse
    /// Every request will fare the same until somebody changes the set-up: a wrong key, address or model.
    case stop
  }

  /// No connection came about: nobody listens, no such host, no route.
  case unreachable(reason: String)
  /// The other end is not who it should be, or speaks no TLS that we do.
  case untrusted(reason: String)
  /// The connection ended before the answer did.
  case disconnected(reason: String)
  /// The whole exchange took longer than it may.
  case timedOut(seconds: Double)
  /// The body ended before the length that the header announced, in bytes.
  case truncated(received: Int, expected: Int)
  /// The body is larger than `HTTPCall.bodyBytesMax`.
  case tooLarge(bytesMax: Int)
  /// The server sends us elsewhere; the target is not asked, since it would get the texts and the key.
  case redirected(status: Int, target: String)
  /// The server answered with an error.
  case status(ErrorAnswer)
  /// The answer came whole and is not what it should be.
  case malformed(reason: String)
  /// The caller's task was cancelled.
  case cancelled

  package var remedy: Remedy {
    switch self {
    case .unreachable, .disconnected, .timedOut, .truncated, .malformed: .retry
    case .status(let answer): answer.remedy
    case .tooLarge: .refuse
    case .untrusted, .redirected, .cancelled: .stop
    }
  }

  /// Whether the server asks everybody to slow down, not only this request.
  package var isOverload: Bool {
    if case .status(let answer) = self {
      answer.status == 429 || (answer.retryAfter != nil && answer.status == 503)
    } else {
      false
    }
  }

  /// How long the server asks us to wait, where it says so.
  package var retryAfter: Duration? {
    if case .status(let answer) = self { answer.retryAfter } else { nil }
  }
}

/// An answer with a status of 400 or more, or any other that no client of ours can use.
package struct ErrorAnswer: Sendable, Equatable {
  package var status: Int
  /// What the server says of it, for people; empty where it says nothing.
  package var message: String
  /// A word for programs: an OpenAI error's `code` or `type`, or the last part of a problem document's `type`.
  package var code: String?
  /// Whether the server says that the same request may succeed later.
  package var retryable: Bool?
  package var retryAfter: Duration?

  package init(
    status: Int, message: String, code: String? = nil, retryable: Bool? = nil, retryAfter: Duration? = nil
  ) {
    self.status = status
    self.message = message
    self.code = code
    self.retryable = retryable
    self.retryAfter = retryAfter
  }

  /// By the server's own word where there is one, else by the status. A spent quota comes as 429 and does not come back
  /// by waiting. 401, 402, 403 and 404 speak of key, account, address and model, so of every request.
  package var remedy: RemoteFault.Remedy {
    if code == "insufficient_quota" { return .stop }
    if retryable == true { return .retry }
    switch status {
    case 408, 409, 425, 429: return .retry
    case 501, 505: return .stop
    case 500...: return retryable == false ? .refuse : .retry
    case 401, 402, 403, 404, 405, 407: return .stop
    case 400...: return .refuse
    default: return .stop
    }
  }
}

extension RemoteFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let reason): "no connection: \(reason)"
    case .untrusted(let reason): "no trusted connection: \(reason)"
    case .disconnected(let reason): "the connection ended before the answer did: \(reason)"
    case .timedOut(let seconds): "no whole answer within \(seconds) s"
    case .truncated(let received, let expected): "the answer ended after \(received) of \(expected) bytes"
    case .tooLarge(let bytesMax): "the answer is larger than \(bytesMax) bytes"
    case .redirected(let status, let target):
      "the server answered \(status) and points to \(target), which is not followed; give that address if it is right"
    case .status(let answer): "\(answer)"
    case .malformed(let reason): "the answer cannot be used: \(reason)"
    case .cancelled: "cancelled"
    }
  }
}

extension ErrorAnswer: CustomStringConvertible {
  package var description: String {
    let named = code.map { " (\($0))" } ?? ""
    return "status \(status)\(named)\(message.isEmpty ? "" : ": \(message)")"
  }
}
