package import Corpora
import Judge

/// Turns drafts into traces: has written what is to be written, has each pair judged, and filters the judgements.
///
/// Drafts are independent of each other, each with its own seed, so they run side by side and end in any order; what
/// comes out is the same for any number of them at once.
package struct CurationRun: Sendable {
  private let drafts: [PairDraft]
  private let places: [PreferencePair.Slot]
  private let teacher: any PairTeacher
  private let writer: (any TextWriter)?
  private let filter: FaithfulnessFilter
  private let check: WritingCheck
  private let idPrefix: String

  /// - Parameters:
  ///   - places: of each draft, which response is preferred.
  ///   - writer: writes the machine-written responses; may be nil where no draft has one.
  ///   - idPrefix: what the pairs' identifiers begin with.
  /// - Precondition: as many places as drafts; a writer where one is needed.
  package init(
    drafts: [PairDraft], places: [PreferencePair.Slot], teacher: any PairTeacher, writer: (any TextWriter)?,
    filter: FaithfulnessFilter = FaithfulnessFilter(), check: WritingCheck, idPrefix: String
  ) {
    precondition(drafts.count == places.count, "a place for each draft")
    precondition(writer != nil || drafts.allSatisfy { $0.orders.isEmpty }, "machine text needs a writer")
    self.drafts = drafts
    self.places = places
    self.teacher = teacher
    self.writer = writer
    self.filter = filter
    self.check = check
    self.idPrefix = idPrefix
  }

  package var count: Int { drafts.count }

  /// Works on all drafts but those that are done.
  ///
  /// - Parameters:
  ///   - done: numbers of drafts whose outcome is known.
  ///   - concurrency: how many at once, 1 or more.
  ///   - finished: takes each outcome as it comes, one at a time; what it throws ends the run.
  /// - Throws: `WriterError.stopped`, or what `finished` throws.
  package func run(
    except done: Set<Int>, concurrency: Int, finished: (NumberedOutcome) throws -> Void
  ) async throws {
    precondition(concurrency > 0)
    let open = drafts.indices.filter { !done.contains(drafts[$0].number) }
    try await withThrowingTaskGroup(of: NumberedOutcome.self) { group in
      var next = 0
      while next < min(concurrency, open.count) {
        let index = open[next]
        group.addTask { try await outcome(index) }
        next += 1
      }
      while let outcome = try await group.next() {
        if next < open.count {
          let index = open[next]
          group.addTask { try await self.outcome(index) }
          next += 1
        }
        try finished(outcome)
      }
    }
  }

  private func outcome(_ index: Int) async throws -> NumberedOutcome {
    var draft = drafts[index]
    if let loss = try await write(&draft) {
      return NumberedOutcome(number: draft.number, outcome: .unmade(loss))
    }
    let padded = String(repeating: "0", count: max(0, 5 - "\(draft.number)".count)) + "\(draft.number)"
    guard let pair = draft.pair(id: "\(idPrefix)-\(padded)", preferred: places[index]) else {
      preconditionFailure("everything is written")
    }
    return NumberedOutcome(number: draft.number, outcome: try await judged(pair, seed: draft.seed))
  }

  private func judged(_ pair: PreferencePair, seed: UInt64) async throws -> CurationOutcome {
    func dropped(_ reason: String, _ detail: String, raw: String? = nil) -> CurationOutcome {
      .dropped(DroppedTrace(pair: pair, teacher: teacher.name, order: .ab, reason: reason, detail: detail, raw: raw))
    }
    switch try await teacher.judgement(of: pair, seed: seed) {
    case .refused(let reason): return dropped("refused", reason)
    case .malformed(let raw, let detail): return dropped("malformed", detail, raw: raw)
    case .notBorneOut(let judgement):
      return .dropped(
        DroppedTrace(
          trace(judgement, on: pair), reason: "not_borne_out",
          detail: "nothing that can be looked at tells the responses apart"))
    case .judgement(let judgement):
      let trace = trace(judgement, on: pair)
      guard let fault = filter.fault(of: judgement, on: pair) else { return .kept(trace) }
      return .dropped(DroppedTrace(trace, reason: fault.reason.rawValue, detail: fault.detail))
    }
  }

  private func trace(_ judgement: TaughtJudgement, on pair: PreferencePair) -> Trace {
    Trace(
      pair: pair, criteria: judgement.criteria, eval: judgement.eval,
      scores: Trace.Scores(a: judgement.a.points, b: judgement.b.points), teacher: teacher.name, order: .ab)
  }

  /// Has the draft's orders written; what is lost, where one is of no use.
  private func write(_ draft: inout PairDraft) async throws -> CurationOutcome.Loss? {
    let (positive, negative) = (draft.positive, draft.negative)
    var writtenWords: Int?
    if case .ordered(let order) = positive {
      let answer = try await written(order, draft, seed: draft.seed, words: order.words)
      guard let text = answer.text else { return loss(draft, answer.reason) }
      draft.positive = .text(text.start + text.body)
      writtenWords = TextCut.wordCount(text.body)
    }
    if case .ordered(let order) = negative {
      // Two written texts are matched in length with each other, not each with a third.
      let answer = try await written(order, draft, seed: draft.seed &+ 1, words: writtenWords ?? order.words)
      guard let text = answer.text else { return loss(draft, answer.reason) }
      draft.negative = .text(text.start + text.body)
    }
    return nil
  }

  private func loss(_ draft: PairDraft, _ reason: String) -> CurationOutcome.Loss {
    CurationOutcome.Loss(negativeKind: draft.negativeKind, positiveKind: draft.positiveKind, reason: reason)
  }

  /// A response, or why what was written cannot be one.
  private struct Written {
    struct Text {
      /// The opening with a space behind it; empty where there is none.
      let start: String
      let body: String
    }

    var text: Text?
    var reason = ""
  }

  /// - Parameter words: of the text that it is matched with.
  private func written(
    _ order: PairDraft.WritingOrder, _ draft: PairDraft, seed: UInt64, words: Int
  ) async throws -> Written {
    guard let writer else { preconditionFailure("machine text needs a writer") }
    let answer: WrittenText
    do {
      answer = try await writer.write(WritingPrompts.request(order, seed: seed))
    } catch {
      if case .refused = error { return Written(reason: "refused") }
      throw error
    }
    switch check.text(
      answer.text, opening: order.opening, words: words, sources: sources(of: order, draft), isCut: answer.isCut)
    {
    case .failure(let rejection): return Written(reason: rejection.fault.rawValue)
    case .success(let text):
      let start = order.keepsOpening ? (order.opening.map { "\($0) " } ?? "") : ""
      return Written(text: Written.Text(start: start, body: text))
    }
  }

  private func sources(of order: PairDraft.WritingOrder, _ draft: PairDraft) -> [String] {
    switch order.task {
    case .continuation: draft.exemplars
    case .confounding(let original): draft.exemplars + [original]
    case .imitation(let exemplars): draft.exemplars + exemplars
    }
  }
}
