extension HTTPDate {
  /// Reads a date in any of the three forms a recipient has to know (RFC 9110 section 5.6.7): IMF-fixdate, the form of
  /// RFC 850 with its two-digit year, and that of C's `asctime`. The name of the day is not held against the date.
  ///
  /// - Returns: seconds since 1970-01-01T00:00:00Z; nil where the text is none of them or the date is before 1970.
  package static func secondsSinceEpoch(_ text: String) -> Int? {
    guard text.utf8.count <= 64 else { return nil }
    let parts = text.split(separator: " ").map(String.init)
    if parts.count == 6, parts[5] == "GMT", parts[0].hasSuffix(",") {
      return seconds(day: parts[1], month: parts[2], year: number(parts[3], digits: 4), clock: parts[4])
    }
    if parts.count == 4, parts[3] == "GMT", parts[0].hasSuffix(",") {
      let date = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      guard date.count == 3, let short = number(date[2], digits: 2) else { return nil }
      // Years look back rather than far ahead; no date before 1970 is of use here.
      return seconds(day: date[0], month: date[1], year: short < 70 ? 2_000 + short : 1_900 + short, clock: parts[2])
    }
    if parts.count == 5 {
      let day = parts[2].utf8.count == 1 ? "0" + parts[2] : parts[2]
      return seconds(day: day, month: parts[1], year: number(parts[4], digits: 4), clock: parts[3])
    }
    return nil
  }

  private static func seconds(day: String, month: String, year: Int?, clock: String) -> Int? {
    let time = clock.split(separator: ":", omittingEmptySubsequences: false).map { number(String($0), digits: 2) }
    guard let year, year >= 1_970, let day = number(day, digits: 2), let month = months.firstIndex(of: month),
      time.count == 3, let hours = time[0], let minutes = time[1], let seconds = time[2], hours < 24, minutes < 60,
      seconds <= 60, day >= 1, day <= days(inMonth: month, year: year)
    else { return nil }
    let before = (0..<month).reduce(0) { $0 + days(inMonth: $1, year: year) }
    let leapDays = leapDays(before: year) - leapDays(before: 1_970)
    let total = (year - 1_970) * 365 + leapDays + before + day - 1
    return total * 86_400 + hours * 3_600 + minutes * 60 + seconds
  }

  private static func leapDays(before year: Int) -> Int { (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 }

  /// - Parameter month: from 0.
  private static func days(inMonth month: Int, year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
  }

  private static func number(_ text: String, digits: Int) -> Int? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }
}
