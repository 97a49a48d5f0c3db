/// Writes the Prometheus text format 0.0.4.
struct Exposition {
  private(set) var text = ""
  private let constantLabels: [(name: String, value: String)]

  init(constantLabels: [(name: String, value: String)]) { self.constantLabels = constantLabels }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
  static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: ":"): true
      default: false
      }
    }
  }

  mutating func family(_ name: String, kind: String, help: String) {
    text += "# HELP \(name) \(Exposition.escaped(help, quotes: false))\n# TYPE \(name) \(kind)\n"
  }

  mutating func sample(_ name: String, _ labels: [String], _ values: [String], _ value: Double) {
    let pairs = constantLabels + zip(labels, values).map { (name: $0, value: $1) }
    line(name, pairs, value)
  }

  mutating func histogram(_ name: String, _ labels: [String], _ values: [String], _ histogram: Histogram) {
    let pairs = constantLabels + zip(labels, values).map { (name: $0, value: $1) }
    let (cumulative, sum) = histogram.snapshot
    for (bound, count) in zip(histogram.bounds + [.infinity], cumulative) {
      line(name + "_bucket", pairs + [(name: "le", value: Exposition.number(bound))], Double(count))
    }
    line(name + "_sum", pairs, sum)
    line(name + "_count", pairs, Double(cumulative.last ?? 0))
  }

  private mutating func line(_ name: String, _ pairs: [(name: String, value: String)], _ value: Double) {
    text += name
    if !pairs.isEmpty {
      let list = pairs.map { "\($0.name)=\"\(Exposition.escaped($0.value, quotes: true))\"" }
      text += "{" + list.joined(separator: ",") + "}"
    }
    text += " \(Exposition.number(value))\n"
  }

  /// Whole numbers without fraction, as other exporters write them.
  static func number(_ value: Double) -> String {
    if value == .infinity { return "+Inf" }
    if value == -.infinity { return "-Inf" }
    if value.isNaN { return "NaN" }
    if let whole = Int(exactly: value) { return String(whole) }
    return String(value)
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
      case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
      case "\"" where quotes: escaped.append(contentsOf: "\\\"".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
