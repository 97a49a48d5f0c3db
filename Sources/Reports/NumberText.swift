private import Glibc

/// Numbers for people, the same in every locale, and numbers for programs.
package enum NumberText {
  /// A number with a fixed count of decimals, such as "0.50"; "–" for what is not a number.
  package static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return "–" }
    let scale = pow(10, Double(digits))
    guard abs(value) * scale < 9e15 else { return "\(value)" }
    let scaled = Int((abs(value) * scale).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(scaled)" }
    let unit = Int(scale)
    let fraction = String(scaled % unit)
    return "\(sign)\(scaled / unit)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// A fraction of 1 as per cent, such as "81.3 %"; "–" for what is not a number.
  package static func percent(_ value: Double, digits: Int = 1) -> String {
    value.isFinite ? "\(fixed(100 * value, digits: digits)) %" : "–"
  }

  /// A number with about `digits` digits that count, without trailing zeros.
  package static func short(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return "–" }
    if value == 0 { return "0" }
    let magnitude = Int(floor(log10(abs(value))))
    if magnitude >= 7 || magnitude < -4 {
      let mantissa = trimmed(fixed(value / pow(10, Double(magnitude)), digits: max(digits - 1, 0)))
      return "\(mantissa)e\(magnitude)"
    }
    return trimmed(fixed(value, digits: max(0, digits - 1 - magnitude)))
  }

  /// The shortest text that reads back as the same number, without ".0"; empty for what is not a number.
  package static func exact(_ value: Double) -> String {
    guard value.isFinite else { return "" }
    if let whole = Int64(exactly: value), abs(value) < 1e15 { return "\(whole)" }
    return "\(value)"
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
