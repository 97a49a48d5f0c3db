import Curation
import Stylometry
import Testing

/// Spans that show a feature: what is measured is what is quoted.
@Suite struct QuoteFinderTests {
  @Test(arguments: [
    (StyleFeature.commas, "We paid 3,000 for it, and left there.", ["3,000 for it, and left"]),
    (.ellipses, "He went... and came back. It sold at Acme Corp.. There it is.", ["He went... and came back"]),
    (.parentheses, "I was (pause) there (not here) and left.", ["(pause) there (not here) and"]),
    (.smallOpeners, "well it was so late. Then it rained. and so we left it.", ["well it was so", "and so we left"]),
    (.contractions, "They said that we don't know it.", ["that we don't know it"]),
    (.sentenceLength, "They said that we don't know it.", []),
  ])
  func showsTheFeature(feature: StyleFeature, text: String, expected: [String]) {
    #expect(QuoteFinder.spans(of: feature, in: text) == expected)
  }

  @Test func noSpanGoesOnBehindAClosedSentence() {
    let spans = QuoteFinder.spans(of: .commas, in: "'So it was.' Then, it rained. (It did.) But, then it stopped.")
    #expect(spans.allSatisfy { !$0.contains(".' ") && !$0.contains(".) ") })
    #expect(QuoteFinder.openings(of: "'I saw it there.' Then it rained all day.").contains("Then it rained all"))
  }

  @Test func quotesNothingThatWouldEndAQuotationOrATag() {
    for text in ["He said \"no, never, and\" left", "one <eval>, two, three four", "caf\u{E9}, caf\u{E9}, caf\u{E9}"] {
      for feature in StyleFeature.allCases {
        #expect(QuoteFinder.spans(of: feature, in: text).allSatisfy { !$0.contains { "\"<>".contains($0) } })
      }
    }
  }
}
