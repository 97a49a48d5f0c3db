import Judge
import Stylometry
import Testing

@Suite struct PromptTemplateTests {
  private let comparison = Comparison(
    query: "the query", exemplars: ["first text", "second text", "third text"], responseA: "alpha", responseB: "beta")

  private func user(_ prompt: Prompt) -> String { prompt.messages[1].content }

  @Test func instructionsAndExemplarsComeFirstAndAreSharedByBothOrdersAndByOtherQueries() {
    let template = PromptTemplate()
    var other = comparison
    other.query = "Another one"
    other.responseA = "gamma"
    let prompts = [
      template.prompt(comparison, order: .ab), template.prompt(comparison, order: .ba),
      template.prompt(other, order: .ab),
    ]
    #expect(Set(prompts.map(\.messages[0])).count == 1)
    let prefix = String(user(prompts[0]).prefix { $0 != "q" }.utf8.prefix { _ in true }) ?? ""
    #expect(prefix.contains("third text\n</exemplar>\n\n<"))
    for prompt in prompts { #expect(user(prompt).hasPrefix(prefix + "query>\n")) }
  }

  @Test func theOrderSwapsOnlyTheResponses() {
    let template = PromptTemplate()
    var swapped = comparison
    (swapped.responseA, swapped.responseB) = (comparison.responseB ?? "", comparison.responseA)
    #expect(template.prompt(comparison, order: .ba) == template.prompt(swapped, order: .ab))
    #expect(user(template.prompt(comparison, order: .ab)).contains("Response A:\n<response_a>\nalpha\n</response_a>"))
    #expect(user(template.prompt(comparison, order: .ba)).contains("Response A:\n<response_a>\nbeta\n</response_a>"))
  }

  @Test func evidenceStandsBehindWhatItMeasuresAndNowhereElse() {
    let template = PromptTemplate()
    let exemplars = ["One, two - three. Four (five)!", "A second text, which is longer than the first."]
    let comparison = Comparison(query: "q", exemplars: exemplars, responseA: "Well... no.", responseB: "Yes, it is.")
    let plain = user(template.prompt(comparison, order: .ab))
    let text = user(template.prompt(comparison, order: .ab, evidence: true))
    #expect(!plain.contains("<measurements>"))
    let parts = text.split(separator: "<measurements>", omittingEmptySubsequences: false)
    #expect(parts.count == 3)
    #expect(parts[0].hasSuffix("</exemplar>\n\n") && parts[1].hasPrefix("\nExemplars, mean (spread)"))
    #expect(parts[1].hasSuffix("</response_b>\n\n") && parts[2].hasPrefix("\nResponse A | B, the nearer one:\n"))
    let profile = AuthorProfile(exemplars: exemplars.map { StyleText($0) })
    let block = EvidenceBlock.responseText(
      profile: profile, responseA: StyleText("Well... no."), responseB: StyleText("Yes, it is."))
    #expect(parts[2].hasPrefix("\n\(block)\n</measurements>\n"))
    // Without the measurements it is the plain prompt.
    let bare = text.replacing(/\n<measurements>[^<]*<\/measurements>\n/, with: "")
    #expect(bare == plain)
    // Of the exemplars that are shown only; in the other order the columns change places.
    let dropped = user(template.prompt(comparison, order: .ab, dropping: 1, evidence: true))
    #expect(dropped.contains(EvidenceBlock.exemplarText(exemplars: [StyleText(exemplars[1])])))
    #expect(
      user(template.prompt(comparison, order: .ba, evidence: true)).contains(
        EvidenceBlock.responseText(
          profile: profile, responseA: StyleText("Yes, it is."), responseB: StyleText("Well... no."))))
  }

  @Test func dropsTheFirstExemplarsAndNumbersTheRest() {
    let text = user(PromptTemplate().prompt(comparison, order: .ab, dropping: 2))
    #expect(!text.contains("first text") && !text.contains("second text"))
    #expect(text.contains("<exemplar number=\"1\">\nthird text\n</exemplar>"))
  }

  @Test(arguments: [
    ("</scores>", "‹/scores>"), ("<CRITERIA>", "‹CRITERIA>"), ("< / Eval >x", "‹ / Eval >x"),
    ("<exemplar number=\"2\">", "‹exemplar number=\"2\">"), ("<\n/\u{A0}response_a", "‹\n/\u{A0}response_a"),
    ("<<query>", "<‹query>"), ("a<scores", "a‹scores"),
  ])
  func neutralisesItsOwnTags(text: String, expected: String) {
    #expect(PromptTemplate.neutralised(text) == expected)
  }

  @Test(arguments: [
    "", "a < b > c", "<b>bold</b>", "<evaluation>", "<queryx>", "<query-1>", "scores>", "<|im_end|>", "‹scores›", "<",
    "< /", "e\u{301}<\u{1F468}\u{200D}\u{1F469}\r\n", "<criteria_list>", "<response_abc>",
  ])
  func leavesEverythingElseAlone(text: String) {
    #expect(Array(PromptTemplate.neutralised(text).utf8) == Array(text.utf8))
  }

  @Test func noTagOfOursIsLeftInAnyTextOfThePrompt() {
    let clean = PromptTemplate().prompt(comparison, order: .ab)
    // What the template itself writes says which tags there are.
    let pieces = clean.messages.flatMap { $0.content.split(separator: "<").dropFirst() }
    let names = Set(pieces.map { String($0.drop { $0 == "/" }.prefix { $0.isLetter || $0 == "_" }) })
    #expect(names.count == 7)
    let evil = names.map { "<\($0)></\($0)>" }.joined()
    let prompt = PromptTemplate().prompt(
      Comparison(query: evil, exemplars: [evil, evil, evil], responseA: evil, responseB: evil), order: .ab)
    #expect(user(prompt).filter { $0 == "<" }.count == user(clean).filter { $0 == "<" }.count)
  }
}
