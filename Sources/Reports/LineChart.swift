/// Lines over an axis of numbers, with bands: accuracy by the number of exemplars, or a curve of many thousand points.
package struct LineChart: Plot {
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Estimate

    package init(_ x: Double, _ y: Estimate) {
      self.x = x
      self.y = y
    }
  }

  package struct Series: Sendable, Equatable {
    package var name: String
    /// By rising x.
    package var points: [Point]
    /// Drawn thin and pale, without a legend, in the colour of the next series that is not: what that one is the smooth
    /// course of.
    package var isFaint: Bool

    package init(_ name: String, _ points: [Point], isFaint: Bool = false) {
      self.name = name
      self.points = points
      self.isFaint = isFaint
    }

    /// Values without intervals.
    package init(_ name: String, x: [Double], y: [Double], isFaint: Bool = false) {
      self.init(name, zip(x, y).map { Point($0, Estimate($1)) }, isFaint: isFaint)
    }
  }

  package var labels: PlotLabels
  package var x: Axis
  package var y: Axis
  package var series: [Series]
  package var references: [ReferenceLine]

  package init(
    _ labels: PlotLabels, x: Axis, y: Axis, series: [Series], references: [ReferenceLine] = []
  ) {
    self.labels = labels
    self.x = x
    self.y = y
    self.series = series
    self.references = references
  }

  package var table: DataTable {
    var table = DataTable(columns: ["series", x.label, y.label, "low", "high", "n"])
    for one in series {
      for point in one.points {
        table.append([
          .text(one.name), .number(point.x), .number(point.y.value), .number(point.y.low), .number(point.y.high),
          point.y.n.map { .count($0) } ?? .empty,
        ])
      }
    }
    for line in references {
      table.append([.text(line.name), .empty, .number(line.value), .empty, .empty, .empty])
    }
    return table
  }

  package func draw() -> PlotDrawing {
    let points = series.flatMap(\.points)
    let heights = points.flatMap { [$0.y.value, $0.y.low, $0.y.high].compactMap { $0 } } + references.map(\.value)
    var frame = PlotFrame(
      labels, x: x.fitted(to: points.map(\.x), count: 8), y: y.fitted(to: heights),
      legend: series.filter { !$0.isFaint }.map(\.name),
      mark: .line, references: references)
    for (one, colour) in zip(series, colours) { drawBand(one, colour, on: &frame) }
    for (one, colour) in zip(series, colours) where one.isFaint { drawLine(one, colour, on: &frame) }
    for (one, colour) in zip(series, colours) where !one.isFaint { drawLine(one, colour, on: &frame) }
    frame.sayEmpty(!points.contains { frame.place(x: $0.x) != nil && frame.place(y: $0.y.value) != nil })
    return PlotDrawing(frame.canvas)
  }

  /// Colours go by the legend, in which faint series have no place.
  private var colours: [Int] {
    var next = 0
    return series.map { one in
      defer { if !one.isFaint { next += 1 } }
      return Palette.index(next)
    }
  }

  /// More points than this are thinned: two for each pixel across, the lowest and the highest, so no peak is lost.
  static let pointsMax = 1200

  private func drawBand(_ one: Series, _ colour: Int, on frame: inout PlotFrame) {
    for run in runs(one, on: frame, usable: { $0.y.interval != nil }) {
      let thinned =
        run.count > Self.pointsMax ? stride(from: 0, to: run.count, by: run.count / 600).map { run[$0] } : run
      let upper = thinned.compactMap { point in corner(point, point.y.high, frame) }
      let lower = thinned.compactMap { point in corner(point, point.y.low, frame) }
      frame.canvas.path(upper + lower.reversed(), closed: true, "pr-band pr-fill\(colour)")
    }
  }

  private func corner(_ point: Point, _ height: Double?, _ frame: PlotFrame) -> (x: Double, y: Double)? {
    guard let x = frame.clamped(x: point.x), let height, let y = frame.clamped(y: height) else { return nil }
    return (x, y)
  }

  private func drawLine(_ one: Series, _ colour: Int, on frame: inout PlotFrame) {
    let runs = runs(one, on: frame, usable: { _ in true })
    let hasDots = one.points.count <= 40 && !one.isFaint
    for run in runs {
      let corners = run.compactMap { corner($0, $0.y.value, frame) }
      let style = one.isFaint ? "pr-faint" : "pr-curve"
      frame.canvas.path(
        Self.thinned(corners), "\(style) pr-line\(colour)", dash: one.isFaint ? "" : Palette.dashes[colour])
      guard hasDots || run.count == 1 else { continue }
      for (point, place) in zip(run, corners) {
        var note = "\(one.name): \(NumberText.short(point.x)), \(frame.text(y: point.y.value))"
        if let n = point.y.n { note += ", n = \(n)" }
        if let (low, high) = point.y.interval { frame.whisker(x: place.x, low: low, high: high) }
        frame.canvas.circle(x: place.x, y: place.y, radius: hasDots ? 4 : 2, "pr-fill\(colour)", note: note)
      }
    }
  }

  /// The points without a gap between them.
  private func runs(_ one: Series, on frame: PlotFrame, usable: (Point) -> Bool) -> [[Point]] {
    var runs: [[Point]] = [[]]
    for point in one.points {
      if usable(point), frame.place(x: point.x) != nil, frame.place(y: point.y.value) != nil {
        runs[runs.count - 1].append(point)
      } else if !runs[runs.count - 1].isEmpty {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }

  /// At most `pointsMax` points: of each of as many equal parts as half of that, the lowest and the highest.
  static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard points.count > pointsMax else { return points }
    let parts = pointsMax / 2
    return (0..<parts).flatMap { part -> [(x: Double, y: Double)] in
      let bounds = part * points.count / parts..<(part + 1) * points.count / parts
      guard let low = bounds.min(by: { points[$0].y < points[$1].y }),
        let high = bounds.max(by: { points[$0].y < points[$1].y })
      else { return [] }
      return low == high ? [points[low]] : [points[min(low, high)], points[max(low, high)]]
    }
  }
}
