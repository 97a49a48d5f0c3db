import ArgumentParser
import BoundedJSON
import Commands
import DataFiles
import Foundation
import Judge
import ScoreFiles
import ScoringAPI

/// `persrm score`: one comparison, or a file of them, judged in this process.
struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Judge one comparison, or a file of them, without a server.",
    discussion: """
      A file:
        persrm score --input pairs.jsonl.gz --output verdicts.jsonl

      Each line of the input is an object with query, exemplars, response_a and
      response_b, and if known id and preferred ("A" or "B"). The output has one
      answer per line, in the same order. If it exists, its answers are kept and
      only what is missing is judged. Without --output, answers go to standard
      output.

      One comparison:
        persrm score --query 'Write a note.' --exemplar @mine.txt \\
          --response-a @a.txt --response-b 'Dear all, …'
        persrm score --comparison comparison.json --format text
      """)

  /// How one answer is printed.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case json
    case text
  }

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Judging") var judging: JudgingOptions

  @Option(help: "A JSON Lines file of comparisons, plain or gzip; - is standard input.")
  var input: String?

  @Option(help: "Where the answers go, one per line; continued if it exists.")
  var output: String?

  @Option(help: "Write the summary as JSON to this file too.")
  var summary: String?

  @Option(help: "The member of each object that holds the query.")
  var queryField = "query"

  @Option(help: ArgumentHelp("Use only the first exemplars of each comparison.", valueName: "count"))
  var exemplars: Int?

  @Option(help: ArgumentHelp("Judge only the first comparisons of the input.", valueName: "count"))
  var limit: Int?

  @Option(help: "Comparisons under way at once; more than --parallel only wait.")
  var concurrency = 16

  @Option(help: "One comparison as a JSON file; a saved body of POST /score is one. - is standard input.")
  var comparison: String?

  @Option(help: "The query of one comparison. A text that begins with @ is read from that file.")
  var query: String?

  @Option(help: "A text that the person wrote; may be given several times.")
  var exemplar: [String] = []

  @Option(name: .customLong("response-a"), help: "The first response.")
  var responseA: String?

  @Option(
    name: .customLong("response-b"),
    help: "The second response; without it, --method likelihood scores the first by itself.")
  var responseB: String?

  @Option(help: "How one answer is printed: json or text.")
  var format = Format.json

  func validate() throws {
    let hasTexts = query != nil || responseA != nil || responseB != nil || !exemplar.isEmpty
    guard [input != nil, comparison != nil, hasTexts].count(where: { $0 }) == 1 else {
      throw ValidationError(
        "Give one of --input, --comparison, or a comparison by --query, --exemplar, --response-a and --response-b.")
    }
    let lacksB = responseB == nil && judging.method != "likelihood"
    if hasTexts, query == nil || responseA == nil || lacksB || exemplar.isEmpty {
      throw ValidationError("A comparison needs --query, at least one --exemplar, --response-a and --response-b.")
    }
    if input == nil, output != nil || summary != nil || limit != nil {
      throw ValidationError("--output, --summary and --limit go with --input.")
    }
    for (name, value) in [("exemplars", exemplars), ("limit", limit), ("concurrency", concurrency)] {
      if let value, value < 1 { throw ValidationError("--\(name) must be at least 1.") }
    }
    if concurrency > Self.concurrencyMax { throw ValidationError("--concurrency is at most \(Self.concurrencyMax).") }
  }

  /// More than any engine batches: beyond it comparisons would only wait.
  private static let concurrencyMax = 1024

  func run() async throws {
    if let input { try await judgeFile(input) } else { try await judgeOne() }
  }

  private func fields(readsOptions: Bool) -> ComparisonFields {
    ComparisonFields(
      query: queryField, exemplarsMax: exemplars, options: judging.members, readsOptions: readsOptions)
  }

  // MARK: One comparison

  private func judgeOne() async throws {
    let record: ComparisonRecord
    if let comparison {
      record = try ComparisonFile(fields: fields(readsOptions: true)).readOne(path: comparison)
    } else {
      record = try recordOfFlags()
    }
    let answer = try await makeAnswerer().answer(record)
    switch format {
    case .json: print(try JSONWriter.text(JSONValue.object(answer.members), indented: true))
    case .text: print(answer.text)
    }
  }

  private func recordOfFlags() throws -> ComparisonRecord {
    var members: [String: JSONValue] = [
      queryField: .string(try Self.text(query ?? "")),
      "exemplars": .array(try exemplar.map { .string(try Self.text($0)) }),
      "response_a": .string(try Self.text(responseA ?? "")),
    ]
    if let responseB { members["response_b"] = .string(try Self.text(responseB)) }
    do throws(APIError) {
      let request = try fields(readsOptions: false).request(of: .object(members))
      return ComparisonRecord(index: 0, line: 1, request: request)
    } catch {
      throw ValidationError(error.fields.map(\.sentence).joined(separator: "; "))
    }
  }

  /// A text as given, or, after @, the content of a file without its last line break.
  private static func text(_ argument: String) throws -> String {
    guard argument.hasPrefix("@") else { return argument }
    let path = String(argument.dropFirst())
    do {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      return text.hasSuffix("\n") ? String(text.dropLast()) : text
    } catch {
      throw ValidationError("cannot read \(path) as UTF-8 text")
    }
  }

  // MARK: A file of comparisons

  private func judgeFile(_ input: String) async throws {
    let file = ComparisonFile(fields: fields(readsOptions: false), limit: limit)
    let records = try file.read(path: input)
    let answerer = try await makeAnswerer()
    let version = answerer.judge.scorerVersion
    let start = ContinuousClock.now
    let now = { (ContinuousClock.now - start) / .seconds(1) }
    var answers =
      if let output { try ScoreOutput(path: output, records: records, scorerVersion: version, now: now) } else {
        ScoreOutput(standardOutputWithClock: now)
      }
    let run = ScoreRun(records: records, scorerVersion: version, concurrency: concurrency) { record in
      try await answerer.answer(record)
    }
    var line = ProgressLine(total: records.count, isTerminal: isatty(STDERR_FILENO) == 1)
    let result = try await run.run(output: &answers, now: now) { summary in
      if let text = line.update(summary.progress, now: now()) { FileHandle.standardError.write(Data(text.utf8)) }
    }
    FileHandle.standardError.write(Data((result.text + "\n").utf8))
    if let summary {
      let document = Data(try JSONWriter.bytes(result.json, indented: true) + [UInt8(ascii: "\n")])
      try document.write(to: URL(filePath: summary), options: .atomic)
    }
  }

  private func makeAnswerer() async throws -> PairAnswerer {
    let (judge, _) = try await makeLocalJudge(options: model.resolved(), calibrations: model.calibrations())
    let start = ContinuousClock.now
    return PairAnswerer(
      judge: judge,
      surroundings: PairAnswerer.Surroundings(
        milliseconds: { (ContinuousClock.now - start) / .milliseconds(1) },
        seconds: { Int(Date().timeIntervalSince1970) },
        identifier: { UUID().uuidString.lowercased().replacing("-", with: "") }))
  }
}
