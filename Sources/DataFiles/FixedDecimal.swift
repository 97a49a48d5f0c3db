/// Numbers with a fixed count of decimals, the same in every locale.
package enum FixedDecimal {
  /// The number rounded to `digits` decimals; one too large to be rounded exactly comes in full.
  package static func text(_ value: Double, digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let whole = Int(scaled)
    let unit = Int(scale)
    let fraction = String(whole % unit)
    let sign = value < 0 && whole > 0 ? "-" : ""
    let padding = String(repeating: "0", count: digits - min(digits, fraction.count))
    return "\(sign)\(whole / unit)" + (digits > 0 ? ".\(padding)\(fraction)" : "")
  }
}
