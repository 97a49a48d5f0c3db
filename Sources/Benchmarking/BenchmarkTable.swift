/// Numbers for people, the same in every locale.
enum Quantity {
  /// A number with about four digits that count.
  static func text(_ value: Double) -> String {
    let size = abs(value)
    if size >= 1000 || value == value.rounded() && size >= 100 { return fixed(value, digits: 0) }
    return fixed(value, digits: size >= 100 ? 1 : size >= 10 ? 2 : 3)
  }

  /// A number with a fixed count of decimals.
  static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let padding = String(repeating: "0", count: digits - min(digits, fraction.count))
    return "\(sign)\(scaled / scale)" + (digits > 0 ? ".\(padding)\(fraction)" : "")
  }
}

extension BenchmarkRecord {
  /// The record as a table in plain text: where and with what, then a line for each row.
  package var table: String {
    var lines = [
      "persrm \(origin.version) (\(origin.commit)), \(origin.date)",
      [origin.model, origin.precision, origin.threads.map { "threads \($0)" }].compactMap { $0 }
        .joined(separator: ", "), origin.machine.text, "",
    ]
    if kind == .profile { return (lines + profileLines).joined(separator: "\n") }
    let header = ["\(kind.rawValue)", "median", "unit", "min", "max", "p99", "n", "of limit", ""]
    let cells = rows.map { row in
      [
        row.name, Quantity.text(row.median), row.unit, Quantity.text(row.minimum), Quantity.text(row.maximum),
        Quantity.text(row.p99), "\(row.repeats)",
        row.limitShare.map { "\(Quantity.fixed(100 * $0, digits: 0)) % \(row.limit ?? "")" } ?? "", row.note ?? "",
      ]
    }
    lines += Self.aligned(header, cells, isNumber: [false, true, false, true, true, true, true, false, false])
    return lines.joined(separator: "\n")
  }

  /// Columns as wide as their widest cell, numbers to the right.
  static func aligned(_ header: [String], _ cells: [[String]], isNumber: [Bool]) -> [String] {
    let widths = header.indices.map { column in ([header] + cells).map { $0[column].count }.max() ?? 0 }
    return ([header] + cells).map { line in
      let padded = line.indices.map { column -> String in
        let padding = String(repeating: " ", count: widths[column] - line[column].count)
        return isNumber[column] ? padding + line[column] : line[column] + padding
      }
      return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }
}
