import Judge
import ArgumentParser
import BoundedJSON
import Commands
import Corpora
import DataFiles
import Digests
import Evaluation
import Foundation
import Reports

/// The default: judges pairs and measures the answers.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Judge pairs, and measure the judge beside the floors.",
    discussion: PersrmEval.configuration.discussion)

  @Option(help: "A JSON Lines file of pairs, plain or gzip.")
  var pairs: String

  @Option(help: "Where results.jsonl, summary.json and report.html go; made where it is missing.")
  var output: String

  @Option(help: ArgumentHelp("Which query is shown.", valueName: "query|query_neutral"))
  var queryField = "query_neutral"

  @Option(
    help: ArgumentHelp(
      "How many exemplars are shown; of several the largest is what the main figures are of. (default: all)",
      valueName: "count,…"))
  var exemplars: String?

  @Option(help: ArgumentHelp("Only the first pairs of the file.", valueName: "count"))
  var limit: Int?

  @Option(
    help: ArgumentHelp("Only pairs of this variant, such as standard; may be given several times.", valueName: "name"))
  var variant: [String] = []

  @Option(
    help: ArgumentHelp(
      "Changed pairs of which it is known what a sound judge does: all, or names out of "
        + ProbeKind.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "kind,…"))
  var probes: String?

  @Option(help: ArgumentHelp("Probe only the first pairs.", valueName: "count"))
  var probeLimit: Int?

  @Option(help: ArgumentHelp("A calibration.json: how margins become probabilities.", valueName: "path"))
  var calibration: String?

  @Option(
    help: ArgumentHelp(
      "Fit a calibration to these results and write it here; the pairs must be by validation authors.",
      valueName: "path"))
  var fitCalibration: String?

  @Option(help: "Of the resampling and of what probes draw.")
  var seed: UInt64 = 0

  @Flag(help: "Throw away what the output directory holds of an earlier run.")
  var restart = false

  @OptionGroup var source: JudgeSource

  func validate() throws {
    for (name, value) in [("limit", limit), ("probe-limit", probeLimit)] {
      if let value, value < 1 { throw ValidationError("--\(name) must be at least 1, not \(value)") }
    }
    if EvaluationRun.QueryField(rawValue: queryField) == nil {
      throw ValidationError("--query-field must be query or query_neutral, not \"\(queryField)\"")
    }
    _ = try exemplarCounts()
    let kinds = try probeKinds()
    if source.verdicts != nil, !kinds.isEmpty || exemplars != nil {
      throw ValidationError("--verdicts has answers on the pairs as they stand: no --probes and no --exemplars")
    }
  }

  private func exemplarCounts() throws -> [Int] {
    try (exemplars ?? "").split(separator: ",").map { part in
      guard let count = Int(part), (1...16).contains(count) else {
        throw ValidationError(
          "--exemplars must be numbers in 1...16, not \"\(part)\"; without exemplars: --probes unrelated_exemplars")
      }
      return count
    }
  }

  private func probeKinds() throws -> [ProbeKind] {
    guard let probes else { return [] }
    if probes == "all" { return ProbeKind.allCases }
    return try probes.split(separator: ",").map { name in
      guard let kind = ProbeKind(rawValue: String(name)) else {
        throw ValidationError("--probes: no probe \"\(name)\"")
      }
      return kind
    }
  }

  func run() async throws {
    let directory = EvaluationDirectory(path: output)
    try directory.prepare(restart: restart)
    let all = try readPairs()
    let plan = EvaluationPlan(
      all, exemplars: try exemplarCounts(), probes: try probeKinds(), probeLimit: probeLimit ?? .max, seed: seed)
    let (asker, scorerVersion) = try await source.makeAsker()
    let run = EvaluationRun(
      plan, asker: asker, queryField: EvaluationRun.QueryField(rawValue: queryField) ?? .neutral)
    let journal = try WorkJournal<JudgedPair>(
      path: directory.journalPath, settings: try digest(all, scorerVersion))
    let console = Console(total: plan.items.count)
    let results: [JudgedPair]
    do {
      results = try await run.results(known: journal.found, concurrency: source.concurrency) { result, count in
        try journal.append(result)
        console.show(count, resumed: journal.found.count)
      }
      try journal.flush()
    } catch {
      // What was judged is kept, whatever ended the run.
      try journal.flush()
      throw error
    }
    try report(results, plan, all, asker.name, scorerVersion, directory)
  }

  private func readPairs() throws -> [PreferencePair] {
    var all = try RecordFile.read(PreferencePair.self, path: pairs)
    if !variant.isEmpty { all = all.filter { variant.contains($0.variant ?? "") } }
    if let limit { all = Array(all.prefix(limit)) }
    if all.isEmpty { throw ValidationError("\(pairs) has no pair of the variant \(variant.joined(separator: ", "))") }
    return all
  }

  private func digest(_ all: [PreferencePair], _ scorerVersion: String?) throws -> String {
    var hash = SHA256()
    let words = [
      source.identity, queryField, exemplars ?? "", probes ?? "", "\(probeLimit ?? 0)", "\(seed)", scorerVersion ?? "",
    ]
    hash.update(Array(words.joined(separator: "\n").utf8))
    for pair in all { hash.update(try JSONWriter.bytes(pair)) }
    return Hexadecimal.text(hash.finish())
  }

  private func report(
    _ results: [JudgedPair], _ plan: EvaluationPlan, _ all: [PreferencePair], _ judge: String,
    _ scorerVersion: String?, _ directory: EvaluationDirectory
  ) throws {
    let mainIDs = Set(plan.items.filter(\.isMain).map(\.pair.id))
    let main = results.filter { mainIDs.contains($0.id) || $0.probe != nil }
    let known = try calibration.map { path in
      try Calibration.read(Array(try Data(contentsOf: URL(filePath: path))), file: path)
    }
    let settings = [
      "judge": judge, "method": source.method, "query field": queryField, "pairs": pairs,
      "scorer version": scorerVersion ?? "as recorded",
    ]
    var summary = try EvaluationSummary(main, calibration: known, settings: settings, seed: seed)
    summary.byExemplars = AccuracyEstimate.by(results.filter { $0.probe == nil }, seed: seed) { "\($0.exemplars)" }
    let page = EvaluationReport.page(
      summary, results: main, title: "\(judge), \(source.method)", subtitle: "\(summary.n) pairs of \(pairs)",
      origin: HTMLReport.Origin(
        program: "persrm-eval", version: BuildInfo.version, commit: BuildInfo.commit,
        commandLine: (["persrm-eval"] + CommandLine.arguments.dropFirst()).joined(separator: " "), date: ""),
      cases: EvaluationCases.choose(main.filter { $0.probe == nil }, of: all))
    try directory.finish(results, summary: summary, page: page)
    print(EvaluationTables(summary).plainText)
    if let fitCalibration {
      let fitted = try Calibration.fit(
        results.filter { mainIDs.contains($0.id) }, method: source.method,
        fittedOn: "\(pairs), \(summary.authors) authors")
      try AtomicFile.write(fitted.bytes(), to: fitCalibration)
      print("calibration: temperature \(NumberText.short(fitted.temperature)), written to \(fitCalibration)")
    }
    print("report: \(directory.reportPath)")
  }
}
