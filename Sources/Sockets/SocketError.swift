private import Glibc

/// Why a socket operation failed.
package enum SocketError: Error, Sendable, Hashable {
  /// A system call failed with this error number.
  case system(call: String, code: Int32)
  /// The host to bind or connect to has no address; `reason` is the resolver's.
  case host(String, reason: String)
  /// The process or the machine has no free descriptor.
  case tooManyOpenFiles
  /// The socket was closed by this process already.
  case closed

  /// The error of the call that just failed. To be read before anything else touches `errno`.
  static func last(_ call: String) -> SocketError {
    let code = errno
    return code == EMFILE || code == ENFILE ? .tooManyOpenFiles : .system(call: call, code: code)
  }

  /// True when another process listens on the address already.
  package var isAddressInUse: Bool {
    if case .system(_, EADDRINUSE) = self { true } else { false }
  }

  /// True when the peer is gone: nothing more can be sent or received.
  package var isPeerGone: Bool {
    switch self {
    case .system(_, ECONNRESET), .system(_, EPIPE), .system(_, ENOTCONN), .system(_, ETIMEDOUT),
      .system(_, ECONNABORTED):
      true
    default: false
    }
  }

  /// The symbol of the error number where it is one a socket can have, else "errno N".
  package static func name(of code: Int32) -> String {
    let names: [Int32: String] = [
      EACCES: "EACCES", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL", EAFNOSUPPORT: "EAFNOSUPPORT",
      EAGAIN: "EAGAIN", EBADF: "EBADF", ECONNABORTED: "ECONNABORTED", ECONNREFUSED: "ECONNREFUSED",
      ECONNRESET: "ECONNRESET", EHOSTUNREACH: "EHOSTUNREACH", EINTR: "EINTR", EINVAL: "EINVAL", EMFILE: "EMFILE",
      ENETUNREACH: "ENETUNREACH", ENFILE: "ENFILE", ENOBUFS: "ENOBUFS", ENOMEM: "ENOMEM", ENOTCONN: "ENOTCONN",
      ENOTSOCK: "ENOTSOCK", EPERM: "EPERM", EPIPE: "EPIPE", ETIMEDOUT: "ETIMEDOUT",
    ]
    return names[code] ?? "errno \(code)"
  }
}

extension SocketError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let call, let code): "\(call): \(SocketError.name(of: code)) (\(String(cString: strerror(code))))"
    case .host(let host, let reason): "host \(host): \(reason)"
    case .tooManyOpenFiles: "no free file descriptor (EMFILE or ENFILE)"
    case .closed: "socket is closed"
    }
  }
}
