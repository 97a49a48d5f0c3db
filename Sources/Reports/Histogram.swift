/// How values spread, several series over each other, each as shares of its own count.
package struct Histogram: Plot {
  package struct Series: Sendable, Equatable {
    package var name: String
    package var values: [Double]

    package init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  package var labels: PlotLabels
  package var x: Axis
  package var series: [Series]
  /// Equal parts of the range of x.
  package let bins: Int

  /// - Parameter x: linear; values beyond a range it gives count into the bin at that end.
  /// - Precondition: `bins` > 0 and `x` is linear.
  package init(_ labels: PlotLabels, x: Axis, series: [Series], bins: Int = 20) {
    precondition(bins > 0, "a histogram has at least one bin")
    precondition(x.scale == .linear, "a histogram's axis is linear")
    self.labels = labels
    self.x = x
    self.series = series
    self.bins = bins
  }

  private var fitted: Axis.Fitted { x.fitted(to: series.flatMap(\.values), count: 8) }

  /// Counts by series and bin; what is not a number is in none.
  private func counts(_ axis: Axis.Fitted) -> [[Int]] {
    series.map { one in
      var counts = Array(repeating: 0, count: bins)
      for value in one.values {
        guard let fraction = axis.fraction(value) else { continue }
        counts[Int(min(max(fraction * Double(bins), 0), Double(bins - 1)))] += 1
      }
      return counts
    }
  }

  package var table: DataTable {
    let axis = fitted
    let counts = counts(axis)
    var table = DataTable(columns: ["series", "from", "to", "count", "share"])
    let width = (axis.high - axis.low) / Double(bins)
    for (one, counts) in zip(series, counts) {
      let total = counts.reduce(0, +)
      for (bin, count) in counts.enumerated() {
        let from = axis.low + Double(bin) * width
        table.append([
          .text(one.name), .number(from), .number(from + width), .count(count),
          total > 0 ? .rate(Double(count) / Double(total)) : .empty,
        ])
      }
    }
    return table
  }

  package func draw() -> PlotDrawing {
    let axis = fitted
    let shares = counts(axis).map { counts in
      let total = Double(max(counts.reduce(0, +), 1))
      return counts.map { Double($0) / total }
    }
    let y = Axis("share of values", format: .percent).fitted(to: shares.flatMap { $0 } + [0])
    var frame = PlotFrame(labels, x: axis, y: y, legend: series.map(\.name))
    let width = (frame.right - frame.left) / Double(bins)
    for (number, shares) in shares.enumerated() {
      let colour = Palette.index(number)
      var outline: [(x: Double, y: Double)] = [(frame.left, frame.bottom)]
      for (bin, share) in shares.enumerated() {
        let height = frame.place(y: share) ?? frame.bottom
        let left = frame.left + Double(bin) * width
        outline += [(left, height), (left + width, height)]
      }
      outline.append((frame.right, frame.bottom))
      frame.canvas.path(outline, closed: true, "pr-overlay pr-fill\(colour) pr-line\(colour)")
    }
    frame.sayEmpty(!series.contains { $0.values.contains(where: \.isFinite) })
    return PlotDrawing(frame.canvas)
  }
}
