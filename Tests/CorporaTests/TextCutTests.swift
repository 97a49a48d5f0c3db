import Corpora
import Randomness
import Testing

/// Where sentences end, where texts are cut, and what two of them share.
@Suite struct TextCutTests {
  @Test(arguments: [
    ("One. Two! Three?", ["One.", "Two!", "Three?"]),
    (
      "Mr. Bell of the U.S. firm Bell Inc. said so. He left.",
      ["Mr. Bell of the U.S. firm Bell Inc. said so.", "He left."]
    ),
    (
      "\"Go.\" She went (slowly.) So did I. Then J. R. came.",
      ["\"Go.\"", "She went (slowly.)", "So did I.", "Then J. R. came."]
    ),
    (
      "A heading\nIt cost 3.5 dollars... or so. Yahoo! said no.",
      ["A heading", "It cost 3.5 dollars... or so.", "Yahoo! said no."]
    ),
    ("i went out. then i slept. it was fine.", ["i went out.", "then i slept.", "it was fine."]),
    ("  \n One.\n\n\tTwo \n", ["One.", "Two"]), ("", []), ("...", ["..."]), ("No end", ["No end"]),
    ("Er sagte: \u{201E}Über.\u{201C} Écoute. Fin", ["Er sagte: \u{201E}Über.\u{201C} Écoute.", "Fin"]),
  ])
  func findsSentences(text: String, sentences: [String]) {
    #expect(Sentences.split(text).map(String.init) == sentences)
  }

  @Test(arguments: 0..<50)
  func sentencesCoverAllButWhiteSpace(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let pieces = ["a", "B", ". ", ".", "! ", "\n", " ", "\"", "é", "Mr", "7", "'", ")", "(", "?", "\t"]
    let text = (0..<60).map { _ in pieces[random.below(pieces.count)] }.joined()
    let ranges = Sentences.ranges(in: Array(text.utf8))
    for (left, right) in zip(ranges, ranges.dropFirst()) { #expect(left.upperBound <= right.lowerBound) }
    let joined = Sentences.split(text).joined().filter { !$0.isWhitespace }
    #expect(joined == text.filter { !$0.isWhitespace }, "seed \(seed)")
  }

  @Test func cutsAtTheLastSentenceThatFits() {
    let text = "One two three. Four five six. Seven eight nine ten."
    #expect(TextCut.cut(text, wordsMax: 10) == text[...])
    #expect(TextCut.cut(text, wordsMax: 9) == "One two three. Four five six.")
    #expect(TextCut.cut(text, wordsMax: 6) == "One two three. Four five six.")
    #expect(TextCut.cut(text, wordsMax: 5) == "One two three.")
    #expect(TextCut.cut(text, wordsMax: 2) == "One two")
    #expect(TextCut.cut("A turn\nAnother turn\n", wordsMax: 3) == "A turn")
    #expect(TextCut.cut("um so yeah i mean it was", wordsMax: 5) == "um so yeah i mean")
    #expect(TextCut.cut("", wordsMax: 5).isEmpty)
    #expect(TextCut.cut("Trailing.  \n", wordsMax: 5) == "Trailing.")
  }

  @Test func splitsOffTheOpening() {
    let split = TextCut.splitOpening(" First of all. And\nthen more. ")
    #expect(split?.opening == "First of all." && split?.rest == "And\nthen more.")
    #expect(TextCut.splitOpening("Only one.") == nil && TextCut.splitOpening("") == nil)
  }

  @Test func countsWhatTwoTextsShare() {
    let text = "one two three four five six seven eight nine ten"
    #expect(TextCut.sharedRuns(text, text.uppercased().replacing(" ", with: ", ")) == 1)
    #expect(TextCut.sharedRuns(text, "one two three four five") == 1)
    #expect(TextCut.sharedRuns(text, "zero one two three four five") == 0.5)
    #expect(TextCut.sharedRuns(text, "ten nine eight seven six five") == 0)
    #expect(TextCut.sharedRuns(text, "nine ten") == 1, "shorter than a run, and all of it is there")
    #expect(TextCut.sharedRuns(text, "ten nine") == 0)
    #expect(TextCut.sharedRuns(text, "...") == 0)
  }
}
