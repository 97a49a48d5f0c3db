import ArgumentParser
import Benchmarking
import Commands
import Foundation
import Judge
import LocalInference
import Models
import ScoreFiles
import ScoringAPI

/// `persrm bench score`: comparisons as a trainer sends them.
struct BenchScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Measure judgements a second, in this process or over HTTP.",
    discussion: """
      64 comparisons, 8 of each of 8 users: about 1,040 tokens of each prompt are shared by one user's comparisons, \
      about 370 are its own, and 160 are written at temperature 0.7. Each repeat has other texts.

      Example:
        persrm bench score --clients 1,8,16 --json score.json
        persrm bench score --url http://127.0.0.1:8000 --pid "$(pidof persrm)" --clients 8
        persrm bench score --input pairs.jsonl --clients 16 --repeats 1
      """)

  @OptionGroup(title: "Benchmark") var bench: BenchOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(
    help: ArgumentHelp("Comparisons under way at once; several numbers are measured in turn.", valueName: "n,n,…"),
    transform: Self.numbers)
  var clients = [1, 8, 16]

  @Option(
    help: ArgumentHelp("How comparisons are judged: reasoning, verdict or likelihood.", valueName: "method"),
    transform: Self.method)
  var method = JudgeMethod.reasoning

  @Option(help: ArgumentHelp("Tokens that reasoning writes.", valueName: "tokens"))
  var tokens = 160

  @Option(help: "Ask a running service instead of judging in this process.", transform: Self.address)
  var url: URL?

  @Option(help: "Report this process's peak memory instead of this one's own.")
  var pid: Int?

  @Option(
    help: ArgumentHelp(
      "Judge the comparisons of a JSON Lines file, plain or gzip, instead of made-up ones.", valueName: "file"))
  var input: String?

  func validate() throws {
    let least = VerdictGrammar.maxTokensMin
    guard (least...4096).contains(tokens) else { throw ValidationError("--tokens must be in \(least)...4096") }
    if input != nil, clients.count > 1 || bench.repeats ?? 1 > 1 {
      throw ValidationError(
        "--input goes with one number of --clients and one repeat: another would find the prefixes of the first in "
          + "the cache")
    }
  }

  private var judging: JudgeOptions {
    JudgeOptions(
      method: method, sampling: SamplingParameters(temperature: 0.7), minTokens: tokens, maxTokens: tokens)
  }

  func run() async throws {
    let baseline = try bench.readBaseline()
    let source = try source()
    let threads = try model.resolvedThreads()
    let machine = bench.machine(threads: threads)
    let target: any JudgingTarget
    if let url {
      target = HTTPTarget(url, options: judging, clients: clients.max() ?? 1)
    } else {
      target = LocalTarget(try await makeLocalJudge(options: try model.resolved()).judge, options: judging)
    }
    let report = try await ScoreBenchmark(
      target, source: source, name: url == nil ? method.rawValue : "\(method.rawValue) over HTTP",
      repeats: input == nil ? bench.repeats ?? 3 : 1, progress: bench.makeProgress()
    ).run(clients: clients)
    var rows = report.rows
    if url == nil || pid != nil { rows += Self.peakMemory(of: pid) }
    let precision = url == nil ? try model.resolved().precision.rawValue : nil
    let origin = bench.origin(
      machine: machine, model: report.model, precision: precision, threads: url == nil ? threads : nil)
    try bench.report(BenchmarkRecord(kind: .score, origin: origin, rows: rows), baseline: baseline)
  }

  private func source() throws -> ScoreBenchmark.Source {
    guard let input else { return .workload(JudgeWorkload()) }
    return .fixed(try ComparisonFile().read(path: input).map(\.request.comparison))
  }

  private static func peakMemory(of process: Int?) -> [BenchmarkRow] {
    guard let bytes = ProcText.peakResidentBytes(of: process),
      let measurement = Measurement([Double(bytes) / 1_048_576])
    else { return [] }
    return [BenchmarkRow(name: "peak memory", unit: "MiB", goal: .lower, measurement)]
  }

  // MARK: Arguments

  private static func numbers(_ text: String) throws -> [Int] {
    let numbers = text.split(separator: ",").map { Int($0) ?? 0 }
    guard !numbers.isEmpty, numbers.allSatisfy({ (1...1024).contains($0) }) else {
      throw ValidationError("--clients takes numbers in 1...1024 with commas between, not \"\(text)\"")
    }
    return numbers
  }

  private static func method(_ text: String) throws -> JudgeMethod {
    guard let method = JudgeMethod(rawValue: text) else {
      let known = JudgeMethod.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--method must be one of \(known), not \"\(text)\"")
    }
    return method
  }

  private static func address(_ text: String) throws -> URL {
    guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", url.host() != nil else {
      throw ValidationError("--url must be like http://127.0.0.1:8000, not \"\(text)\"")
    }
    return url
  }
}
