import DataFiles
package import Reports

/// The page that shows how a run went: curves, settings, samples of text. It is made of `metrics.jsonl` and
/// `settings.json` alone, so it can be made again at any time, also while the run goes on.
package enum TrainingReport {
  /// Samples are shown of so many steps at most, from all over the run.
  private static let sampledStepsMax = 8
  private static let otherFiguresMax = 40

  /// Makes `report.html` of a run's folder.
  ///
  /// - Throws: `file`, `metrics`, `settings`.
  package static func write(folder: String, origin: HTMLReport.Origin) throws(TrainingRecordsError) {
    let settings = try RunSettings(path: "\(folder)/settings.json")
    let page = page(try MetricsLog.read("\(folder)/metrics.jsonl"), settings: settings, origin: origin)
    let bytes = Array(page.html.utf8)
    try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try AtomicFile.write(bytes, to: "\(folder)/report.html")
    }
  }

  /// The page of a run.
  package static func page(
    _ lines: [MetricsLine], settings: RunSettings?, origin: HTMLReport.Origin
  ) -> HTMLReport {
    let history = MetricHistory(lines)
    let figures = TrainingFigures(history: history)
    let isReinforcement = history[MetricTag.reward] != nil
    let what = settings.map { "\($0.program), " } ?? ""
    var report = HTMLReport(
      title: isReinforcement ? "Reinforcement training" : "Training",
      subtitle: "\(what)\(history.lastStep) steps in \(ProgressLine.duration(history.wallSeconds)).", origin: origin)
    report.addSection("Result")
    report.addHeadline(headline(history))
    for fault in history.notFinite {
      report.addNote(
        "\(fault.tag) was not a finite number at \(fault.count) of its steps, first at step \(fault.firstStep).")
    }
    if history.courses.isEmpty { report.addParagraph("Nothing has been measured yet.") }
    add(main(figures, isReinforcement), to: &report)
    if let table = validation(history) {
      report.addTable(table, caption: "Validation", rowsMax: 200)
    }
    if isReinforcement {
      report.addSection("Samples and policy")
      add(policy(figures), to: &report)
    }
    let course = [TrainingFigures.learningRate, TrainingFigures.gradientNorm, TrainingFigures.speed]
      .compactMap(figures.figure)
    if !course.isEmpty {
      report.addSection("Optimisation and speed")
      add(course, to: &report)
    }
    addOthers(figures, except: report.figures, to: &report)
    addSamples(history, to: &report)
    if let settings { addSettings(settings, to: &report) }
    return report
  }

  private static func add(_ figures: [LineChart], to report: inout HTMLReport) {
    for figure in figures { report.addFigure(figure) }
  }

  private static func main(_ figures: TrainingFigures, _ isReinforcement: Bool) -> [LineChart] {
    let coin = [ReferenceLine("coin", 0.5)]
    let loss = isReinforcement ? nil : figures.figure(TrainingFigures.loss)
    return [
      figures.reward, loss, figures.parts(of: MetricTag.reward, title: "Reward by part", y: Axis("reward")),
      figures.parts(of: MetricTag.evalLoss, title: "Validation loss by part", y: Axis("loss, nats per token")),
      figures.figure(TrainingFigures.accuracy),
      figures.parts(
        of: MetricTag.evalAccuracy, title: "Validation accuracy by part", y: .rate("accuracy"), references: coin),
      figures.parts(
        of: MetricTag.accuracy, title: "Accuracy of samples by part", y: .rate("accuracy"), references: coin),
      figures.figure(TrainingFigures.evalFaults),
    ].compactMap { $0 }
  }

  private static func policy(_ figures: TrainingFigures) -> [LineChart] {
    [
      TrainingFigures.zeroVariance, TrainingFigures.form, TrainingFigures.aRate, TrainingFigures.kl,
      TrainingFigures.entropy, TrainingFigures.clip, TrainingFigures.length, TrainingFigures.policyLoss,
    ].compactMap(figures.figure)
  }

  /// What no plot before shows.
  private static func addOthers(
    _ figures: TrainingFigures, except shown: [any Plot], to report: inout HTMLReport
  ) {
    let names = Set(shown.map(\.labels.name))
    let planned = plans.filter { names.contains($0.name) }.flatMap { $0.tags.map(\.tag) }
    let parents = [MetricTag.reward, MetricTag.accuracy, MetricTag.evalAccuracy, MetricTag.evalLoss]
    let known = Set(
      planned + parents.flatMap(figures.history.parts) + [MetricTag.reward, MetricTag.rewardDeviation, MetricTag.epoch])
    let others = figures.history.courses.keys.filter { !known.contains($0) }.sorted()
    let spreads = figures.history.distributions.keys.sorted().compactMap(figures.distribution)
    if others.isEmpty, spreads.isEmpty { return }
    report.addSection("Other measurements")
    for spread in spreads { report.addFigure(spread) }
    for figure in others.prefix(otherFiguresMax).compactMap(figures.other) { report.addFigure(figure) }
    if others.count > otherFiguresMax {
      report.addParagraph("In metrics.jsonl only: " + others.dropFirst(otherFiguresMax).joined(separator: ", ") + ".")
    }
  }

  private static let plans = [
    TrainingFigures.loss, TrainingFigures.accuracy, TrainingFigures.evalFaults, TrainingFigures.zeroVariance,
    TrainingFigures.form, TrainingFigures.aRate, TrainingFigures.kl, TrainingFigures.entropy, TrainingFigures.clip,
    TrainingFigures.length, TrainingFigures.learningRate, TrainingFigures.gradientNorm, TrainingFigures.speed,
  ]

  private static func headline(_ history: MetricHistory) -> [(name: String, value: String, note: String)] {
    let epochs = history[MetricTag.epoch]?.last.map { ", \(NumberText.short($0)) epochs" } ?? ""
    let time = ProgressLine.duration(history.wallSeconds) + epochs
    var items: [(name: String, value: String, note: String)] = [
      ("steps", "\(history.lastStep)", time)
    ]
    for (tag, name) in [(MetricTag.reward, "reward"), (MetricTag.loss, "training loss")] {
      guard let course = history[tag], let last = course.recent,
        let first = course.values.first(where: \.isFinite)
      else { continue }
      // Of a policy's objective, the size says nothing.
      if tag == MetricTag.loss, history[MetricTag.reward] != nil { continue }
      items.append((name, NumberText.fixed(last, digits: 3), "of late; first \(NumberText.fixed(first, digits: 3))"))
    }
    func best(_ course: MetricHistory.Course, _ isBetter: (Double, Double) -> Bool) -> (value: Double, step: Int)? {
      zip(course.values, course.steps).filter { $0.0.isFinite }.reduce(nil) { best, next in
        best.map { isBetter(next.0, $0.value) ? (next.0, next.1) : $0 } ?? (next.0, next.1)
      }
    }
    if let course = history[MetricTag.evalLoss], let found = best(course, <) {
      items.append(("best validation loss", NumberText.fixed(found.value, digits: 3), "at step \(found.step)"))
    }
    if let course = history[MetricTag.evalAccuracy], let found = best(course, >) {
      items.append(("best validation accuracy", NumberText.percent(found.value), "at step \(found.step)"))
    }
    if let speeds = history[MetricTag.tokensPerSecond]?.values.filter(\.isFinite).sorted(), !speeds.isEmpty {
      items.append(("tokens per second", NumberText.fixed(speeds[speeds.count / 2], digits: 0), "median"))
    }
    return items
  }

  /// One row for each validation, one column for each measure of it.
  private static func validation(_ history: MetricHistory) -> DataTable? {
    let tags = history.courses.keys.filter { $0.hasPrefix("eval/") }.sorted()
    let steps = Set(tags.flatMap { history[$0]?.steps ?? [] }).sorted()
    if tags.isEmpty { return nil }
    var values: [String: [Int: Double]] = [:]
    for tag in tags {
      guard let course = history[tag] else { continue }
      for (step, value) in zip(course.steps, course.values) { values[tag, default: [:]][step] = value }
    }
    var table = DataTable(columns: ["step"] + tags.map { String($0.dropFirst("eval/".count)) })
    for step in steps {
      let cells = tags.map { tag -> DataTable.Cell in
        let isRate = tag.contains("rate") || tag.hasPrefix(MetricTag.evalAccuracy)
        guard let value = values[tag]?[step] else { return .empty }
        return isRate ? .rate(value) : .number(value, digits: nil)
      }
      table.append([.count(step)] + cells)
    }
    return table
  }

  private static func addSamples(_ history: MetricHistory, to report: inout HTMLReport) {
    let all = history.texts
    if all.isEmpty { return }
    report.addSection("Samples of text")
    let count = min(all.count, sampledStepsMax)
    if all.count > count {
      report.addParagraph("\(count) of the \(all.count) steps that logged samples, the first and the last among them.")
    }
    for index in 0..<count {
      let line = all[count > 1 ? index * (all.count - 1) / (count - 1) : all.count - 1]
      report.addExamples(
        "Step \(line.step)",
        line.texts.sorted { $0.key < $1.key }.map { HTMLReport.Example($0.key, $0.value) }, isOpen: index == count - 1)
    }
  }

  private static func addSettings(_ settings: RunSettings, to report: inout HTMLReport) {
    report.addSection("Settings and data")
    report.addKeyValues(settings.flattened.map { (key: $0.name, value: plain($0.value)) })
    if !settings.inputs.isEmpty {
      var table = DataTable(columns: ["input", "file", "bytes", "SHA-256"])
      for (role, input) in settings.inputs.sorted(by: { $0.key < $1.key }) {
        table.append([
          .text(role), .text(input.path), .count(input.bytes), .text(String(input.sha256.prefix(16)) + "…"),
        ])
      }
      report.addTable(table, caption: "What the run read; whole digests are in settings.json")
    }
    if !settings.versions.isEmpty {
      report.addHeading("Versions")
      report.addKeyValues(settings.versions.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) })
    }
  }

  /// A text without its quotation marks.
  private static func plain(_ json: String) -> String {
    json.count >= 2 && json.hasPrefix("\"") && json.hasSuffix("\"") && !json.contains("\\")
      ? String(json.dropFirst().dropLast()) : json
  }
}
