import Corpora
import Curation
import Foundation
import Reports
import Synchronization
import Testing

/// A run on a directory: the same files for any number of drafts at once, and wherever it was stopped.
@Suite struct CurationJobTests {
  private static let texts = InventedCorpus.texts(authors: 4, each: 8, seed: 6)

  /// Drafts with a person's rival, a free continuation, an imitation of the text and imitations on both sides.
  private static let drafts: [PairDraft] = {
    let settings = PairSettings(
      pairsMax: 24, exemplars: 2, wordsMin: 12, positives: SamplingMix([.intraAuthor: 3, .imitation: 1]),
      negatives: SamplingMix([.random: 1, .continuation: 1, .confounding: 1]), seed: 4)
    return PairBuilder(library: TextLibrary(texts, wordsMax: 220), settings: settings) { text, _ in text }.drafts()
      .drafts
  }()

  /// A model that answers by the request alone: texts, verdicts, refusals and nonsense.
  private static func answer(_ request: WritingRequest) throws(WriterError) -> WrittenText {
    let turn = (request.user.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF) % 9
    if turn == 0 { throw WriterError.refused("filtered") }
    if turn == 1 { return WrittenText(text: "nothing of use") }
    if request.isVerdict {
      let (a, b) = turn % 2 == 0 ? (8, 3) : (3, 8)
      let near = turn % 2 == 0 ? "A" : "B"
      return WrittenText(
        text: """
          <criteria>The exemplars keep to one kind of sentence, and so does the response by their writer.</criteria>
          <eval>Response A and Response B are of one length. So Response \(near) is closer to the exemplars.</eval>
          <scores>A: \(a), B: \(b)</scores>
          """)
    }
    let words = (0..<(request.tokensMax / 2)).map { "w\(turn)x\($0)" + ($0 % 9 == 8 ? "." : "") }
    return WrittenText(text: words.joined(separator: " "))
  }

  private static func run(_ writer: ScriptedWriter) -> CurationRun {
    CurationRun(
      drafts: drafts, places: PairBuilder.places(drafts, seed: 4), teacher: PromptedTeacher(writer), writer: writer,
      check: WritingCheck(lengthRatioMax: 1.43), idPrefix: "t")
  }

  /// Answers after a while that differs from request to request, so that drafts end out of order.
  private static let slow = ScriptedWriter { request async throws(WriterError) in
    for _ in 0..<(request.user.utf8.count % 50) { await Task.yield() }
    return try answer(request)
  }

  private static func job(
    _ folder: ScratchFolder, _ writer: ScriptedWriter = slow, concurrency: Int = 2, batchSize: Int = 3,
    settings: String = "s"
  ) -> CurationJob {
    CurationJob(
      run: run(writer), directory: CurationDirectory(path: folder.path), settings: settings, concurrency: concurrency,
      batchSize: batchSize)
  }

  private static func finish(_ folder: ScratchFolder, _ outcomes: [CurationOutcome]) throws {
    let summary = CurationSummary(
      outcomes: outcomes, shortages: [.noNegative: 2], cleaning: nil, teacher: "scripted", corpus: "c", split: nil)
    let page = CurationReport.page(
      summary, outcomes: outcomes,
      origin: HTMLReport.Origin(program: "t", version: "1", commit: "c", commandLine: "t", date: ""))
    try CurationDirectory(path: folder.path).finish(outcomes, summary: summary, page: page)
  }

