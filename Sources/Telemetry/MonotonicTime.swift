private import Glibc

/// An instant of the monotonic clock: for intervals and deadlines, never for dates.
package struct MonotonicTime: Comparable, Hashable, Sendable {
  /// Since an arbitrary point, the same for the whole life of the machine.
  package let nanoseconds: UInt64

  package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  package static func now() -> MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Seconds from `earlier` to this instant; negative when `earlier` is later.
  package func seconds(since earlier: MonotonicTime) -> Double {
    nanoseconds >= earlier.nanoseconds
      ? Double(nanoseconds - earlier.nanoseconds) / 1e9 : -Double(earlier.nanoseconds - nanoseconds) / 1e9
  }

  /// This instant and `seconds` more; stops at the end of time instead of overflowing.
  ///
  /// - Parameter seconds: not negative, not NaN.
  package func advanced(bySeconds seconds: Double) -> MonotonicTime {
    let step = UInt64(min(max(seconds, 0) * 1e9, 9e18))
    let (sum, overflowed) = nanoseconds.addingReportingOverflow(step)
    return MonotonicTime(nanoseconds: overflowed ? .max : sum)
  }
}

/// The wall clock, for what people and other programs read.
package struct WallTime: Sendable, Hashable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  package let milliseconds: Int

  package init(milliseconds: Int) { self.milliseconds = milliseconds }

  package static func now() -> WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(milliseconds: time.tv_sec * 1_000 + time.tv_nsec / 1_000_000)
  }

  package var seconds: Int { milliseconds / 1_000 }

  /// RFC 3339 in UTC with milliseconds, as "2026-01-31T09:05:00.007Z".
  package var rfc3339: String {
    var parts = tm()
    var time = time_t(milliseconds / 1_000)
    gmtime_r(&time, &parts)
    func padded(_ number: some BinaryInteger, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
    let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
    return "\(date)T\(clock).\(padded(milliseconds % 1_000, 3))Z"
  }
}
