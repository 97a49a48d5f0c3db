/// Whether stated probabilities come true: for each bin, how often it did against what was said, over the spread of
/// what was said.
package struct ReliabilityDiagram: Plot {
  package struct Bin: Sendable, Equatable {
    package var low: Double
    package var high: Double
    /// Mean of the stated probabilities in the bin; nil where it is empty.
    package var stated: Double?
    /// Share that came true, with an interval; nil where it is empty.
    package var observed: Estimate?
    package var count: Int

    package init(low: Double, high: Double, stated: Double?, observed: Estimate?, count: Int) {
      self.low = low
      self.high = high
      self.stated = stated
      self.observed = observed
      self.count = count
    }
  }

  package struct Series: Sendable, Equatable {
    package var name: String
    package var bins: [Bin]

    package init(_ name: String, _ bins: [Bin]) {
      self.name = name
      self.bins = bins
    }
  }

  package var labels: PlotLabels
  package var series: [Series]

  package init(_ labels: PlotLabels, series: [Series]) {
    self.labels = labels
    self.series = series
  }

  package var table: DataTable {
    DataTable(
      columns: ["series", "from", "to", "stated", "observed", "low", "high", "count"],
      rows: series.flatMap { one in
        one.bins.map { bin in
          [
            .text(one.name), .number(bin.low), .number(bin.high), .rate(bin.stated), .rate(bin.observed?.value),
            .rate(bin.observed?.low), .rate(bin.observed?.high), .count(bin.count),
          ]
        }
      })
  }

  package func draw() -> PlotDrawing {
    var frame = PlotFrame(
      labels, x: Axis.rate("stated probability").fitted(to: []), y: Axis.rate("share that came true").fitted(to: []),
      legend: series.map(\.name), mark: .line, height: 480)
    drawCounts(on: &frame)
    frame.canvas.line(frame.left, frame.bottom, frame.right, frame.top, "pr-reference")
    for (number, one) in series.enumerated() {
      let colour = Palette.index(number)
      var places: [(x: Double, y: Double)] = []
      for bin in one.bins {
        guard let stated = bin.stated, let observed = bin.observed, let x = frame.clamped(x: stated),
          let y = frame.clamped(y: observed.value)
        else { continue }
        places.append((x, y))
        if let (low, high) = observed.interval { frame.whisker(x: x, low: low, high: high) }
        let note = "\(one.name): stated \(NumberText.percent(stated)), true \(NumberText.percent(observed.value)),"
        frame.canvas.circle(x: x, y: y, radius: 4.5, "pr-fill\(colour)", note: "\(note) n = \(bin.count)")
      }
      frame.canvas.path(places, "pr-curve pr-line\(colour)", dash: Palette.dashes[colour])
    }
    frame.sayEmpty(!series.contains { $0.bins.contains { $0.stated != nil && $0.observed != nil } })
    return PlotDrawing(frame.canvas)
  }

  /// How many there are in each bin, as pale bars in the lowest fifth.
  private func drawCounts(on frame: inout PlotFrame) {
    let most = Double(series.flatMap { $0.bins.map(\.count) }.max() ?? 0)
    guard most > 0 else { return }
    let height = (frame.bottom - frame.top) / 5
    for (number, one) in series.enumerated() {
      for bin in one.bins {
        guard let left = frame.clamped(x: bin.low), let right = frame.clamped(x: bin.high) else { continue }
        let width = (right - left) / Double(series.count)
        let bar = height * Double(bin.count) / most
        frame.canvas.rectangle(
          x: left + Double(number) * width + 1, y: frame.bottom - bar, width: width - 2, height: bar,
          "pr-fill\(Palette.index(number))", opacity: 0.22, note: "\(one.name): n = \(bin.count)")
      }
    }
  }
}
