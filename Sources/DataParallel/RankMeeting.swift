/// Where and how the ranks of the sockets find each other.
package struct RankMeeting: Sendable, Hashable {
  /// How long rank 0 waits for the others and they for it: all have to load a program and perhaps a file first.
  package static let joinSecondsDefault = 300.0
  /// How long a rank may let the others wait in a call. Work that only one rank does must be shorter.
  package static let timeoutSecondsDefault = 1_800.0

  /// This rank, 0..<size; `size` from 2 on.
  package let rank: Int
  package let size: Int
  /// Rank 0's machine, as the others know it, and the port it listens on.
  package let host: String
  package let port: Int
  /// What the ranks of this run know and strangers do not. May be empty on one machine.
  package let token: [UInt8]
  package let joinSeconds: Double
  package let timeoutSeconds: Double

  package init(
    rank: Int, size: Int, host: String, port: Int, token: [UInt8], joinSeconds: Double = joinSecondsDefault,
    timeoutSeconds: Double = timeoutSecondsDefault
  ) {
    precondition(size > 1 && (0..<size).contains(rank), "no rank of a run of several")
    self.rank = rank
    self.size = size
    self.host = host
    self.port = port
    self.token = token
    self.joinSeconds = joinSeconds
    self.timeoutSeconds = timeoutSeconds
  }

  package var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether all ranks are on one machine and nobody else's can connect.
  package static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.allSatisfy { $0 == "." || $0.isNumber }
  }

  /// What rank 0 binds, to be tried in turn. A name that is not plainly this machine's own is not bound to: Debian has
  /// the machine's name mean 127.0.1.1 on the machine itself, where no other machine could connect.
  var bindHosts: [String] { Self.isLoopback(host) ? [host] : ["::", "0.0.0.0"] }

  func failure(_ reason: String) -> CommunicationError { .rendezvous(address: address, reason: reason) }
}
