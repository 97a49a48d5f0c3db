import ArgumentParser
import Commands
import Corpora
import Curation
import DataFiles
import Digests
import Foundation
import Lexicon
import LocalInference
import RemoteInference
import Reports

/// `persrm-curate`: from a corpus to pairs and traces.
@main
struct PersrmCurate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "persrm-curate",
    abstract: "Make contrastive pairs and reasoning traces of a corpus of texts by author.",
    discussion: """
      Example:
        persrm-curate --corpus texts.jsonl.gz --splits splits.json --split train \\
          --teacher stylometric --pairs 5000 --seed 1 --output curated

      The corpus is a JSON Lines file (author, doc_id, genre, topic, text; plain
      or gzip) or a folder author/*.txt. The output has pairs.jsonl.gz,
      traces.jsonl.gz, dropped.jsonl.gz (with the reason of each), report.html and
      report.json. A run that was stopped goes on when it is started again with
      the same flags.
      """,
    version: "persrm-curate \(BuildInfo.version) (\(BuildInfo.commit))")

  @Option(help: "A JSON Lines file or a folder of texts by author.")
  var corpus: String

  @Option(help: "A JSON file of author lists by split.")
  var splits: String?

  @Option(help: ArgumentHelp("Use only the authors of this split.", valueName: "train|validation|test|holdout"))
  var split: String?

  @Option(help: ArgumentHelp("Use only texts of this genre; may be given several times.", valueName: "genre"))
  var genre: [String] = []

  @Option(help: "Where everything is written to; made where it is missing.")
  var output: String

  @Option(help: ArgumentHelp("Judge only the first so many pairs: for a try.", valueName: "count"))
  var limit: Int?

  @Option(help: ArgumentHelp("What identifiers of pairs begin with. (default: the corpus's name)", valueName: "text"))
  var idPrefix: String?

  @Option(help: ArgumentHelp("Where WordNet's files are, for lexical positives.", valueName: "path"))
  var wordnet = WordNet.standardPath

  @Flag(help: "Take the texts as they are: no by-lines, boilerplate or near-duplicates removed.")
  var noCleaning = false

  @Option(help: ArgumentHelp("Leave out texts of fewer words, when cleaning.", valueName: "words"))
  var textWordsMin = 100

  @Option(help: "Pairs under way at once. (default: the number of cores; 16 with a language model)")
  var concurrency: Int?

  @Flag(help: "Throw away what the output directory holds of an earlier run.")
  var restart = false

  @OptionGroup(title: "Pairs") var pairs: PairOptions
  @OptionGroup(title: "Teacher") var teaching: TeacherOptions
  @OptionGroup(title: "Local model") var model: ModelOptions

  func validate() throws {
    if split != nil, splits == nil { throw ValidationError("--split needs --splits") }
    if let split, AuthorSplits.Split(rawValue: split) == nil {
      let known = AuthorSplits.Split.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--split must be one of \(known), not \"\(split)\"")
    }
    for (name, value) in [("limit", limit), ("concurrency", concurrency)] {
      if let value, value < 1 { throw ValidationError("--\(name) must be at least 1, not \(value)") }
    }
    let settings = try pairs.settings()
    let needsWriter =
      settings.positives.contains(.imitation)
      || NegativeKind.allCases.contains {
        $0.isMachineWritten && settings.negatives.contains($0)
      }
    if needsWriter, teaching.writerSource == .none {
      throw ValidationError("imitation, continuation and confounding are written by a language model: give --writer")
    }
  }

  func run() async throws {
    let directory = try makeDirectory()
    let settings = try pairs.settings()
    let (texts, cleaning) = try readCorpus()
    let builder = try makeBuilder(texts, settings)
    let console = Console()
    let (all, shortages) = builder.drafts { done, of in console.show("pairs", done, of: of) }
    if all.isEmpty { throw ValidationError("no pair could be made of \(corpus): \(shortages)") }
    let places = PairBuilder.places(all, seed: settings.seed)
    let drafts = Array(all.prefix(limit ?? .max))
    let (teacher, writer, chat) = try await teaching.make(
      local: { try LocalGenerator(try await loadLocalModel(model.resolved())) },
      journal: directory.path + "/requests.jsonl")
    let run = CurationRun(
      drafts: drafts, places: Array(places.prefix(drafts.count)), teacher: teacher, writer: writer,
      check: WritingCheck(lengthRatioMax: settings.lengthRatioMax), idPrefix: idPrefix ?? name)
    let job = CurationJob(
      run: run, directory: directory, settings: try settingsDigest(texts),
      concurrency: concurrency ?? (teaching.teacher == .stylometric && writer == nil ? cores : 16),
      batchSize: teaching.teacher == .stylometric && writer == nil ? 64 : 1)
    let outcomes = try await job.outcomes { done, resumed, notes in
      console.show("traces", done, of: drafts.count, resumed: resumed, notes: notes)
    }
    let summary = CurationSummary(
      outcomes: outcomes, shortages: shortages, cleaning: cleaning, teacher: teacher.name, corpus: name, split: split)
    let page = CurationReport.page(summary, outcomes: outcomes, origin: origin)
    try directory.finish(outcomes, summary: summary, page: page)
    console.finish(CurationTable.text(summary))
    if let chat { console.finish(CurationTable.text(chat.counters)) }
    console.finish("report: \(directory.reportPath)")
  }

  private var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// The corpus's name: of its folder where the file is called as all are.
  private var name: String {
    let parts = corpus.split(separator: "/").map(String.init)
    let stem = String((parts.last ?? "corpus").prefix { $0 != "." })
    return stem == "texts" && parts.count > 1 ? parts[parts.count - 2] : stem
  }

  private var origin: HTMLReport.Origin {
    HTMLReport.Origin(
      program: "persrm-curate", version: BuildInfo.version, commit: BuildInfo.commit,
      commandLine: commandLine, date: "")
  }

  /// As it was given, but for where the output goes and what was there: the same work has the same report.
  private var commandLine: String {
    var words = ["persrm-curate"]
    var isValue = false
    for word in CommandLine.arguments.dropFirst() {
      if !isValue, word != "--output", !word.hasPrefix("--output="), word != "--restart" { words.append(word) }
      isValue = word == "--output"
    }
    return words.joined(separator: " ")
  }

  private func makeDirectory() throws -> CurationDirectory {
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    let directory = CurationDirectory(path: output)
    if restart {
      try directory.clear()
    } else if FileManager.default.fileExists(atPath: directory.reportPath) {
      throw CurationDirectory.Fault.finished(path: output)
    }
    return directory
  }

  private func readCorpus() throws -> (texts: [CorpusText], cleaning: CleaningReport?) {
    var texts = try Corpus.read(path: corpus).texts
    if let splits, let split = split.flatMap(AuthorSplits.Split.init(rawValue:)) {
      let authors = Set(try AuthorSplits.read(path: splits).authors(in: split))
      texts = texts.filter { authors.contains($0.author) }
      if texts.isEmpty { throw ValidationError("\(corpus) has no text by an author of the split \(split.rawValue)") }
    }
    if !genre.isEmpty {
      texts = texts.filter { genre.contains($0.genre ?? "") }
      if texts.isEmpty { throw ValidationError("\(corpus) has no text of the genre \(genre.joined(separator: ", "))") }
    }
    if noCleaning { return (texts, nil) }
    var options = CleaningOptions()
    options.wordsMin = textWordsMin
    let cleaned = CorpusCleaning(options: options).clean(Corpus(texts: texts))
    return (cleaned.corpus.texts, cleaned.report)
  }

  private func makeBuilder(_ texts: [CorpusText], _ settings: PairSettings) throws -> PairBuilder {
    let perturbation =
      settings.positives.contains(.lexical) ? LexicalPerturbation(wordNet: try WordNet.read(path: wordnet)) : nil
    return PairBuilder(library: TextLibrary(texts, wordsMax: settings.wordsMax), settings: settings) { text, seed in
      perturbation?.perturb(text, seed: seed)?.text
    }
  }

  /// The weights of a local teacher as they are named. Runs without an adapter keep the identity they had before there
  /// were any.
  private var weightsIdentity: String {
    (model.source.model ?? "") + (model.source.adapterPath().map { " adapter \($0)" } ?? "")
  }

  /// A digest of everything that decides what comes out.
  private func settingsDigest(_ texts: [CorpusText]) throws -> String {
    var hash = SHA256()
    let words = [
      BuildInfo.version, BuildInfo.commit, pairs.identity, teaching.identity, "\(limit ?? 0)", idPrefix ?? name,
      "\(noCleaning)",
      "\(textWordsMin)", genre.joined(separator: " "), split ?? "",
      wordnet, teaching.usesLocalModel ? weightsIdentity : "",
    ]
    hash.update(Array(words.joined(separator: "\n").utf8))
    if let path = pairs.queryForms { hash.update(Array(try Data(contentsOf: URL(filePath: path)))) }
    for text in texts {
      let fields = [text.author, text.documentID, text.genre ?? "", text.topic ?? "", text.text]
      hash.update(Array((fields.joined(separator: "\u{0}") + "\u{0}").utf8))
    }
    return Hexadecimal.text(hash.finish())
  }
}
