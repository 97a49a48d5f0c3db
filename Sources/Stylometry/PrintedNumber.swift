/// Numbers as they are printed in evidence, criteria and evaluation: ASCII, few decimals, no zeros behind them (a
/// tokenizer of single digits makes three tokens of "0.0"), never "-0".
///
/// A printed number is the true value rounded half away from zero, so whoever measures again can tell a true number
/// from an invented one.
package enum PrintedNumber {
  /// Larger values are printed as this, so that a text of a million words in one sentence does not fill the prompt.
  package static let largest = 99999.0

  /// The value rounded to at most so many decimals.
  ///
  /// - Parameter decimals: 0-3.
  /// - Precondition: `value` is finite.
  package static func text(_ value: Double, decimals: Int) -> String {
    var text = fixed(value, decimals: decimals)
    guard decimals > 0 else { return text }
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }

  /// Whether `printed` is a true statement of `value`: the value rounded to as many decimals as `printed` has.
  ///
  /// Fewer decimals than are shown are accepted, since a writer may say "about 21 commas" of 21.3, and so are zeros
  /// behind the point; more decimals claim what was not shown, and are refused.
  package static func agrees(_ printed: some StringProtocol, with value: Double, decimals: Int) -> Bool {
    let parts = printed.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let written = parts.count == 2 ? parts[1].utf8.count : 0
    guard written <= decimals, parts.count == 1 || written > 0 else { return false }
    return String(printed) == fixed(value, decimals: written)
  }

  private static let scales = [1, 10, 100, 1000]

  /// The printed number as a count of its last decimal, without its sign.
  fileprivate static func units(_ value: Double, _ decimals: Int) -> Int {
    precondition(value.isFinite && (0...3).contains(decimals), "a finite value and 0 to 3 decimals")
    return Int((min(abs(value), largest) * Double(scales[decimals])).rounded(.toNearestOrAwayFromZero))
  }

  private static func fixed(_ value: Double, decimals: Int) -> String {
    let units = units(value, decimals)
    let scale = scales[decimals]
    let sign = value < 0 && units > 0 ? "-" : ""
    if decimals == 0 { return sign + String(units) }
    let fraction = String(units % scale)
    return sign + String(units / scale) + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }
}

extension StyleFeature {
  /// The value as it is printed everywhere, without its unit.
  package func printed(_ value: Double) -> String { PrintedNumber.text(value, decimals: decimals) }

  /// Whether one value is nearer to a third than another is, by the numbers as they are printed.
  package func isNearer(_ one: Double, than other: Double, to center: Double) -> Bool {
    let decimals = decimals
    let (one, other) = (PrintedNumber.units(one, decimals), PrintedNumber.units(other, decimals))
    let center = PrintedNumber.units(center, decimals)
    return abs(one - center) < abs(other - center)
  }

  /// Whether `printed` is a true statement of `value`.
  package func agrees(_ printed: some StringProtocol, with value: Double) -> Bool {
    PrintedNumber.agrees(printed, with: value, decimals: decimals)
  }
}
