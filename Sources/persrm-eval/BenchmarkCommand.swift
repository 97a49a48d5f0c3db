import ArgumentParser
import BoundedJSON
import Commands
import Corpora
import DataFiles
import Digests
import Evaluation
import Foundation
import Reports

/// A public benchmark's file, judged and measured as that benchmark does.
struct BenchmarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Judge a public benchmark's rows and print its own figures.",
    discussion: """
      Example:
        persrm-eval bench personalized-rewardbench test.jsonl --output results
        persrm-eval bench judgebench gpt.jsonl --exemplar @mine.txt --output results

      The files are the benchmarks' own, JSON or JSON Lines. All but
      personalized-rewardbench have no author: give a text with --exemplar.
      """)

  enum Benchmark: String, ExpressibleByArgument, CaseIterable {
    case rewardbench
    case rewardbench2
    case rmBench = "rm-bench"
    case judgebench
    case personalized = "personalized-rewardbench"
  }

  @Argument(help: "Which benchmark.")
  var benchmark: Benchmark

  @Argument(help: "Its rows.")
  var file: String

  @Option(help: "Where the benchmark's own output files go; made where it is missing.")
  var output: String

  @Option(help: "A text whose style is asked for; may be given several times. A text that begins with @ is a file's.")
  var exemplar: [String] = []

  @Option(help: ArgumentHelp("Texts of a profile that are shown.", valueName: "count"))
  var profileTexts = 3

  @Option(help: "Of which response is shown first.")
  var seed: UInt64 = 42

  @Flag(help: "The first ten rows only.")
  var debug = false

  @Flag(help: "Throw away what the output directory holds of an earlier run.")
  var restart = false

  @OptionGroup var source: JudgeSource

  func validate() throws {
    if benchmark == .personalized {
      if !exemplar.isEmpty { throw ValidationError("\(benchmark.rawValue) has its own exemplars: no --exemplar") }
    } else if exemplar.isEmpty {
      throw ValidationError("\(benchmark.rawValue) has no author: give a text with --exemplar")
    }
    guard (1...16).contains(profileTexts) else { throw ValidationError("--profile-texts must be in 1...16") }
    if source.verdicts != nil { throw ValidationError("bench asks a judge: no --verdicts") }
  }

  func run() async throws {
    let directory = EvaluationDirectory(path: output)
    try directory.prepare(restart: restart)
    let bytes = Array(try Data(contentsOf: URL(filePath: file)))
    let rows = try BenchmarkRow.read(bytes, file: file, debug: debug)
    let (pairs, score) = try benchmarkOf(rows, exemplars: exemplar.map(text))
    let (asker, scorerVersion) = try await source.makeAsker()
    let run = EvaluationRun(
      EvaluationPlan(pairs, seed: seed), asker: asker, queryField: .query, floors: [])
    let identity = [
      benchmark.rawValue, source.identity, scorerVersion ?? "", "\(seed) \(profileTexts) \(debug) \(exemplar)",
    ]
    let journal = try WorkJournal<JudgedPair>(
      path: directory.journalPath,
      settings: Hexadecimal.text(SHA256.hash(Array(identity.joined(separator: "\n").utf8) + bytes)))
    let console = Console(total: pairs.count)
    let results = try await run.results(known: journal.found, concurrency: source.concurrency) { result, count in
      try journal.append(result)
      console.show(count, resumed: journal.found.count)
    }
    try journal.flush()
    let measured = try score(results, asker.name)
    for file in measured.files { try AtomicFile.write(file.bytes, to: "\(output)/\(file.name)") }
    print(measured.table.plainText)
    for line in measured.printed { print(line) }
    try FileManager.default.removeItem(atPath: directory.journalPath)
  }

  private typealias Scoring = ([JudgedPair], _ model: String) throws -> BenchmarkScore

  private func benchmarkOf(
    _ rows: [BenchmarkRow], exemplars: [String]
  ) throws -> (pairs: [PreferencePair], score: Scoring) {
    let seed = seed
    let name = URL(filePath: file).deletingPathExtension().lastPathComponent
    switch benchmark {
    case .rewardbench:
      let bench = try RewardBench(rows)
      return (bench.pairs(exemplars: exemplars, seed: seed), { try bench.score($0, model: $1) })
    case .rewardbench2:
      let bench = try RewardBench2(rows)
      return (bench.pairs(exemplars: exemplars, seed: seed), { try bench.score($0, model: $1) })
    case .rmBench:
      let bench = try RMBench(rows)
      return (bench.pairs(exemplars: exemplars, seed: seed), { try bench.score($0, model: $1) })
    case .judgebench:
      let bench = try JudgeBench(rows)
      return (bench.pairs(exemplars: exemplars), { try bench.score($0, dataset: name, model: $1) })
    case .personalized:
      let bench = try PersonalizedRewardBench(rows)
      return (
        bench.pairs(exemplars: profileTexts, seed: seed),
        { try bench.score($0, subset: "all", split: name, model: $1, seed: seed) }
      )
    }
  }

  /// A text as given, or, after @, a file's.
  private func text(_ argument: String) throws -> String {
    guard argument.hasPrefix("@") else { return argument }
    return try String(contentsOfFile: String(argument.dropFirst()), encoding: .utf8)
  }
}
