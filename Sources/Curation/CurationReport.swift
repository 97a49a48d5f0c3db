import Corpora
package import Reports

/// The page that shows what a run made: counts, rates, plots and examples.
package enum CurationReport {
  private static let examplesMax = 6
  private static let droppedExamplesMax = 12

  package static func page(
    _ summary: CurationSummary, outcomes: [CurationOutcome], origin: HTMLReport.Origin
  ) -> HTMLReport {
    var page = HTMLReport(
      title: "Pairs and traces of \(summary.corpus)",
      subtitle: "Contrastive pairs of \(summary.authors) authors, judged by the teacher \(summary.teacher).",
      origin: origin)
    page.addHeadline([
      (name: "pairs", value: "\(summary.pairs)", note: "of \(summary.authors) authors"),
      (name: "traces kept", value: "\(summary.all.kept)", note: percent(summary.all.keptRate)),
      (name: "traces dropped", value: "\(summary.all.made - summary.all.kept)", note: "with their reasons, below"),
    ])
    addRates(summary, to: &page)
    addFloors(summary, to: &page)
    addShapes(summary, to: &page)
    if let cleaning = summary.cleaning { addCleaning(cleaning, to: &page) }
    addExamples(outcomes, to: &page)
    return page
  }

  private static func percent(_ rate: Double?) -> String { rate.map { NumberText.percent($0) } ?? "none" }

  private static func addRates(_ summary: CurationSummary, to page: inout HTMLReport) {
    page.addSection("What was kept")
    page.addParagraph(
      "A trace is dropped where its scores contradict the label, where its words prefer the other response or none, "
        + "and where a quotation or a number in it is not true of the texts.")
    for (title, rates) in [
      ("kind of negative", summary.byNegativeKind), ("kind of positive", summary.byPositiveKind),
      ("genre", summary.byGenre),
    ] {
      var table = DataTable(columns: [title, "pairs", "traces kept", "rate"])
      for (kind, rate) in rates.sorted(by: { $0.key < $1.key }) {
        table.append([.text(kind), .count(rate.made), .count(rate.kept), .rate(rate.keptRate)])
      }
      page.addTable(table, caption: "By \(title)")
    }
    let kinds = summary.byNegativeKind.keys.sorted()
    page.addFigure(
      BarChart(
        PlotLabels(
          name: "kept-by-kind", title: "Traces kept by kind of negative",
          caption: "The share of pairs whose trace passed every check."),
        categoryLabel: "kind of negative", categories: kinds,
        series: [
          BarChart.Series(
            "kept", kinds.map { kind in summary.byNegativeKind[kind]?.keptRate.map { Estimate($0) } })
        ],
        y: .rate("traces kept")))
    var reasons = DataTable(columns: ["reason", "dropped", "of all pairs"])
    for (reason, count) in summary.all.dropped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      reasons.append([.text(reason), .count(count), .rate(Double(count) / Double(max(1, summary.all.made)))])
    }
    page.addTable(reasons, caption: "Why traces were dropped")
    var missing = DataTable(columns: ["reason", "pairs not made"])
    for (reason, count) in summary.unmade.sorted(by: { $0.key < $1.key })
      + summary.shortages.sorted(by: { $0.key < $1.key })
    {
      missing.append([.text(reason), .count(count)])
    }
    if !missing.rows.isEmpty { page.addTable(missing, caption: "Pairs that could not be made") }
  }

  private static func addFloors(_ summary: CurationSummary, to page: inout HTMLReport) {
    page.addSection("What the pairs give away")
    page.addParagraph(
      "How often a rule without a language model is right. A query that names what only one response says can be "
        + "answered without a look at the exemplars: compare the two columns of query_overlap.")
    var table = DataTable(columns: ["rule", "with the query", "with the neutral query", "pairs"])
    for floor in summary.floors {
      table.append([.text(floor.name), .rate(floor.query), .rate(floor.neutralQuery), .count(floor.pairs)])
    }
    page.addTable(table)
    page.addFigure(
      BarChart(
        PlotLabels(
          name: "floors", title: "Accuracy of rules without a language model",
          caption: "Each on the query as it stands and on the neutral one; a coin is right on half."),
        categoryLabel: "rule", categories: summary.floors.map(\.name),
        series: [
          BarChart.Series("query", summary.floors.map { Estimate($0.query, n: $0.pairs) }),
          BarChart.Series("neutral query", summary.floors.map { Estimate($0.neutralQuery, n: $0.pairs) }),
        ],
        references: [ReferenceLine("coin", 0.5)]))
  }

  private static func addShapes(_ summary: CurationSummary, to page: inout HTMLReport) {
    page.addSection("Lengths and margins")
    page.addFigure(
      Histogram(
        PlotLabels(
          name: "margins", title: "Margins of kept traces",
          caption: "Score of the preferred response minus the other's."),
        x: Axis("margin, points"), series: [Histogram.Series("traces", summary.margins)]))
    page.addFigure(
      Histogram(
        PlotLabels(name: "trace-words", title: "Length of kept traces", caption: "Criteria and evaluation together."),
        x: Axis("words"), series: [Histogram.Series("traces", summary.traceWords.map(Double.init))]))
    page.addFigure(
      Histogram(
        PlotLabels(
          name: "length-ratios", title: "Lengths of the responses",
          caption: "Words of the preferred response over words of the other: length must not tell them apart."),
        x: Axis("ratio"), series: [Histogram.Series("pairs", summary.lengthRatios)]))
  }

  private static func addCleaning(_ cleaning: CleaningReport, to page: inout HTMLReport) {
    page.addSection("Cleaning")
    var sizes = DataTable(columns: ["", "texts", "authors", "words"])
    for (name, size) in [("before", cleaning.before), ("after", cleaning.after)] {
      sizes.append([.text(name), .count(size.texts), .count(size.authors), .count(size.words)])
    }
    page.addTable(sizes)
    var table = DataTable(columns: ["what", "removed", "an example"])
    for (reason, count) in cleaning.textsRemoved.sorted(by: { $0.key < $1.key })
      + cleaning.partsRemoved.sorted(by: { $0.key < $1.key })
    {
      table.append([.text(reason), .count(count), .text(cleaning.examples[reason]?.first?.detail ?? "")])
    }
    page.addTable(table, caption: "Texts, and parts of texts")
  }

  private static func addExamples(_ outcomes: [CurationOutcome], to page: inout HTMLReport) {
    page.addSection("Examples")
    let kept = outcomes.compactMap { if case .kept(let trace) = $0 { trace } else { nil } }
    for trace in spread(kept, examplesMax) {
      page.addExamples(
        "\(trace.pair.id): \(trace.pair.negativeKind), \(trace.pair.preferred.rawValue) is right",
        [
          HTMLReport.Example("query", trace.pair.query), HTMLReport.Example("response A", trace.pair.responseA),
          HTMLReport.Example("response B", trace.pair.responseB), HTMLReport.Example("criteria", trace.criteria),
          HTMLReport.Example("evaluation", trace.eval),
          HTMLReport.Example("scores", "A: \(trace.scores.a), B: \(trace.scores.b)"),
        ])
    }
    page.addHeading("Dropped")
    let dropped = outcomes.compactMap { if case .dropped(let trace) = $0 { trace } else { nil } }
    for trace in spread(dropped, droppedExamplesMax) {
      page.addExamples(
        "\(trace.pair.id): \(trace.reason)",
        [
          HTMLReport.Example("detail", trace.detail ?? ""), HTMLReport.Example("criteria", trace.criteria ?? ""),
          HTMLReport.Example("evaluation", trace.eval ?? trace.raw ?? ""),
        ])
    }
  }

  /// Some of a list, from all over it.
  private static func spread<Element>(_ list: [Element], _ count: Int) -> [Element] {
    list.count <= count ? list : (0..<count).map { list[$0 * list.count / count] }
  }
}
