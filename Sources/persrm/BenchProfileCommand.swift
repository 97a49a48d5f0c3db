import ArgumentParser
import Benchmarking
import Commands
import Engine
import Judge
import LocalInference
import Models

/// `persrm bench profile`: where each millisecond of a judgement goes.
struct BenchProfileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Measure where each millisecond of a judgement goes.",
    discussion: """
      Judges the comparisons of `bench score` in this process with a stopwatch in every forward pass, and shows their \
      mean: passes that read prompts and passes that only write, each by stage, and what lies outside of passes. \
      "least ms" is what a stage would take if it read its weights, keys and values at the speed of memory and \
      computed at the peak of the processor, both measured first.

      Example:
        persrm bench profile --json profile-after.json
        persrm bench profile --precision float32 --users 1 --json profile-before.json
      """)

  @OptionGroup(title: "Benchmark") var bench: BenchOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(help: "Comparisons under way at once.")
  var clients = 1

  @Option(help: "Users of the workload, with 8 comparisons each.")
  var users = 8

  @Option(help: ArgumentHelp("Tokens that a judgement writes.", valueName: "tokens"))
  var tokens = 160

  func validate() throws {
    let least = VerdictGrammar.maxTokensMin
    for (name, value, range) in [
      ("tokens", tokens, least...4096), ("clients", clients, 1...1024), ("users", users, 1...1024),
    ] where !range.contains(value) {
      throw ValidationError("--\(name) must be in \(range.lowerBound)...\(range.upperBound), not \(value)")
    }
  }

  func run() async throws {
    let baseline = try bench.readBaseline()
    var options = try model.resolved()
    let profile = PassProfile()
    options.profile = profile
    let machine = bench.machine(threads: options.threads)
    let (judge, model) = try await makeLocalJudge(options: options)
    defer { model.engine.shutDown() }
    var workload = JudgeWorkload()
    workload.users = users
    let judging = JudgeOptions(
      method: .reasoning, sampling: Judge.SamplingParameters(temperature: 0.7), minTokens: tokens, maxTokens: tokens)
    let report = try await ProfileBenchmark(
      LocalTarget(judge, options: judging), profile: profile, workload: workload, roofline: Roofline(machine),
      precision: options.precision, keyValueType: options.keyValueType, repeats: bench.repeats ?? 1,
      progress: bench.makeProgress()
    ).run(clients: clients)
    let origin = bench.origin(
      machine: machine, model: report.model, precision: options.precision.rawValue, threads: options.threads)
    try bench.report(BenchmarkRecord(kind: .profile, origin: origin, rows: report.rows), baseline: baseline)
  }
}
