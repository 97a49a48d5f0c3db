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

  /// How far a run is.
  package struct State: Sendable, Equatable {
    /// What is done, of the line's `total`.
    package var count: Int
    /// Of `count`, what an earlier run had done: it says nothing of this run's speed.
    package var resumedCount: Int
    /// How long this run has worked.
    package var wallSeconds: Double
    /// What else to show, such as "malformed 3".
    package var notes: [String]

    package init(count: Int, resumedCount: Int = 0, wallSeconds: Double, notes: [String] = []) {
      self.count = count
      self.resumedCount = resumedCount
      self.wallSeconds = wallSeconds
      self.notes = notes
    }

    /// What this run did per second; nil where it did nothing yet.
    package var perSecond: Double? {
      count > resumedCount && wallSeconds > 0 ? Double(count - resumedCount) / wallSeconds : nil
    }
  }

  /// What to write to the terminal or log now; nil where it is too early for another line.
  ///
  /// - Parameter now: seconds on any clock that does not go back.
  package mutating func update(_ state: State, now: Double) -> String? {
    let isLast = state.count == total
    let interval = isTerminal ? Self.terminalSeconds : Self.logSeconds
    if !isLast, let shownAt, now - shownAt < interval { return nil }
    shownAt = now
    let text = text(state)
    // Back to the line's start and clear what a longer line left.
    return isTerminal ? "\r\(text)\u{1B}[K" + (isLast ? "\n" : "") : text + "\n"
  }

  private func text(_ state: State) -> String {
    var parts = ["\(state.count)/\(total)"]
    if let rate = state.perSecond {
      parts.append(Self.speed(perSecond: rate))
      if state.count < total {
        parts.append("\(Self.duration(Double(total - state.count) / rate)) left")
      } else {
        parts.append("in \(Self.duration(state.wallSeconds))")
      }
    }
    parts += state.notes
    return (isTerminal ? bar(state.count) + " " : "") + parts.joined(separator: "  ")
  }

  private func bar(_ count: Int) -> String {
    let filled = total > 0 ? Self.barCharacters * count / total : Self.barCharacters
    return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barCharacters - filled)
      + "]"
  }

  /// How many per second, or, where that is less than one, seconds for each: "2.5/s", "11.3 s each".
  package static func speed(perSecond: Double) -> String {
    perSecond < 1
      ? "\(FixedDecimal.text(1 / perSecond, digits: 1)) s each" : "\(FixedDecimal.text(perSecond, digits: 1))/s"
  }

  /// "42 s", "3:07" or "2:03:07".
  package static func duration(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    if whole < 60 { return "\(whole) s" }
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return hours > 0 ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
  }
}
