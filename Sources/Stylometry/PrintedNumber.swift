private import Glibc

/// Numbers as they are printed in evidence, criteria and evaluation: fixed decimals, ASCII, never "-0.0".
///
/// A printed number is the true value rounded half away from zero, so whoever measures again can tell a true number
/// from an invented one.
package enum PrintedNumber {
  /// Larger values are printed as this, so that a text of a million words in one sentence does not fill the prompt.
  package static let largest = 99999.0

  /// - Parameter decimals: 0-3.
  /// - Precondition: `value` is finite.
  package static func text(_ value: Double, decimals: Int) -> String {
    precondition(value.isFinite && (0...3).contains(decimals), "a finite value and 0 to 3 decimals")
    let scale = [1, 10, 100, 1000][decimals]
    let units = Int((min(abs(value), largest) * Double(scale)).rounded(.toNearestOrAwayFromZero))
    let sign = value < 0 && units > 0 ? "-" : ""
    if decimals == 0 { return sign + String(units) }
    let fraction = String(units % scale)
    return sign + String(units / scale) + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// Whether `printed` is what `value` prints as.
  ///
  /// Numbers with fewer decimals are accepted if they are the value rounded to these, since a writer may say "about 21
  /// words" of 21.3; numbers with more decimals claim what was not shown, and are refused.
  package static func agrees(_ printed: some StringProtocol, with value: Double, decimals: Int) -> Bool {
    let parts = printed.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let written = parts.count == 2 ? parts[1].utf8.count : 0
    guard written <= decimals, parts.count == 1 || written > 0 else { return false }
    return String(printed) == text(value, decimals: written)
  }
}

extension StyleFeature {
  /// The value as it is printed everywhere, without its unit.
  package func printed(_ value: Double) -> String { PrintedNumber.text(value, decimals: decimals) }

  /// Whether `printed` is a true statement of `value`.
  package func agrees(_ printed: some StringProtocol, with value: Double) -> Bool {
    PrintedNumber.agrees(printed, with: value, decimals: decimals)
  }
}
