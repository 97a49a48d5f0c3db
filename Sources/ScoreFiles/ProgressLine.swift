/// One line that says how far a run is: a bar on a terminal, a plain line in a log.
package struct ProgressLine: Sendable {
  /// Width of the bar, in characters.
  private static let barCharacters = 24
  /// Least time between two lines: what an eye can follow, and what a log should hold.
  private static let terminalSeconds = 0.1
  private static let logSeconds = 10.0

  package let total: Int
  package let isTerminal: Bool
  private var shownAt: Double?

  package init(total: Int, isTerminal: Bool) {
    self.total = total
    self.isTerminal = isTerminal
  }

  /// What to write to the terminal or log now; nil where it is too early for another line.
  ///
  /// - Parameter now: seconds on any clock that does not go back.
  package mutating func update(_ summary: ScoreSummary, now: Double) -> String? {
    let isLast = summary.count == total
    let interval = isTerminal ? Self.terminalSeconds : Self.logSeconds
    if !isLast, let shownAt, now - shownAt < interval { return nil }
    shownAt = now
    let text = text(summary)
    // Back to the line's start and clear what a longer line left.
    return isTerminal ? "\r\(text)\u{1B}[K" + (isLast ? "\n" : "") : text + "\n"
  }

  func text(_ summary: ScoreSummary) -> String {
    var parts = ["\(summary.count)/\(total)"]
    if let rate = summary.perSecond, let speed = summary.speedText {
      parts.append(speed)
      if summary.count < total {
        parts.append("\(Self.duration(Double(total - summary.count) / rate)) left")
      } else {
        parts.append("in \(Self.duration(summary.wallSeconds))")
      }
    }
    if let accuracy = summary.accuracy { parts.append("accuracy \(Decimal.text(100 * accuracy, digits: 1)) %") }
    if summary.malformedCount > 0 { parts.append("malformed \(summary.malformedCount)") }
    return (isTerminal ? bar(summary.count) + " " : "") + parts.joined(separator: "  ")
  }

  private func bar(_ count: Int) -> String {
    let filled = total > 0 ? Self.barCharacters * count / total : Self.barCharacters
    return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barCharacters - filled)
      + "]"
  }

  /// "42 s", "3:07" or "2:03:07".
  static func duration(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    if whole < 60 { return "\(whole) s" }
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return hours > 0 ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
  }
}
