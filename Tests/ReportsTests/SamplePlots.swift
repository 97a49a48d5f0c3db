import Reports

/// One plot of each kind, with names that would break markup which did not escape them.
enum SamplePlots {
  static let nasty = "<b>&\"'\u{0}\u{1B}]]>\u{202E}"

  static func labels(_ name: String) -> PlotLabels {
    PlotLabels(name: name, title: "Title \(nasty)", caption: "Caption \(nasty)")
  }

  static let bars = BarChart(
    labels("bars"), categoryLabel: "kind", categories: ["near_topic", nasty],
    series: [
      .init("model", [Estimate(0.8, low: 0.75, high: 0.85, n: 100), nil]),
      .init("floor \(nasty)", [Estimate(0.6), Estimate(.nan)]),
    ], references: [ReferenceLine("coin", 0.5), ReferenceLine(nasty, 0.51)])

  static let lines = LineChart(
    labels("lines"), x: Axis("exemplars"), y: .rate("accuracy"),
    series: [
      .init(
        "model", [.init(1, Estimate(0.7, low: 0.6, high: 0.8, n: 10)), .init(3, Estimate(0.8, low: 0.7, high: 0.9))]),
      .init(nasty, x: [1, 2, 3, 4], y: [0.5, .nan, 0.6, 0.7]),
    ], references: [ReferenceLine("coin", 0.5)])

  static let scatter = ScatterPlot(
    labels("scatter"), x: Axis("words"), y: Axis("margin"),
    groups: [.init(nasty, [.init(1, 2), .init(.infinity, 1)])], hasDiagonal: true)

  static let histogram = Histogram(
    labels("histogram"), x: Axis("score", range: 0...10),
    series: [.init("first slot", [1, 2, 2.5, 10, 11, .nan]), .init(nasty, [])], bins: 5)

  static let reliability = ReliabilityDiagram(
    labels("reliability"),
    series: [
      .init(
        nasty,
        [
          .init(low: 0, high: 0.5, stated: nil, observed: nil, count: 0),
          .init(low: 0.5, high: 1, stated: 0.75, observed: Estimate(0.7, low: 0.6, high: 0.8), count: 40),
        ])
    ])

  static let confusion = ConfusionGrid(
    labels("confusion"), rowLabel: "order ab", rows: ["right", nasty], columnLabel: "order ba",
    columns: ["right", "wrong"], counts: [[30, 5], [4, 1]])

  static let all: [any Plot] = [bars, lines, scatter, histogram, reliability, confusion]

  /// The same kinds without any data.
  static let empty: [any Plot] = [
    BarChart(labels("bars"), categoryLabel: "kind", categories: [], series: []),
    LineChart(labels("lines"), x: Axis("x", scale: .logarithmic), y: Axis("y"), series: []),
    ScatterPlot(labels("scatter"), x: Axis("x"), y: Axis("y"), groups: []),
    Histogram(labels("histogram"), x: Axis("x"), series: []),
    ReliabilityDiagram(labels("reliability"), series: []),
    ConfusionGrid(labels("confusion"), rowLabel: "r", rows: [], columnLabel: "c", columns: [], counts: []),
  ]

  /// One value, or the same value many times.
  static let single: [any Plot] = [
    BarChart(labels("bars"), categoryLabel: "kind", categories: ["a"], series: [.init("s", [Estimate(0)])]),
    LineChart(
      labels("lines"), x: Axis("x", scale: .logarithmic), y: Axis("y"), series: [.init("s", x: [3], y: [-2])]),
    ScatterPlot(labels("scatter"), x: Axis("x"), y: Axis("y"), groups: [.init("g", [.init(0, 0)])]),
    Histogram(labels("histogram"), x: Axis("x"), series: [.init("s", [7, 7, 7])]),
  ]
}
