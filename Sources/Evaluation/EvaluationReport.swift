import Judge
import Corpora
package import Reports

/// The page of an evaluation: numbers first, then where they come from.
package enum EvaluationReport {
  /// Texts worth reading, such as the pairs that were judged most wrongly; chosen by the caller.
  package struct Case: Sendable, Equatable {
    package var title: String
    package var parts: [HTMLReport.Example]

    package init(title: String, parts: [HTMLReport.Example]) {
      self.title = title
      self.parts = parts
    }
  }

  /// The pairs judged most wrongly and most rightly: by the margin for the response that is not preferred, largest
  /// first, and the other way round. Pairs without a margin are in neither.
  ///
  /// - Parameter count: of each, at most.
  package static func extremes(_ results: [JudgedPair], count: Int) -> (wrong: [JudgedPair], right: [JudgedPair]) {
    let known = results.filter { $0.probe == nil }.compactMap { pair in
      pair.margin.map { (pair: pair, margin: pair.preferred == .a ? $0 : -$0) }
    }.sorted { ($0.margin, $0.pair.id) < ($1.margin, $1.pair.id) }
    return (
      known.filter { $0.margin < 0 }.prefix(count).map(\.pair),
      known.filter { $0.margin > 0 }.suffix(count).reversed().map(\.pair)
    )
  }

  /// - Parameters:
  ///   - subtitle: what was judged, in one line.
  ///   - results: what the summary is of.
  package static func page(
    _ summary: EvaluationSummary, results: [JudgedPair], title: String, subtitle: String, origin: HTMLReport.Origin,
    cases: [Case] = []
  ) -> HTMLReport {
    let (tables, figures) = (EvaluationTables(summary), EvaluationFigures(summary, results))
    var report = HTMLReport(title: title, subtitle: subtitle, origin: origin)
    report.addSection("Result")
    report.addHeadline(headline(summary))
    report.addList(tables.remarks)
    report.addTable(
      tables.judges, caption: "The model beside a coin and the floors; low and high: 95 % by author")
    report.addFigure(figures.accuracy)
    report.addTable(tables.outcomes, caption: "What became of the pairs")
    report.addSection("Where it is right")
    add(figures.byNegativeKind, or: EvaluationTables.groups("negative kind", summary.byNegativeKind), to: &report)
    add(figures.byGenre, or: EvaluationTables.groups("genre", summary.byGenre), to: &report)
    add(figures.byVariant, or: EvaluationTables.groups("variant", summary.byVariant), to: &report)
    add(figures.byExemplars, or: EvaluationTables.groups("exemplars", summary.byExemplars), to: &report)
    add(figures.byAuthor, or: EvaluationTables.groups("author", summary.byAuthor), to: &report)
    report.addSection("Order, scores and length")
    if let orders = tables.orders { report.addTable(orders, caption: "Both orders of each pair") }
    if let orders = figures.orders { report.addFigure(orders) }
    report.addFigure(figures.slotScores)
    report.addFigure(figures.marginByLength)
    report.addFigure(figures.accuracyByLength)
    addLater(summary, tables, figures, to: &report)
    if !cases.isEmpty {
      report.addSection("Examples")
      for item in cases { report.addExamples(item.title, item.parts) }
    }
    if !summary.settings.isEmpty {
      report.addSection("Settings")
      report.addKeyValues(summary.settings.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) })
    }
    return report
  }

  private static func addLater(
    _ summary: EvaluationSummary, _ tables: EvaluationTables, _ figures: EvaluationFigures, to report: inout HTMLReport
  ) {
    if let table = tables.calibration {
      report.addSection("Probabilities")
      report.addTable(table, caption: "Smaller is better; \"without\": pairs that have no probability")
      if let calibration = summary.calibration {
        report.addParagraph(
          "The temperature \(NumberText.short(calibration.temperature)) was fitted on \(calibration.n) pairs of "
            + "\(calibration.fittedOn), method \(calibration.method).")
      }
      if let figure = figures.reliability { report.addFigure(figure) }
    }
    if let table = tables.voting {
      report.addSection("Voting")
      report.addTable(table, caption: "Accuracy by number of draws")
      if let figure = figures.voting { report.addFigure(figure) }
    }
    if let figure = figures.probes {
      report.addSection("Probes")
      report.addTable(
        tables.probes,
        caption:
          "Flips: winners that changed; of right: of pairs right before; before, after: accuracy; decided: accuracy "
          + "after, of pairs with a winner")
      report.addFigure(figure)
    }
  }

  private static func add(_ figure: (some Plot)?, or table: DataTable, to report: inout HTMLReport) {
    if let figure { report.addFigure(figure) } else if !table.rows.isEmpty { report.addTable(table) }
  }

  private static func headline(_ summary: EvaluationSummary) -> [(name: String, value: String, note: String)] {
    func percent(_ value: Double?) -> String { NumberText.percent(value ?? .nan) }
    let ends = summary.accuracyInterval ?? []
    let best = FloorMeasures.ordered(summary.floors.keys)
      .map { (name: $0, accuracy: summary.floors[$0] ?? 0) }.max { $0.accuracy < $1.accuracy }
    var items = [
      (
        name: "accuracy", value: percent(summary.accuracy),
        note: ends.count == 2 ? "\(percent(ends[0])) to \(percent(ends[1])), n = \(summary.n)" : "n = \(summary.n)"
      ),
      (name: "best floor", value: percent(best?.accuracy), note: best?.name ?? "none computed"),
    ]
    if let orders = summary.orders {
      items.append((name: "same winner in both orders", value: percent(orders.consistency.rate), note: ""))
      items.append(
        (name: "right in both orders", value: percent(orders.bothRight.accuracy), note: "n = \(orders.n)"))
    }
    items.append(
      (name: "malformed", value: percent(summary.malformed), note: "truncated \(percent(summary.truncated))"))
    items.append((name: "ties", value: percent(summary.ties), note: "counted as wrong"))
    return items
  }
}
