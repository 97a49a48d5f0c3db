import ArgumentParser
import BoundedJSON
import Commands
import Evaluation
import Foundation
import Judge
import RemoteInference
import ScoringAPI

/// The flags that say which judge is measured, and what it is asked.
struct JudgeSource: ParsableArguments {
  @Option(help: ArgumentHelp("A PersRM server to ask instead of a model in this process.", valueName: "url"))
  var url: String?

  @Option(help: ArgumentHelp("Answers given earlier, as `persrm score --output` writes them.", valueName: "path"))
  var verdicts: String?

  @Option(help: "Pairs under way at once.")
  var concurrency = 16

  @OptionGroup(title: "Judging") var judging: JudgingOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if url != nil, verdicts != nil { throw ValidationError("Give one of --url and --verdicts.") }
    guard (1...1024).contains(concurrency) else {
      throw ValidationError("--concurrency must be in 1...1024, not \(concurrency)")
    }
  }

  /// The method that is asked for.
  var method: String { judging.method ?? JudgeMethod.reasoning.rawValue }

  /// What decides the answers, for the digest of a run's settings.
  var identity: String {
    let members = judging.members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let weights = [model.source.model ?? "", model.precision ?? "", model.kvType ?? ""].joined(separator: " ")
    // Runs without an adapter keep the identity they had before there were any.
    let adapter = model.source.adapterPath().map { " adapter \($0)" } ?? ""
    return "\(url ?? "") \(verdicts ?? "") \(members) \(weights)\(adapter)"
  }

  /// The judge, and the version of the scorer where it is known.
  func makeAsker() async throws -> (asker: any PairAsker, scorerVersion: String?) {
    if let verdicts {
      let bytes = Array(try Data(contentsOf: URL(filePath: verdicts)))
      return (try RecordedAsker(bytes, file: verdicts), nil)
    }
    if let url { return (try await remoteAsker(url), nil) }
    let options = try model.resolved()
    let (judge, _) = try await makeLocalJudge(options: options, calibrations: model.calibrations())
    let request = try ScoreRequest(.object(Self.anyTexts.merging(judging.members) { _, given in given }))
    return (LocalAsker(judge, options: request.options, name: judge.generator.modelName), judge.scorerVersion)
  }

  private static let anyTexts: [String: JSONValue] = [
    "query": .string("-"), "exemplars": .array([.string("-")]), "response_a": .string("-"), "response_b": .string("-"),
  ]

  private func remoteAsker(_ url: String) async throws -> RemoteAsker {
    var settings = ScoreClient.Settings(address: try ServerAddress(url))
    settings.concurrency = concurrency
    let client = ScoreClient(settings, transport: WebTransport(connectionsMax: concurrency), limiter: nil)
    try await client.waitUntilReady(timeout: .seconds(60))
    let question = RemoteQuestion(
      comparison: Comparison(query: "-", exemplars: ["-"], responseA: "-", responseB: "-"),
      method: judging.method.flatMap(JudgeMethod.init), order: judging.order.flatMap(OrderOption.init),
      samples: judging.samples, temperature: judging.temperature, seed: judging.seed.map(Int64.init),
      minTokens: judging.minTokens, maxTokens: judging.maxTokens, evidence: judging.evidence,
      constrained: judging.unconstrained ? false : nil)
    return RemoteAsker(client, options: question, name: url)
  }
}
