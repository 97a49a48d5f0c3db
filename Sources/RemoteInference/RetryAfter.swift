import HTTP

/// How long a server asks to wait: `Retry-After` (RFC 9110 section 10.2.3), seconds or a date, and the `retry-after-ms`
/// of OpenAI's servers, which is finer.
package enum RetryAfter {
  /// Longer waits than a day are a server's mistake, or nothing to wait for.
  package static let secondsMax = 86_400

  /// - Parameters:
  ///   - fields: by lower-case name.
  ///   - wallSeconds: now, since 1970.
  /// - Returns: nil where the server says nothing that can be read; never negative.
  package static func duration(in fields: [String: String], wallSeconds: Int) -> Duration? {
    if let text = fields["retry-after-ms"], let milliseconds = Double(text), milliseconds.isFinite, milliseconds >= 0 {
      return .milliseconds(min(milliseconds, Double(secondsMax) * 1_000))
    }
    guard let text = fields["retry-after"] else { return nil }
    if let seconds = Double(text), seconds.isFinite {
      return seconds >= 0 ? .seconds(min(seconds, Double(secondsMax))) : nil
    }
    guard let date = HTTPDate.secondsSinceEpoch(text) else { return nil }
    return .seconds(min(max(0, date - wallSeconds), secondsMax))
  }
}
