import Judge
package import Reports

/// A summary as tables, for the terminal and the page alike. Wherever a model's accuracy stands, a coin's and the
/// floors' stand beside it.
package struct EvaluationTables: Sendable {
  package struct Section: Sendable, Equatable {
    package var title: String
    package var table: DataTable
  }

  private let summary: EvaluationSummary

  package init(_ summary: EvaluationSummary) { self.summary = summary }

  /// All that have something to say.
  package var sections: [Section] {
    var sections = [Section(title: "Accuracy", table: judges), Section(title: "Outcomes", table: outcomes)]
    func add(_ title: String, _ table: DataTable?) {
      if let table, !table.rows.isEmpty { sections.append(Section(title: title, table: table)) }
    }
    add("Both orders", orders)
    add("By negative kind", Self.groups("negative kind", summary.byNegativeKind))
    add("By positive kind", Self.groups("positive kind", summary.byPositiveKind))
    add("By genre", Self.groups("genre", summary.byGenre))
    add("By variant", Self.groups("variant", summary.byVariant))
    add("By number of exemplars", Self.groups("exemplars", summary.byExemplars))
    add("By author", Self.groups("author", summary.byAuthor))
    add("By length of the preferred response less the other's, in words", length)
    add("Calibration", calibration)
    add("Voting", voting)
    add("Probes", probes)
    return sections
  }

  /// For a terminal: all sections, and what has to be said of them.
  package var plainText: String {
    let parts = sections.map { "\($0.title)\n\($0.table.plainText)" }
    return (parts + remarks.map { "\($0)\n" }).joined(separator: "\n")
  }

  /// What a reader must know to read the numbers.
  package var remarks: [String] {
    var remarks = ["Ties and answers that are no verdict count as wrong, for the model and for the floors."]
    if summary.authors < 2 {
      remarks.append("All pairs are by one author: there is no interval by author, and the binomial one is too narrow.")
    } else if summary.fewAuthors {
      remarks.append(
        "Only \(summary.authors) authors: intervals by author are themselves unsure; read them, not the binomial ones.")
    }
    if summary.floors.isEmpty { remarks.append("No floor was computed: nothing here says what is easy.") }
    return remarks
  }

  /// The model, a coin, and every floor.
  package var judges: DataTable {
    var table = DataTable(columns: ["judge", "accuracy", "low", "high", "binomial low", "binomial high", "ties", "n"])
    func ends(_ estimate: [Double]?) -> [DataTable.Cell] {
      [.rate(estimate?.first), .rate(estimate?.last)]
    }
    table.append(
      [.text("model"), .rate(summary.accuracy)] + ends(summary.accuracyInterval)
        + ends(summary.accuracyBinomialInterval) + [.rate(summary.ties), .count(summary.n)])
    table.append([.text("coin"), .rate(0.5), .empty, .empty, .empty, .empty, .empty, .empty])
    for name in FloorMeasures.ordered(summary.floorIntervals.keys) {
      guard let floor = summary.floorIntervals[name] else { continue }
      table.append(
        [.text(name), .rate(floor.estimate.accuracy)] + ends(floor.estimate.interval)
          + ends(floor.estimate.binomialInterval) + [.rate(floor.ties.rate), .count(floor.estimate.n)])
    }
    return table
  }

  package var outcomes: DataTable {
    DataTable(
      columns: ["outcome", "pairs", "share"],
      rows: Outcome.allCases.map { outcome in
        let count = summary.outcomes[outcome.rawValue] ?? 0
        return [.text(outcome.rawValue), .count(count), .rate(Share(count, of: summary.n).rate)]
      })
  }

  /// Nil where no pair was asked in both orders.
  package var orders: DataTable? {
    guard let orders = summary.orders else { return nil }
    func row(_ name: String, _ estimate: AccuracyEstimate) -> [DataTable.Cell] {
      [
        .text(name), .rate(estimate.accuracy), .rate(estimate.widest?.lowerBound), .rate(estimate.widest?.upperBound),
        .count(estimate.n),
      ]
    }
    func row(_ name: String, _ share: Share) -> [DataTable.Cell] {
      [.text(name), .rate(share.rate), .empty, .empty, .count(share.n)]
    }
    return DataTable(
      columns: ["measure", "value", "low", "high", "n"],
      rows: [
        row("accuracy, orders averaged", orders.averaged), row("accuracy, right in both orders", orders.bothRight),
        row("accuracy, A first (ab)", orders.ab), row("accuracy, B first (ba)", orders.ba),
        row("same winner in both orders", orders.consistency), row("verdicts for the first slot", orders.firstSlot),
      ])
  }

  /// By name; whole numbers by size.
  package static func groups(_ column: String, _ groups: EvaluationSummary.Groups) -> DataTable {
    DataTable(
      columns: [column, "accuracy", "low", "high", "authors", "n"],
      rows: ordered(groups).map { name, estimate in
        [
          .text(name), .rate(estimate.accuracy), .rate(estimate.widest?.lowerBound),
          .rate(estimate.widest?.upperBound), .count(estimate.authors), .count(estimate.n),
        ]
      })
  }

  static func ordered(
    _ groups: EvaluationSummary.Groups
  ) -> [(name: String, estimate: AccuracyEstimate)] {
    groups.sorted { first, second in
      if let one = Int(first.key), let other = Int(second.key), one != other { return one < other }
      return first.key < second.key
    }.map { (name: $0.key, estimate: $0.value) }
  }

  package var length: DataTable {
    let bias = summary.lengthBias
    var table = DataTable(columns: ["words more", "accuracy", "low", "high", "n"])
    for bin in bias.bins {
      let ends = bin.accuracy.widest
      table.append([
        .text(bin.name), .rate(bin.accuracy.accuracy), .rate(ends?.lowerBound), .rate(ends?.upperBound),
        .count(bin.accuracy.n),
      ])
    }
    table.append([
      .text("(longer chosen)"), .rate(bias.longerChosen.rate), .empty, .empty, .count(bias.longerChosen.n),
    ])
    table.append([
      .text("(longer preferred)"), .rate(bias.longerPreferred.rate), .empty, .empty, .count(bias.longerPreferred.n),
    ])
    return table
  }

  /// Nil where the judge stated no probability and none was made of margins.
  package var calibration: DataTable? {
    var table = DataTable(columns: ["probability", "ECE", "Brier", "log loss", "n", "without"])
    func add(_ name: String, _ measures: CalibrationMeasures?) {
      guard let measures else { return }
      table.append([
        .text(name), .number(measures.ece, digits: 4), .number(measures.brier, digits: 4),
        .number(measures.logLoss, digits: 4), .count(measures.n), .count(measures.missing),
      ])
    }
    add("as the judge states it", summary.statedCalibration)
    if let calibration = summary.calibration {
      add("sigmoid(margin/\(NumberText.short(calibration.temperature)))", summary.scaledCalibration)
    }
    if table.rows.isEmpty { return nil }
    table.append([
      .text("always one half"), .empty, .number(0.25, digits: 4), .number(0.6931, digits: 4), .empty, .empty,
    ])
    return table
  }

  package var voting: DataTable? {
    summary.voting.map { voting in
      DataTable(
        columns: ["draws", "majority", "low", "high", "mean score", "mean low", "mean high", "n"],
        rows: voting.steps.map { step in
          let (majority, mean) = (step.majority.widest, step.meanScore.widest)
          return [
            .count(step.k), .rate(step.majority.accuracy), .rate(majority?.lowerBound), .rate(majority?.upperBound),
            .rate(step.meanScore.accuracy), .rate(mean?.lowerBound), .rate(mean?.upperBound), .count(step.majority.n),
          ]
        })
    }
  }

  package var probes: DataTable {
    DataTable(
      columns: [
        "probe", "expected", "flips", "flips of right", "before", "after", "low", "high", "decided", "failed", "n",
      ],
      rows: summary.probes.map { probe in
        [
          .text(probe.kind.title), .text(probe.expected.rawValue), .rate(probe.flips.rate),
          .rate(probe.flipsOfRight.rate), .rate(probe.before.accuracy), .rate(probe.accuracy.accuracy),
          .rate(probe.accuracy.widest?.lowerBound), .rate(probe.accuracy.widest?.upperBound),
          .rate(probe.decided.accuracy), .rate(probe.failures.rate), .count(probe.accuracy.n),
        ]
      })
  }
}
