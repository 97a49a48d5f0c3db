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

  /// The page of a comparison.
  package func page(names: (first: String, second: String), origin: HTMLReport.Origin) -> HTMLReport {
    var report = HTMLReport(
      title: "\(names.second) against \(names.first)", subtitle: "\(n) pairs of \(authors) authors, judged by both",
      origin: origin)
    report.addSection("Result")
    report.addTable(table(names: names), caption: "Low and high: 95 % by author")
    report.addParagraph(
      "McNemar's exact test, two-sided: p = \(NumberText.short(pValue)). It takes pairs for independent; the interval "
        + "of the difference does not.")
    report.addFigure(grid(names: names))
    report.addSection("Pairs that changed")
    report.addExamples("Only \(names.first) right: \(lost.count)", [.init("ids", lost.joined(separator: "\n"))])
    report.addExamples("Only \(names.second) right: \(gained.count)", [.init("ids", gained.joined(separator: "\n"))])
    return report
  }
}
