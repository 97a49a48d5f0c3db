import Corpora
package import Reports

extension PairedComparison {
  /// For a terminal and a page.
  ///
  /// - Parameter names: of the first and the second judge.
  package func table(names: (first: String, second: String)) -> DataTable {
    func row(_ name: String, _ estimate: AccuracyEstimate) -> [DataTable.Cell] {
      [
        .text(name), .rate(estimate.accuracy), .rate(estimate.widest?.lowerBound), .rate(estimate.widest?.upperBound),
        .count(estimate.right), .count(estimate.n),
      ]
    }
    return DataTable(
      columns: ["judge", "accuracy", "low", "high", "right", "n"],
      rows: [
        row(names.first, first), row(names.second, second),
        [
          .text("second less first"), .rate(difference), .rate(differenceInterval?.first),
          .rate(differenceInterval?.last), .empty, .empty,
        ],
      ])
  }

  /// The table and what it means, for a terminal.
  package func plainText(names: (first: String, second: String)) -> String {
    var text = table(names: names).plainText
    text += "\nboth right \(bothRight), both wrong \(bothWrong), only \(names.first) right \(lost.count), "
    text += "only \(names.second) right \(gained.count)\n"
    text += "McNemar's exact test, two-sided: p = \(NumberText.short(pValue))\n"
    if authors < Intervals.authorsFew {
      text +=
        "Only \(authors) author\(authors == 1 ? "" : "s"): the test takes pairs for independent, which pairs of one"
      text += " author are not; read the interval by author.\n"
    }
    return text
  }

  /// Right and wrong of both judges.
  package func grid(names: (first: String, second: String)) -> ConfusionGrid {
    ConfusionGrid(
      PlotLabels(
        name: "agreement", title: "Where the two judges agree",
        caption: "Only the pairs off the diagonal tell the judges apart."),
      rowLabel: names.first, rows: ["right", "wrong"], columnLabel: names.second, columns: ["right", "wrong"],
      counts: [[bothRight, lost.count], [gained.count, bothWrong]])
  }

  /// Margins of both judges for the preferred response: on the dashed line where they say the same. Pairs that one of
  /// them has no margin for are left out.
  package static func drift(
    _ first: [JudgedPair], _ second: [JudgedPair], names: (first: String, second: String)
  ) -> ScatterPlot {
    let others = Dictionary(second.map { ($0.id, $0) }, uniquingKeysWith: { one, _ in one })
    let points = first.sorted { $0.id < $1.id }.compactMap { pair -> ScatterPlot.Point? in
      guard let margin = pair.margin, let other = others[pair.id]?.margin else { return nil }
      let sign = pair.preferred == .a ? 1.0 : -1
      return ScatterPlot.Point(sign * margin, sign * other)
    }
    return ScatterPlot(
      PlotLabels(
        name: "drift", title: "Margins of both judges",
        caption: "Margin for the preferred response. Dots off the dashed line are scores that changed."),
      x: Axis(names.first), y: Axis(names.second), groups: [.init("pairs", points)], hasDiagonal: true)
  }

  /// The page of a comparison.
  ///
  /// - Parameter results: of both judges, for the plot of margins; nil leaves it out.
  package func page(
    names: (first: String, second: String), results: (first: [JudgedPair], second: [JudgedPair])? = nil,
    origin: HTMLReport.Origin
  ) -> HTMLReport {
    var report = HTMLReport(
      title: "\(names.second) against \(names.first)", subtitle: "\(n) pairs of \(authors) authors, judged by both",
      origin: origin)
    report.addSection("Result")
    report.addTable(table(names: names), caption: "Low and high: 95 % by author")
    report.addParagraph(
      "McNemar's exact test, two-sided: p = \(NumberText.short(pValue)). It takes pairs for independent; the interval "
        + "of the difference does not.")
    report.addFigure(grid(names: names))
    if let results { report.addFigure(Self.drift(results.first, results.second, names: names)) }
    report.addSection("Pairs that changed")
    report.addExamples("Only \(names.first) right: \(lost.count)", [.init("ids", lost.joined(separator: "\n"))])
    report.addExamples("Only \(names.second) right: \(gained.count)", [.init("ids", gained.joined(separator: "\n"))])
    return report
  }
}