  @Test func theDraftsHaveEveryKind() async throws {
    #expect(Set(Self.drafts.map(\.negativeKind)) == ["random", "continuation", "confounding", "imitation"])
    let folder = try ScratchFolder()
    let outcomes = try await Self.job(folder).outcomes { _, _, _ in }
    #expect(outcomes.count == Self.drafts.count)
    var kinds: Set<String> = []
    for outcome in outcomes {
      switch outcome {
      case .kept(let trace):
        kinds.insert("kept")
        #expect((trace.scores.a > trace.scores.b) == (trace.pair.preferred == .a))
      case .dropped(let dropped): kinds.insert(dropped.reason)
      case .unmade(let loss): kinds.insert("unmade " + loss.reason)
      }
    }
    #expect(
      kinds.isSuperset(of: ["kept", "malformed", "refused", "scores_contradict_label", "unmade refused"]), "\(kinds)")
  }

  @Test(arguments: [1, 2, 8, 100]) func anyNumberAtOnceGivesTheSame(concurrency: Int) async throws {
    let (one, other) = (try ScratchFolder(), try ScratchFolder())
    let outcomes = try await Self.job(one, concurrency: 1, batchSize: 1).outcomes { _, _, _ in }
    let others = try await Self.job(other, concurrency: concurrency, batchSize: 64).outcomes { _, _, _ in }
    #expect(outcomes == others)
    try Self.finish(one, outcomes)
    try Self.finish(other, others)
    #expect(try one.files() == other.files())
    #expect(try one.files()["progress.jsonl"] == nil, "the journal goes when all is done")
  }

  @Test(arguments: [0, 1, 2, 5, 11, 20, 33]) func goesOnWhereverItWasStopped(calls: Int) async throws {
    let (whole, parts) = (try ScratchFolder(), try ScratchFolder())
    try Self.finish(whole, try await Self.job(whole).outcomes { _, _, _ in })
    let left = Mutex(calls)
    let failing = ScriptedWriter { request async throws(WriterError) in
      if left.withLock({ count in
        count -= 1; return count < 0
      }) {
        throw WriterError.stopped("no money")
      }
      return try Self.answer(request)
    }
    await #expect(throws: WriterError.stopped("no money")) {
      _ = try await Self.job(parts, failing, concurrency: 3).outcomes { _, _, _ in }
    }
    var resumedFirst: Int?
    let outcomes = try await Self.job(parts, concurrency: 4).outcomes { done, resumed, _ in
      #expect(done >= resumed)
      resumedFirst = resumedFirst ?? resumed
    }
    if calls > 20 { #expect((resumedFirst ?? 0) > 0, "what was finished was kept") }
    try Self.finish(parts, outcomes)
    #expect(try parts.files() == whole.files())
  }

  @Test func aJournalCutAnywhereIsGoneOnFrom() async throws {
    let whole = try ScratchFolder()
    let outcomes = try await Self.job(whole).outcomes { _, _, _ in }
    let journal = try #require(try whole.files()["progress.jsonl"])
    for share in [0.01, 0.1, 0.35, 0.5, 0.77, 0.999] {
      let cut = try ScratchFolder()
      try cut.write(journal.prefix(Int(Double(journal.count) * share)), to: "progress.jsonl")
      #expect(try await Self.job(cut).outcomes { _, _, _ in } == outcomes, "\(share)")
    }
  }

  @Test func refusesTheWorkOfOthersAndBadRecords() async throws {
    let folder = try ScratchFolder()
    _ = try await Self.job(folder).outcomes { _, _, _ in }
    await #expect(throws: WorkJournal<NumberedOutcome>.Fault.otherSettings(path: "\(folder.path)/progress.jsonl")) {
      _ = try await Self.job(folder, settings: "other").outcomes { _, _, _ in }
    }
    try folder.append("{\"records\":[{\"number\":1}]}\n", to: "progress.jsonl")
    do {
      _ = try await Self.job(folder).outcomes { _, _, _ in }
      Issue.record("a bad record was read")
    } catch let error as WorkJournal<NumberedOutcome>.Fault {
      guard case .badRecord(let path, let line, _) = error else { throw error }
      #expect(path.hasSuffix("progress.jsonl") && line > 1 && error.description.contains("line \(line)"))
    }
    try CurationDirectory(path: folder.path).clear()
    #expect(try folder.files().isEmpty)
    try CurationDirectory(path: folder.path).clear()
  }

  @Test func whatIsWrittenIsReadAgain() async throws {
    let folder = try ScratchFolder()
    let outcomes = try await Self.job(folder).outcomes { _, _, _ in }
    try Self.finish(folder, outcomes)
    let directory = CurationDirectory(path: folder.path)
    let pairs: [PreferencePair] = try RecordFile.read(path: directory.pairsPath)
    let traces: [Trace] = try RecordFile.read(path: directory.tracesPath)
    let dropped: [DroppedTrace] = try RecordFile.read(path: directory.droppedPath)
    #expect(pairs == outcomes.compactMap(\.pair) && traces.count + dropped.count == pairs.count)
    #expect(pairs.map(\.id) == pairs.map(\.id).sorted() && Set(pairs.map(\.id)).count == pairs.count)
    #expect(dropped.contains { $0.reason == "malformed" && $0.raw == "nothing of use" })
    let names = try folder.files().keys
    #expect(names.isSuperset(of: ["report.html", "report.json"].map { $0 }) && names.contains { $0.hasSuffix(".csv") })
  }

  @Test func writtenPairsAreOfOneLength() async throws {
    let folder = try ScratchFolder()
    for outcome in try await Self.job(folder).outcomes(progress: { _, _, _ in }) {
      guard let pair = outcome.pair, pair.negativeKind == "imitation" else { continue }
      let ratio = Double(TextCut.wordCount(pair.responseA)) / Double(TextCut.wordCount(pair.responseB))
      #expect(ratio < 1.44 && ratio > 1 / 1.44, "\(ratio)")
    }
  }
}

extension Dictionary<String, Data>.Keys {
  fileprivate func isSuperset(of names: [String]) -> Bool { names.allSatisfy { contains($0) } }
}
