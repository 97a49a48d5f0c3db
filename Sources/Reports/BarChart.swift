/// Bars by category, one or several beside each other, with intervals and levels to compare with.
package struct BarChart: Plot {
  package struct Series: Sendable, Equatable {
    package var name: String
    /// One for each category; nil where there is none.
    package var bars: [Estimate?]

    package init(_ name: String, _ bars: [Estimate?]) {
      self.name = name
      self.bars = bars
    }
  }

  package var labels: PlotLabels
  package var categoryLabel: String
  package var categories: [String]
  package var series: [Series]
  package var y: Axis
  package var references: [ReferenceLine]

  /// - Precondition: every series has as many bars as there are categories.
  package init(
    _ labels: PlotLabels, categoryLabel: String, categories: [String], series: [Series],
    y: Axis = .rate("accuracy"), references: [ReferenceLine] = []
  ) {
    precondition(series.allSatisfy { $0.bars.count == categories.count }, "a series has not a bar for each category")
    self.labels = labels
    self.categoryLabel = categoryLabel
    self.categories = categories
    self.series = series
    self.y = y
    self.references = references
  }

  /// Where no category has bars of two series, none needs to stand aside: series are then colours only, such as a model
  /// among its floors.
  private var isSparse: Bool {
    categories.indices.allSatisfy { index in series.count { $0.bars[index] != nil } <= 1 }
  }

  package var table: DataTable {
    var table = DataTable(columns: [categoryLabel, "series", "value", "low", "high", "n"])
    for (index, category) in categories.enumerated() {
      for one in series {
        let bar = one.bars[index]
        table.append([
          .text(category), .text(one.name), .number(bar?.value), .number(bar?.low), .number(bar?.high),
          bar?.n.map { .count($0) } ?? .empty,
        ])
      }
    }
    for line in references {
      table.append([.text("(level)"), .text(line.name), .number(line.value), .empty, .empty, .empty])
    }
    return table
  }

  package func draw() -> PlotDrawing {
    let all = series.flatMap { $0.bars.compactMap { $0 } }
    let values = all.flatMap { [$0.value, $0.low, $0.high].compactMap { $0 } } + references.map(\.value) + [0]
    let widest = categories.map { Canvas.width(of: $0) }.max() ?? 0
    let isTurned = widest > 600 / Double(max(categories.count, 1)) - 6
    let turnedHeight = min(widest, 190) * 0.6 + 12
    var frame = PlotFrame(
      labels, x: nil, y: y.fitted(to: values), legend: series.map(\.name), references: references,
      below: isTurned ? 30 + turnedHeight : 48,
      height: isTurned ? PlotFrame.height + turnedHeight / 2 : PlotFrame.height
    )
    let slot = (frame.right - frame.left) / Double(max(categories.count, 1))
    let places = isSparse ? 1 : Double(max(series.count, 1))
    let group = min(slot * 0.72, 64 * places)
    let width = group / places
    for (index, category) in categories.enumerated() {
      let middle = frame.left + (Double(index) + 0.5) * slot
      if isTurned {
        frame.canvas.text(
          Canvas.cut(category, to: 190), x: middle + 4, y: frame.bottom + 16, "pr-muted", anchor: .end, turned: -36)
      } else {
        frame.canvas.text(category, x: middle, y: frame.bottom + 18, "pr-muted", anchor: .middle)
      }
      for (number, one) in series.enumerated() {
        guard let bar = one.bars[index] else { continue }
        let left = middle - group / 2 + (isSparse ? 0 : Double(number) * width)
        draw(bar, at: left, width: width, series: number, note: "\(category), \(one.name)", on: &frame)
      }
    }
    frame.canvas.text(
      categoryLabel, x: (frame.left + frame.right) / 2, y: frame.canvas.height - 8, "pr-muted", anchor: .middle)
    frame.sayEmpty(!all.contains { $0.value.isFinite })
    return PlotDrawing(frame.canvas)
  }

  private func draw(
    _ bar: Estimate, at left: Double, width: Double, series: Int, note: String, on frame: inout PlotFrame
  ) {
    let base = frame.clamped(y: y.scale == .linear ? 0 : frame.y.low) ?? frame.bottom
    guard let end = frame.clamped(y: bar.value) else { return }
    var note = "\(note): \(frame.text(y: bar.value))"
    if let (low, high) = bar.interval { note += " (\(frame.text(y: low)) to \(frame.text(y: high)))" }
    if let n = bar.n { note += ", n = \(n)" }
    frame.canvas.rectangle(
      x: left + width * 0.05, y: min(base, end), width: width * 0.9, height: abs(base - end),
      "pr-bar pr-fill\(Palette.index(series))", note: note)
    var top = min(base, end)
    if let (low, high) = bar.interval {
      frame.whisker(x: left + width / 2, low: low, high: high)
      top = min(top, frame.clamped(y: high) ?? top)
    }
    guard width > 34 else { return }
    frame.canvas.text(
      frame.text(y: bar.value), x: left + width / 2, y: max(top - 5, frame.top - 2), "pr-ink pr-small pr-halo",
      anchor: .middle)
  }
}
