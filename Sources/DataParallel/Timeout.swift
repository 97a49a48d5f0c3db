internal import Glibc

/// How long a peer may be waited for.
struct Timeout: Sendable, Hashable {
  /// POLLRDHUP, which the importer leaves out when _GNU_SOURCE is not set for C.
  static let peerHangup: Int16 = 0x2000

  let seconds: Double

  func deadline() -> ContinuousClock.Instant { .now + .seconds(seconds) }

  /// poll(2) until an entry has events or the deadline has passed, whatever signals come.
  ///
  /// - Returns: false when the time is up.
  static func poll(_ entries: inout [pollfd], until deadline: ContinuousClock.Instant) -> Bool {
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      // At most a day, so that the number fits.
      let count = Glibc.poll(&entries, nfds_t(entries.count), Int32(max(0, min(left.rounded(.up), 86_400_000))))
      if count > 0 { return true }
      if left <= 0 { return false }
    }
  }
}
