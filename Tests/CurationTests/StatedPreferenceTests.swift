import Corpora
import Curation
import Testing

/// What an evaluation says of which response is the author's, in the ways language models say it.
@Suite struct StatedPreferenceTests {
  @Test(arguments: [
    "Response A is closer to the exemplars than Response B.", "Overall, Response A is the better match.",
    "Response B is less consistent with the author's voice than Response A.",
    "The exemplars are closer to Response A than to Response B.", "I prefer Response A over Response B.",
    "Unlike Response B, Response A matches the exemplars more closely.",
    "Response B is not as close to the exemplars as Response A.", "Response B isn't as close as Response A.",
    "Therefore, Response A is more likely to have been written by the same author.",
    "While Response B has a better match in its commas, Response A is more consistent overall.",
    "Response A aligns more closely with the style of the exemplars, although Response B is closer in length.",
    "Response A, not Response B, is closer to the exemplars.",
    "Response B is further from the exemplars than Response A.",
    "Although Response B is closer in sentence length, Response A fits better.",
    "Response B is closer in punctuation, but Response A is closer overall.",
    "Response B might seem closer, but Response A is.", "A is closer to the exemplars than B.",
    "B is further from the author's style than A.",
    "Response A's long sentences are, unlike Response B's, closer to the exemplars.",
    "The better match is Response A.", "Response A reads more like the author's own work.",
    "Response_A is the stronger candidate.", "On balance the evidence favors Response A.",
    "Taken together, I would choose Response A.", "The edge goes to Response A.", "Response A wins.",
    "Compared to Response B, Response A is more typical of this writer.", "It is closer than Response B.",
    "Response A better captures the clipped rhythm of the exemplars.", "Response A is superior in this respect.",
    "Response B is the weaker match.", "Response B is less like the exemplars.",
    "Response B has a looser fit with the exemplars than Response A.", "Response A is preferred.",
    "Rather than Response B, it is Response A that is closer.",
    "Response A is more similar to the exemplars in tone and punctuation.",
    "Response B was not written by the same person; Response A is more likely theirs.",
    "There is no doubt that Response A is closer.",
    "Response A is not only closer in tone but more faithful in rhythm.",
    "Response B is unlikely to be more than an imitation. Response A is closer.",
    "the first response is closer to the exemplars than the second response.",
    "Response A is closer. Its commas are few.",
    "Response A comes closest, with the same long sentences.", "RESPONSE A IS CLOSER TO THE EXEMPLARS.",
    "**Response A** is closer to the exemplars.", "Overall Response A is the one this author would have written.",
    "Response B is closer in commas; however, Response A is the better fit.",
  ])
  func readsA(text: String) {
    #expect(StatedPreference.read(text) == .a)
    #expect(StatedPreference.read(swapped(text)) == .b, "\(swapped(text))")
  }

  @Test(arguments: [
    "", "Both responses are good.", "It is hard to say whether Response A is closer.", "Neither response is closer.",
    "Response A and Response B are equally close to the exemplars.", "Response A is no closer than Response B.",
    "Response A would be closer if it used fewer commas.", "Response A uses better punctuation.",
    "Response A has further examples of it.", "A closer look at the commas is needed.",
    "Between Response A and Response B, the former is closer.", "The two are closer than one would think.",
    "Response A is as close as Response B.", "Response A has 3 commas and Response B has 5.",
    "Response A is closer in commas and Response B is closer in length.",
    "Although Response A is closer in tone, the rest is mixed.", "It is unclear whether Response B fits better.",
    "Response A is closer in commas. In the end neither is the better match.",
  ])
  func readsNothingThatIsNotThere(text: String) { #expect(StatedPreference.read(text) == nil) }

  @Test func theLastSentenceThatPrefersDecides() {
    let text =
      "Response A is closer in commas. Response B is closer in length. Overall, Response B is the better match. So be."
    #expect(StatedPreference.read(text) == .b)
    #expect(StatedPreference.read("Response A is closer in commas, and Response A's words are short.") == .a)
  }

  @Test func namesAreNoArticles() {
    #expect(ResponseMention.all(in: "A text of a kind, a response a reader likes. B.").map(\.slot) == [.b])
    #expect(
      ResponseMention.all(in: "Response A's; response_b; the second response; A and B; than A.").map(\.slot) == [
        .a, .b, .b, .a, .b, .a,
      ])
    #expect(ResponseMention.all(in: "sentences begun with A, An or The; an A-frame; vitamin").isEmpty)
    #expect(ResponseMention.all(in: "The first response A and the second one").map(\.slot) == [.a, .b])
  }

  private func swapped(_ text: String) -> String {
    var out = ""
    let characters = Array(text)
    let mentions = ResponseMention.all(in: text)
    for (index, character) in characters.enumerated() {
      let isName = mentions.contains { $0.range.lowerBound == index && $0.range.count == 1 }
      switch (isName, character) {
      case (true, "A"): out.append("B")
      case (true, "B"): out.append("A")
      default: out.append(character)
      }
    }
    return out.replacing("first response", with: "FIRST").replacing("second response", with: "first response")
      .replacing("FIRST", with: "second response")
  }
}
