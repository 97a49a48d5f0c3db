/// One dot for each pair of values: margin against length difference, or the scores of one build against another's.
package struct ScatterPlot: Plot {
  package struct Group: Sendable, Equatable {
    package var name: String
    package var points: [Point]

    package init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  package var labels: PlotLabels
  package var x: Axis
  package var y: Axis
  package var groups: [Group]
  /// The line where both values are equal.
  package var hasDiagonal: Bool
  package var references: [ReferenceLine]

  package init(
    _ labels: PlotLabels, x: Axis, y: Axis, groups: [Group], hasDiagonal: Bool = false,
    references: [ReferenceLine] = []
  ) {
    self.labels = labels
    self.x = x
    self.y = y
    self.groups = groups
    self.hasDiagonal = hasDiagonal
    self.references = references
  }

  package var table: DataTable {
    DataTable(
      columns: ["group", x.label, y.label],
      rows: groups.flatMap { group in
        group.points.map { [.text(group.name), .number($0.x), .number($0.y)] }
      })
  }

  package func draw() -> PlotDrawing {
    let points = groups.flatMap(\.points)
    var frame = PlotFrame(
      labels, x: x.fitted(to: points.map(\.x), count: 8), y: y.fitted(to: points.map(\.y) + references.map(\.value)),
      legend: groups.map(\.name), mark: .dot, references: references)
    if hasDiagonal, let across = frame.x {
      let (low, high) = (max(across.low, frame.y.low), min(across.high, frame.y.high))
      if low < high, let x1 = frame.place(x: low), let y1 = frame.place(y: low), let x2 = frame.place(x: high),
        let y2 = frame.place(y: high)
      {
        frame.canvas.line(x1, y1, x2, y2, "pr-reference")
      }
    }
    let radius = points.count > 400 ? 2.2 : 3.5
    for (number, group) in groups.enumerated() {
      for point in group.points {
        guard let x = frame.clamped(x: point.x), let y = frame.clamped(y: point.y) else { continue }
        frame.canvas.circle(x: x, y: y, radius: radius, "pr-dot pr-fill\(Palette.index(number))")
      }
    }
    frame.sayEmpty(!points.contains { frame.place(x: $0.x) != nil && frame.place(y: $0.y) != nil })
    return PlotDrawing(frame.canvas)
  }
}
