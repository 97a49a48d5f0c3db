import Curation
import Testing

/// Which of a model's texts may stand in a pair.
@Suite struct WritingCheckTests {
  private let check = WritingCheck(lengthRatioMax: 1.5)
  /// 20 words in four sentences.
  private let text =
    "The ferry left at dawn. Nobody saw the captain again. We waited by the old bridge. Rain fell on ropes."

  private func result(
    _ written: String, opening: String? = nil, words: Int = 20, sources: [String] = [], isCut: Bool = false
  ) -> Result<String, WritingCheck.Rejection> {
    check.text(written, opening: opening, words: words, sources: sources, isCut: isCut)
  }

  private func rejects(_ fault: WritingCheck.Fault) -> Result<String, WritingCheck.Rejection> {
    .failure(WritingCheck.Rejection(fault: fault))
  }

  @Test func takesOffWhatModelsPutAround() {
    for around in ["\n\(text)\n", "\"\(text)\"", "# A Title\n\n\(text)", "**Title**\n\(text)", "Here it is:\n\(text)"] {
      #expect(result(around) == .success(text), "\(around)")
    }
    #expect(result("Dawn came. \(text)", opening: "Dawn came.") == .success(text))
    let quoted = "\"No,\" she said. \(text.dropLast(22)) \"Yes.\""
    #expect(result(quoted) == .success(quoted), "marks that are not around the whole stay")
  }

  @Test func cutsToTheLengthOfTheRival() {
    #expect(result(text, words: 10) == .success("The ferry left at dawn. Nobody saw the captain again."))
    #expect(result(text, words: 31) == rejects(.tooShort))
    #expect(result("", words: 5) == rejects(.tooShort) && result("  \n ", words: 5) == rejects(.tooShort))
  }

  @Test func endsWhereASentenceDoesWhenTheModelWasCutOff() {
    let cut = text + " And then the"
    #expect(result(cut, isCut: true) == .success(text))
    #expect(result(cut) == .success(cut), "whoever ended by themselves meant to")
  }

  @Test(arguments: [
    "As an AI language model, I have no ferry.", "I'm sorry, but I can't imitate a person.",
    "I\u{2019}m sorry, but I cannot do so.", "I cannot assist with that request.",
  ])
  func knowsRefusals(refusal: String) { #expect(result("\(refusal) \(text)") == rejects(.notAText)) }

  @Test func peopleMayBeSorry() {
    let sorry = "I cannot believe it. I'm sorry, but the ferry left at dawn. Nobody saw the captain again, they say."
    #expect(result(sorry) == .success(sorry))
  }

  @Test func refusesCopiesAndRepetitions() {
    #expect(result(text, sources: ["Other words altogether, and more.", text]) == rejects(.copied))
    #expect(result(text, sources: ["The ferry left at dusk, and no one saw the captain."]) == .success(text))
    let loop = String(repeating: "and so it went on. ", count: 5)
    #expect(result(loop, words: 25) == rejects(.repeats))
  }
}
