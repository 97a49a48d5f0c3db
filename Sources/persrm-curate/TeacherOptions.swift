import ArgumentParser
import Commands
import Curation
import Digests
import Foundation
import LocalInference
import RemoteInference

/// The flags that say who judges the pairs, and who writes what a machine is to write.
struct TeacherOptions: ParsableArguments {
  /// A source of judgements or texts.
  enum Source: String, ExpressibleByArgument, CaseIterable {
    case none
    case stylometric
    case local
    case openai
  }

  @Option(
    help: ArgumentHelp(
      "Who writes criteria, evaluation and scores. stylometric: measurements, no language model. local: the model of "
        + "--model. openai: any service with an OpenAI-compatible chat route.", valueName: "stylometric|local|openai"))
  var teacher = Source.stylometric

  @Option(
    help: ArgumentHelp(
      "Who writes machine-written responses, where --positives or --negatives have such. (default: the teacher, where "
        + "it can write)", valueName: "none|local|openai"))
  var writer: Source?

  @Option(help: ArgumentHelp("Where the service is: with or without /v1. (env: OPENAI_BASE_URL)", valueName: "url"))
  var openaiUrl: String?

  @Option(help: ArgumentHelp("The service's name of the model.", valueName: "name"))
  var openaiModel: String?

  @Option(
    help: ArgumentHelp("A file that holds the service's key. (default: the variable OPENAI_API_KEY)", valueName: "path")
  )
  var openaiKeyFile: String?

  @Option(help: ArgumentHelp("Requests a minute at most.", valueName: "count"))
  var requestsPerMinute: Int?

  @Option(help: ArgumentHelp("Tokens a minute at most.", valueName: "count"))
  var tokensPerMinute: Int?

  @Option(help: ArgumentHelp("Stop after so many requests, of all runs on this output.", valueName: "count"))
  var requestsMax: Int?

  @Option(help: ArgumentHelp("Stop before more is spent, in the currency of the prices.", valueName: "amount"))
  var costMax: Double?

  @Option(help: ArgumentHelp("Price of a million tokens of prompt.", valueName: "amount"))
  var priceIn = 0.0

  @Option(help: ArgumentHelp("Price of a million tokens of completion.", valueName: "amount"))
  var priceOut = 0.0

  @Option(
    help: ArgumentHelp("How freely a language model judges: 0 takes the likeliest word always.", valueName: "0...2"))
  var teacherTemperature = 0.7

  @Flag(help: "Ask the service again what it refused before.")
  var retryRefused = false

  func validate() throws {
    if teacher == .none { throw ValidationError("--teacher must be stylometric, local or openai") }
    if writer == .stylometric { throw ValidationError("--writer must be none, local or openai") }
    if teacher == .openai || writer == .openai {
      if openaiModel == nil { throw ValidationError("an openai teacher or writer needs --openai-model") }
      if address == nil { throw ValidationError("an openai teacher or writer needs --openai-url or OPENAI_BASE_URL") }
    }
    for (name, value) in [
      ("requests-per-minute", requestsPerMinute), ("tokens-per-minute", tokensPerMinute), ("requests-max", requestsMax),
    ] {
      if let value, value < 1 { throw ValidationError("--\(name) must be at least 1, not \(value)") }
    }
    for (name, value) in [("price-in", priceIn), ("price-out", priceOut), ("cost-max", costMax ?? 0)] {
      guard value >= 0, value.isFinite else { throw ValidationError("--\(name) must be 0 or more, not \(value)") }
    }
    guard (0...2).contains(teacherTemperature) else {
      throw ValidationError("--teacher-temperature must be in 0...2, not \(teacherTemperature)")
    }
  }

  private var address: String? { openaiUrl ?? ProcessInfo.processInfo.environment["OPENAI_BASE_URL"] }

  /// The writer's source; the teacher's where none is named.
  var writerSource: Source { writer ?? (teacher == .stylometric ? .none : teacher) }

  var usesLocalModel: Bool { teacher == .local || writerSource == .local }

  /// What decides the answers, for the digest of a run's settings. Rates and prices do not.
  var identity: String {
    "\(teacher) \(writerSource) \(openaiModel ?? "") \(teacher == .stylometric ? 0 : teacherTemperature)"
  }

  /// The teacher and the writer.
  ///
  /// - Parameters:
  ///   - local: makes the local model, at most once.
  ///   - journal: where answers of a service are kept.
  func make(
    local: () async throws -> LocalGenerator, journal: String
  ) async throws -> (teacher: any PairTeacher, writer: (any TextWriter)?, chat: ChatClient?) {
    var made: [Source: any TextWriter] = [:]
    var chat: ChatClient?
    for source in Set([teacher, writerSource]).sorted(by: { $0.rawValue < $1.rawValue }) {
      switch source {
      case .local:
        let generator = try await local()
        made[source] = GeneratorTextWriter(generator, name: generator.modelName)
      case .openai:
        let client = try chatClient(journal: journal)
        chat = client
        made[source] = ChatTextWriter(client, name: openaiModel ?? "")
      case .none, .stylometric: break
      }
    }
    let teacher: any PairTeacher =
      if let writer = made[teacher] { PromptedTeacher(writer, temperature: teacherTemperature) } else {
        StylometricTeacher()
      }
    return (teacher, made[writerSource], chat)
  }

  private func chatClient(journal: String) throws -> ChatClient {
    let key =
      if let openaiKeyFile { try APIKey(file: openaiKeyFile) } else {
        try APIKey(environmentVariable: "OPENAI_API_KEY")
      }
    var settings = ChatClient.Settings(
      address: try ServerAddress(address ?? ""), model: openaiModel ?? "", key: key)
    settings.budget = Budget(requestsMax: requestsMax, costMax: costMax, priceIn: priceIn, priceOut: priceOut)
    settings.retriesRefused = retryRefused
    return ChatClient(
      settings, transport: WebTransport(connectionsMax: settings.concurrency),
      limiter: RateLimiter(requestsPerMinute: requestsPerMinute, tokensPerMinute: tokensPerMinute),
      journal: try RequestJournal(path: journal))
  }
}
