import Corpora
import Curation
import Testing

/// A teacher that says itself that its words bear nothing out is dropped under that reason, with what it wrote.
@Suite struct WithdrawnJudgementTests {
  private struct Doubter: PairTeacher {
    let name = "doubter"

    func judgement(of pair: PreferencePair, seed: UInt64) async throws(WriterError) -> TeacherAnswer {
      .notBorneOut(StylometricTeacher().judge(pair, seed: seed).judgement)
    }
  }

  @Test func isDroppedForItsOwnReason() async throws {
    let texts = InventedCorpus.texts(authors: 3, each: 6, seed: 2)
    let settings = PairSettings(pairsMax: 3, exemplars: 2, wordsMin: 12, seed: 4)
    let drafts = PairBuilder(library: TextLibrary(texts, wordsMax: 220), settings: settings) { text, _ in text }
      .drafts().drafts
    let run = CurationRun(
      drafts: drafts, places: PairBuilder.places(drafts, seed: 4), teacher: Doubter(), writer: nil,
      check: WritingCheck(lengthRatioMax: 1.43), idPrefix: "t")
    var outcomes: [CurationOutcome] = []
    try await run.run(except: [], concurrency: 1) { outcomes.append($0.outcome) }
    #expect(outcomes.count == drafts.count && !outcomes.isEmpty)
    for outcome in outcomes {
      guard case .dropped(let dropped) = outcome else {
        Issue.record("\(outcome)")
        continue
      }
      #expect(dropped.reason == "not_borne_out" && dropped.teacher == "doubter")
      #expect(dropped.eval != nil && dropped.scores != nil && dropped.detail != nil)
    }
  }
}
