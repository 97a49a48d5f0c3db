/// Counts by two things at once, such as right and wrong in one order of the responses and in the other.
package struct ConfusionGrid: Plot {
  package var labels: PlotLabels
  package var rowLabel: String
  package var columnLabel: String
  package var rows: [String]
  package var columns: [String]
  /// By row, then by column.
  package var counts: [[Int]]

  /// - Precondition: `counts` has a row for each of `rows`, and each of them a count for each of `columns`.
  package init(
    _ labels: PlotLabels, rowLabel: String, rows: [String], columnLabel: String, columns: [String], counts: [[Int]]
  ) {
    precondition(
      counts.count == rows.count && counts.allSatisfy { $0.count == columns.count }, "counts do not fit their names")
    self.labels = labels
    self.rowLabel = rowLabel
    self.columnLabel = columnLabel
    self.rows = rows
    self.columns = columns
    self.counts = counts
  }

  private var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  package var table: DataTable {
    let total = total
    return DataTable(
      columns: [rowLabel, columnLabel, "count", "share"],
      rows: rows.enumerated().flatMap { row, name in
        columns.enumerated().map { column, other in
          let count = counts[row][column]
          return [
            .text(name), .text(other), .count(count), total > 0 ? .rate(Double(count) / Double(total)) : .empty,
          ]
        }
      })
  }

  package func draw() -> PlotDrawing {
    let (cellWidth, cellHeight) = (min(150, 440 / Double(max(columns.count, 1))), 74.0)
    let left = 52 + min(rows.map(Canvas.width).max() ?? 0, 170)
    let top = 82.0
    var canvas = Canvas(height: top + cellHeight * Double(rows.count) + 20)
    canvas.text(labels.title, x: 12, y: 24, "pr-ink pr-title")
    let total = total
    canvas.text(columnLabel, x: left + cellWidth * Double(columns.count) / 2, y: 50, "pr-muted", anchor: .middle)
    for (column, name) in columns.enumerated() {
      let middle = left + (Double(column) + 0.5) * cellWidth
      canvas.text(Canvas.cut(name, to: cellWidth - 6), x: middle, y: 70, anchor: .middle)
    }
    canvas.text(
      rowLabel, x: 18, y: top + cellHeight * Double(rows.count) / 2, "pr-muted", anchor: .middle, turned: -90)
    for (row, name) in rows.enumerated() {
      let y = top + Double(row) * cellHeight
      canvas.text(Canvas.cut(name, to: 170), x: left - 10, y: y + cellHeight / 2 + 4, anchor: .end)
      for column in columns.indices {
        let count = counts[row][column]
        let share = total > 0 ? Double(count) / Double(total) : 0
        let x = left + Double(column) * cellWidth
        canvas.rectangle(
          x: x + 1, y: y + 1, width: cellWidth - 2, height: cellHeight - 2, "pr-fill0", opacity: 0.06 + 0.5 * share,
          note: "\(name), \(columns[column]): \(count)")
        canvas.text("\(count)", x: x + cellWidth / 2, y: y + cellHeight / 2 - 2, "pr-ink pr-title", anchor: .middle)
        canvas.text(
          total > 0 ? NumberText.percent(share) : "–", x: x + cellWidth / 2, y: y + cellHeight / 2 + 17,
          "pr-ink pr-small", anchor: .middle)
      }
    }
    return PlotDrawing(canvas)
  }
}
