import Corpora
package import Reports

/// The plots of an evaluation. Those that would show nothing (one genre only, one draw only) are nil.
package struct EvaluationFigures: Sendable {
  private let summary: EvaluationSummary
  /// Pairs as they stand, by id.
  private let pairs: [JudgedPair]

  /// - Parameter results: what the summary is of.
  package init(_ summary: EvaluationSummary, _ results: [JudgedPair]) {
    self.summary = summary
    pairs = results.filter { $0.probe == nil }.sorted { $0.id < $1.id }
  }

  private let coin = ReferenceLine("coin", 0.5)

  private static func bar(_ estimate: AccuracyEstimate?) -> Estimate? {
    guard let estimate, let accuracy = estimate.accuracy else { return nil }
    return Estimate(accuracy, interval: estimate.widest, n: estimate.n)
  }

  /// The model beside every floor.
  package var accuracy: BarChart {
    let floors = FloorMeasures.ordered(summary.floorIntervals.keys)
    let model = summary.accuracy.map { accuracy in
      Estimate(accuracy, low: summary.accuracyInterval?.first, high: summary.accuracyInterval?.last, n: summary.n)
    }
    return BarChart(
      PlotLabels(
        name: "accuracy", title: "Accuracy beside floors",
        caption: "Pairs judged right, with 95 % intervals by author. Floors use no language model."),
      categoryLabel: "judge", categories: ["model"] + floors,
      series: [
        .init("model", [model] + floors.map { _ in nil }),
        .init("floors", [nil] + floors.map { Self.bar(summary.floorIntervals[$0]?.estimate) }),
      ], references: [coin])
  }

  /// The model and the two best floors by a name; nil for fewer than two names.
  private func groups(
    _ labels: PlotLabels, _ label: String, _ groups: EvaluationSummary.Groups, _ name: (JudgedPair) -> String?
  ) -> BarChart? {
    guard groups.count > 1, groups.count <= 40 else { return nil }
    let ordered = EvaluationTables.ordered(groups)
    let best = FloorMeasures.ordered(summary.floors.keys).enumerated()
      .sorted { first, second in
        let (one, other) = (summary.floors[first.element] ?? 0, summary.floors[second.element] ?? 0)
        return one != other ? one > other : first.offset < second.offset
      }.prefix(2).map(\.element)
    let byName = Dictionary(grouping: pairs, by: name)
    var series = [BarChart.Series("model", ordered.map { Self.bar($0.estimate) })]
    for floor in best {
      series.append(
        .init(
          floor,
          ordered.map { group in
            Self.bar(FloorMeasures(floor, byName[group.name] ?? [], seed: 0).estimate)
          }))
    }
    return BarChart(
      labels, categoryLabel: label, categories: ordered.map(\.name), series: series, references: [coin])
  }

  package var byNegativeKind: BarChart? {
    groups(
      PlotLabels(
        name: "by_negative_kind", title: "Accuracy by negative kind",
        caption: "How the other response was found or made; the model beside the two best floors."),
      "negative kind", summary.byNegativeKind, \.negativeKind)
  }

  package var byGenre: BarChart? {
    groups(
      PlotLabels(
        name: "by_genre", title: "Accuracy by genre", caption: "The model beside the two best floors."),
      "genre", summary.byGenre, \.genre)
  }

  package var byVariant: BarChart? {
    groups(
      PlotLabels(
        name: "by_variant", title: "Accuracy by variant",
        caption: "Such as exemplars of other genres than the responses; the model beside the two best floors."),
      "variant", summary.byVariant, \.variant)
  }

  package var byAuthor: BarChart? {
    groups(
      PlotLabels(
        name: "by_author", title: "Accuracy by author",
        caption: "Each author's pairs with binomial intervals. How far they lie apart is why intervals go by author."),
      "author", summary.byAuthor, \.author)
  }

  package var byExemplars: LineChart? {
    guard summary.byExemplars.count > 1 else { return nil }
    let points = EvaluationTables.ordered(summary.byExemplars).compactMap { name, estimate in
      Int(name).flatMap { count in Self.bar(estimate).map { LineChart.Point(Double(count), $0) } }
    }
    return LineChart(
      PlotLabels(
        name: "by_exemplars", title: "Accuracy by number of exemplars", caption: "With 95 % intervals by author."),
      x: Axis("exemplars"), y: .rate("accuracy"), series: [.init("model", points)], references: [coin])
  }

  /// Nil where no pair was asked in both orders.
  package var orders: ConfusionGrid? {
    guard let orders = summary.orders else { return nil }
    // right; wrong; tie; then all that is no verdict.
    let groups = [[0], [1], [2], Array(3..<Outcome.allCases.count)]
    let counts = groups.map { rows in
      groups.map { columns in
        rows.reduce(0) { sum, row in columns.reduce(sum) { $0 + orders.confusion[row][$1] } }
      }
    }
    let names = ["right", "wrong", "tie", "no verdict"]
    return ConfusionGrid(
      PlotLabels(
        name: "orders", title: "The two orders of a pair",
        caption: "A judge that looks at the texts alone has all its pairs on the diagonal."),
      rowLabel: "A shown first", rows: names, columnLabel: "B shown first", columns: names, counts: counts)
  }

  /// Nil without probabilities.
  package var reliability: ReliabilityDiagram? {
    func series(_ name: String, _ measures: CalibrationMeasures?) -> [ReliabilityDiagram.Series] {
      guard let measures, measures.n > 0 else { return [] }
      let bins = measures.bins.map { bin in
        ReliabilityDiagram.Bin(
          low: bin.low, high: bin.high, stated: bin.stated,
          observed: bin.observed.map { Estimate($0, low: bin.interval?.first, high: bin.interval?.last) },
          count: bin.n)
      }
      return [.init("\(name), ECE \(NumberText.fixed(measures.ece ?? .nan, digits: 3))", bins)]
    }
    let all =
      series("stated by the judge", summary.statedCalibration) + series("margin, scaled", summary.scaledCalibration)
    if all.isEmpty { return nil }
    return ReliabilityDiagram(
      PlotLabels(
        name: "reliability", title: "Do stated probabilities come true?",
        caption: "P(A is preferred) in ten bins against how often A was preferred, with binomial intervals. On the "
          + "dashed line they come true. Pale bars: how many pairs."),
      series: all)
  }

  package var slotScores: Histogram {
    Histogram(
      PlotLabels(
        name: "scores_by_slot", title: "Scores by slot",
        caption:
          "Scores of the response shown first and of the one shown second. A judge without preference for a slot "
          + "gives both the same spread."),
      x: Axis("score", range: 1...10),
      series: [
        .init("shown first", SlotScores.scores(pairs, isFirst: true)),
        .init("shown second", SlotScores.scores(pairs, isFirst: false)),
      ], bins: SlotScores.bins)
  }

  /// Margin for the preferred response against how much longer it is.
  package var marginByLength: ScatterPlot {
    func points(_ isRight: Bool) -> [ScatterPlot.Point] {
      pairs.compactMap { pair in
        guard let margin = pair.margin, (pair.outcome == .right) == isRight else { return nil }
        return ScatterPlot.Point(Double(pair.extraWords), pair.preferred == .a ? margin : -margin)
      }
    }
    return ScatterPlot(
      PlotLabels(
        name: "margin_by_length", title: "Margin against length",
        caption: "Each dot a pair. A judge that goes by length has its dots along a rising line."),
      x: Axis("words of the preferred response less those of the other"), y: Axis("margin for the preferred response"),
      groups: [.init("right", points(true)), .init("wrong or tie", points(false))])
  }

  package var accuracyByLength: BarChart {
    BarChart(
      PlotLabels(
        name: "accuracy_by_length", title: "Accuracy by length difference",
        caption: "By words of the preferred response less those of the other. Level bars: length does not matter."),
      categoryLabel: "words more", categories: summary.lengthBias.bins.map(\.name),
      series: [.init("accuracy", summary.lengthBias.bins.map { Self.bar($0.accuracy) })], references: [coin])
  }

  package var voting: LineChart? {
    guard let steps = summary.voting?.steps, steps.count > 1 else { return nil }
    func points(_ estimate: (VotingMeasures.Step) -> AccuracyEstimate) -> [LineChart.Point] {
      steps.compactMap { step in Self.bar(estimate(step)).map { LineChart.Point(Double(step.k), $0) } }
    }
    return LineChart(
      PlotLabels(
        name: "voting", title: "Accuracy by number of draws", caption: "The same pairs at each number of draws."),
      x: Axis("draws of each order"), y: .rate("accuracy"),
      series: [.init("majority", points(\.majority)), .init("mean score", points(\.meanScore))], references: [coin])
  }

  package var probes: BarChart? {
    if summary.probes.isEmpty { return nil }
    return BarChart(
      PlotLabels(
        name: "probes", title: "Probes",
        caption:
          "Accuracy on the same pairs before and after a change. Swapped exemplars turn the right answer round, so "
          + "it should stay high; unrelated exemplars should leave chance; all others should change nothing."),
      categoryLabel: "probe", categories: summary.probes.map(\.kind.title),
      series: [
        .init("before", summary.probes.map { Self.bar($0.before) }),
        .init("after", summary.probes.map { Self.bar($0.accuracy) }),
      ], references: [coin])
  }
}
