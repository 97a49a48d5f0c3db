/// The paper of a plot: title, legend, axes and grid, and where a pair of values stands between them.
struct PlotFrame {
  /// What the legend shows beside a name.
  enum Mark {
    case box
    case line
    case dot
  }

  var canvas: Canvas
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double
  let x: Axis.Fitted?
  let y: Axis.Fitted

  static let height = 400.0

  /// Draws everything but the data.
  ///
  /// - Parameters:
  ///   - x: nil where the caller writes below the axis itself.
  ///   - legend: names of the series; none is drawn for fewer than two.
  ///   - references: levels across the plot.
  ///   - below: room for what stands below the axis.
  init(
    _ labels: PlotLabels, x: Axis.Fitted?, y: Axis.Fitted, legend: [String] = [], mark: Mark = .box,
    references: [ReferenceLine] = [], below: Double = 48, height: Double = PlotFrame.height
  ) {
    canvas = Canvas(height: height)
    self.x = x
    self.y = y
    let lines = references.filter { y.fraction($0.value).map { (0...1).contains($0) } ?? false }
    let names = lines.map { Self.text(of: $0, y) }
    let tickWidth = y.labels.map(Canvas.width).max() ?? 0
    left = 34 + tickWidth
    right = canvas.width - (names.isEmpty ? 22 : 18 + (names.map(Canvas.width).max() ?? 0))
    canvas.text(Canvas.cut(labels.title, to: 560), x: 12, y: 24, "pr-ink pr-title")
    var legendBottom = 34.0
    if legend.count > 1 { legendBottom = Self.drawLegend(legend, mark: mark, on: &canvas) }
    top = legendBottom + 14
    bottom = height - below
    drawGrid()
    drawReferences(lines, names: names)
  }

  /// - Returns: the lower end of the last row.
  private static func drawLegend(_ names: [String], mark: Mark, on canvas: inout Canvas) -> Double {
    var (x, y) = (12.0, 46.0)
    for (series, name) in names.enumerated() {
      let name = Canvas.cut(name, to: 300)
      let width = 30 + Canvas.width(of: name) + 16
      if x > 12, x + width > canvas.width { (x, y) = (12, y + 18) }
      let colour = Palette.index(series)
      switch mark {
      case .box: canvas.rectangle(x: x + 6, y: y - 9, width: 14, height: 10, "pr-bar pr-fill\(colour)")
      case .line: canvas.line(x, y - 4, x + 24, y - 4, "pr-curve pr-line\(colour)", dash: Palette.dashes[colour])
      case .dot: canvas.circle(x: x + 13, y: y - 4, radius: 4, "pr-dot pr-fill\(colour)")
      }
      canvas.text(name, x: x + 30, y: y)
      x += width
    }
    return y + 4
  }

  private mutating func drawGrid() {
    for (tick, label) in zip(y.ticks, y.labels) {
      guard let height = place(y: tick) else { continue }
      canvas.line(left, height, right, height, "pr-grid")
      canvas.text(label, x: left - 8, y: height + 4, "pr-muted", anchor: .end)
    }
    let middle = (top + bottom) / 2
    canvas.text(y.axis.label, x: 16, y: middle, "pr-muted", anchor: .middle, turned: -90)
    canvas.line(left, bottom, right, bottom, "pr-axis")
    guard let x else { return }
    for (tick, label) in zip(x.ticks, x.labels) {
      guard let at = place(x: tick) else { continue }
      canvas.line(at, bottom, at, bottom + 5, "pr-axis")
      canvas.text(label, x: at, y: bottom + 19, "pr-muted", anchor: .middle)
    }
    canvas.text(x.axis.label, x: (left + right) / 2, y: bottom + 40, "pr-muted", anchor: .middle)
  }

  private static func text(of line: ReferenceLine, _ y: Axis.Fitted) -> String {
    let value = y.axis.format == .percent ? NumberText.percent(line.value) : NumberText.short(line.value)
    return "\(Canvas.cut(line.name, to: 165)) \(value)"
  }

  /// Names stand at the right end, moved apart so that none covers another, each led to its line.
  private mutating func drawReferences(_ lines: [ReferenceLine], names: [String]) {
    let distance = 14.0
    let placed = zip(lines, names).compactMap { line, name in place(y: line.value).map { (at: $0, name: name) } }
      .enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    var heights = placed.map { $0.at }
    for index in heights.indices.dropFirst() { heights[index] = max(heights[index], heights[index - 1] + distance) }
    var limit = bottom
    for index in heights.indices.reversed() {
      heights[index] = min(heights[index], limit)
      limit = heights[index] - distance
    }
    for (line, height) in zip(placed, heights) {
      canvas.line(left, line.at, right, line.at, "pr-reference")
      canvas.line(right, line.at, right + 8, height, "pr-leader")
      canvas.text(line.name, x: right + 11, y: height + 4, "pr-muted pr-small")
    }
  }

  /// The place across, nil where the value has none.
  func place(x value: Double) -> Double? { x?.fraction(value).map { left + $0 * (right - left) } }

  /// The height, nil where the value has none.
  func place(y value: Double) -> Double? { y.fraction(value).map { bottom - $0 * (bottom - top) } }

  /// As `place(y:)`, but values beyond an end stand at it.
  func clamped(y value: Double) -> Double? { place(y: value).map { min(max($0, top), bottom) } }

  /// As `place(x:)`, but values beyond an end stand at it.
  func clamped(x value: Double) -> Double? { place(x: value).map { min(max($0, left), right) } }

  /// A whisker from low to high.
  mutating func whisker(x: Double, low: Double, high: Double) {
    guard let lower = clamped(y: low), let upper = clamped(y: high) else { return }
    canvas.line(x, lower, x, upper, "pr-whisker")
    canvas.line(x - 4, lower, x + 4, lower, "pr-whisker")
    canvas.line(x - 4, upper, x + 4, upper, "pr-whisker")
  }

  /// Where there is nothing to show, that is said.
  mutating func sayEmpty(_ isEmpty: Bool) {
    guard isEmpty else { return }
    canvas.text("no data", x: (left + right) / 2, y: (top + bottom) / 2, "pr-muted", anchor: .middle)
  }

  /// A value as the y axis writes it.
  func text(y value: Double) -> String {
    y.axis.format == .percent ? NumberText.percent(value) : NumberText.short(value)
  }
}
