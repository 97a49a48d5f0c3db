/// Rows and columns: shown as a table, written as CSV.
package struct DataTable: Sendable, Equatable {
  package enum Cell: Sendable, Equatable {
    case text(String)
    /// Shown with this many decimals; nil: as many as it needs. Not finite: an empty cell.
    case number(Double, digits: Int? = nil)
    case count(Int)
    /// A fraction of 1, shown as per cent, written as it is.
    case rate(Double)
    case empty

    /// An empty cell for nil.
    package static func number(_ value: Double?, digits: Int? = nil) -> Cell {
      value.map { .number($0, digits: digits) } ?? .empty
    }
    /// An empty cell for nil.
    package static func rate(_ value: Double?) -> Cell { value.map { .rate($0) } ?? .empty }

    var isNumeric: Bool { if case .text = self { false } else { true } }

    /// For people.
    var shown: String {
      switch self {
      case .text(let text): text
      case .number(let value, let digits?): NumberText.fixed(value, digits: digits)
      case .number(let value, nil): NumberText.short(value, digits: 4)
      case .count(let count): "\(count)"
      case .rate(let value): NumberText.percent(value)
      case .empty: "–"
      }
    }

    /// For programs.
    var written: String {
      switch self {
      case .text(let text): text
      case .number(let value, _), .rate(let value): NumberText.exact(value)
      case .count(let count): "\(count)"
      case .empty: ""
      }
    }
  }

  package var columns: [String]
  /// Each as long as `columns`.
  package private(set) var rows: [[Cell]]

  /// - Precondition: every row has a cell for every column.
  package init(columns: [String], rows: [[Cell]] = []) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row has not the columns of its table")
    self.columns = columns
    self.rows = rows
  }

  /// - Precondition: the row has a cell for every column.
  package mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "a row has not the columns of its table")
    rows.append(row)
  }

  /// RFC 4180, but with a line feed alone at line ends; names in the first line.
  package var csv: String {
    ([columns] + rows.map { $0.map(\.written) })
      .map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func quoted(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { "\",\n\r".unicodeScalars.contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// Columns of which every filled cell is a number are set to the right.
  var isNumeric: [Bool] {
    columns.indices.map { column in
      let cells = rows.map { $0[column] }
      return cells.allSatisfy(\.isNumeric) && cells.contains { $0 != .empty }
    }
  }

  /// The table as text of fixed width, for a terminal; numbers to the right, no spaces at line ends.
  package var plainText: String {
    let cells = [columns] + rows.map { $0.map { Self.oneLine($0.shown) } }
    let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let numeric = isNumeric
    return cells.map { line in
      var text = ""
      for (column, cell) in line.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        text += (column > 0 ? "  " : "") + (numeric[column] ? padding + cell : cell + padding)
      }
      while text.hasSuffix(" ") { text.removeLast() }
      return text + "\n"
    }.joined()
  }

  /// Control characters could move the terminal's cursor, so they become spaces.
  private static func oneLine(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      result.unicodeScalars.append(isControl ? " " : scalar)
    }
    return result
  }

  /// - Parameter rowsMax: longer tables end with a line that says how many rows are left out.
  func html(caption: String?, rowsMax: Int = .max) -> String {
    let numeric = isNumeric
    func row(_ tag: String, _ cells: [String]) -> String {
      cells.enumerated().map { column, cell in
        let scope = tag == "th" ? " scope=\"col\"" : ""
        return "<\(tag)\(scope)\(numeric[column] ? " class=\"n\"" : "")>\(Markup.escaped(cell))</\(tag)>"
      }.joined()
    }
    var html = "<div class=\"scroll\"><table>\n"
    if let caption { html += "<caption>\(Markup.escaped(caption))</caption>\n" }
    html += "<thead><tr>\(row("th", columns))</tr></thead>\n<tbody>\n"
    for cells in rows.prefix(rowsMax) { html += "<tr>\(row("td", cells.map(\.shown)))</tr>\n" }
    if rows.count > rowsMax {
      html += "<tr><td colspan=\"\(columns.count)\">\(rows.count - rowsMax) more rows in the CSV file</td></tr>\n"
    }
    return html + "</tbody></table></div>\n"
  }
}
