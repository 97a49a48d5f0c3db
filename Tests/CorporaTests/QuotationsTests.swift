import Corpora
import Testing

/// Quotations in what a teacher wrote, and whether they stand in a text.
@Suite struct QuotationsTests {
  @Test func findsSpansBetweenDoubleMarks() throws {
    let text = "It has \"one\" and \u{201C}two's\u{201D}."
    let spans = try #require(Quotations.spans(in: text))
    #expect(spans.map(\.text) == ["one", "two's"])
    #expect(spans.map { String(Array(text)[$0.start..<$0.end]) } == ["\"one\"", "\u{201C}two's\u{201D}"])
    #expect(Quotations.spans(in: "no 'such' thing") == [])
    #expect(Quotations.spans(in: "one \" mark") == nil)
  }

  @Test(arguments: [
    "the old ferry", "The OLD FERRY".lowercased(), "left at dawn", "left at dawn.", "left at dawn,",
    "it's \u{2019}late'",
    "the   old\nferry", "the ... dawn", "the \u{2026} late", "dawn. And it's", "said \"never\" again",
    "caf\u{E9} cafe\u{301}",
  ])
  func occurs(quotation: String) {
    let text =
      "So the old\tferry left at dawn. And it\u{2019}s 'late\u{2019}. He said \u{201C}never\u{201D} again. "
      + "caf\u{E9} cafe\u{301}"
    #expect(Quotations.occurs(quotation, in: text))
  }

  @Test(arguments: [
    "", " ", "...", "the new ferry", "ferry old", "left at dawn!", "left at dawn?", "he old ferry", "the old fer",
    "dawn ... old", "The Old Ferry", "ferry; left", "late ... late", "left at dawn;",
  ])
  func doesNotOccur(quotation: String) {
    let text = "So the old ferry left at dawn. And it's 'late'."
    #expect(!Quotations.occurs(quotation, in: text))
  }

  @Test func looksForWholeWordsBeyondTheFirstPlace() {
    #expect(Quotations.occurs("cat", in: "concat cats cat"))
    #expect(!Quotations.occurs("cat", in: "concat cats"))
    #expect(Quotations.occurs("!!", in: "what!!! no"))
  }

  @Test func takesLongTexts() {
    let text = String(repeating: "so it went on and on ", count: 5_000) + "until the end"
    #expect(Quotations.occurs("until the end", in: text) && !Quotations.occurs("until an end", in: text))
  }
}
