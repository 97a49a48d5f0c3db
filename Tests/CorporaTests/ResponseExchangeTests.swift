import Corpora
import Testing

/// The responses exchanged in what was written about them, where that is certain.
@Suite struct ResponseExchangeTests {
  @Test(arguments: [
    ("Response A is closer than Response B.", "Response B is closer than Response A."),
    ("Commas: the exemplars 6.9, A 7.1, B 4.2; A is nearer.", "Commas: the exemplars 6.9, A 4.2, B 7.1; B is nearer."),
    (
      "A has 29 % long words, B 8 and the exemplars 9, so B is nearer.",
      "A has 8 % long words, B 29 and the exemplars 9, so A is nearer."
    ),
    (
      "A has a similarity of 18 to the exemplars, B 25.2; B is ahead.",
      "A has a similarity of 25.2 to the exemplars, B 18; A is ahead."
    ),
    (
      "The exemplars have 10 dashes, A 0 and B 12: here A is nearer.",
      "The exemplars have 10 dashes, A 12 and B 0: here B is nearer."
    ),
    (
      "Response A has 5 commas and Response B 6; both are close.",
      "Response A has 6 commas and Response B 5; both are close."
    ),
    // Values that are not told in one breath go with their names.
    ("Response A has 5 commas. Response B has 6.", "Response B has 5 commas. Response A has 6."),
    (
      "Response B opens with \"A 5, B 6\" and A's \"Response B\" does not.",
      "Response A opens with \"A 5, B 6\" and B's \"Response B\" does not."
    ),
    ("A closer look favours response_b.", "A closer look favours response_a."),
    ("Nothing is said of either.", "Nothing is said of either."),
    ("Either A or B is close.", "Either B or A is close."),
  ])
  func exchangesNamesOrValues(text: String, expected: String) throws {
    let found = try #require(ResponseExchange.exchanged(text))
    #expect(found == expected)
    #expect(ResponseExchange.exchanged(found) == text)
  }

  @Test(arguments: [
    "Response A is long and Response B short; the latter fits.", "The first response fits better than Response B.",
    "Response 1 is closer than Response B.", "So A nails it and Response B does not.",
    "An open \" quotation of Response A.",
    "They are A 4 and B 5, respectively.", "A 4, B 5, B 6 is said of A.",
  ])
  func leavesWhatIsNotCertain(text: String) {
    #expect(ResponseExchange.exchanged(text) == nil)
  }

  private var trace: Trace {
    Trace(
      pair: PreferencePair(
        id: "p", query: "q", exemplars: ["e"], responseA: "one", responseB: "other", preferred: .b, author: "x",
        negativeKind: "random"),
      criteria: "The exemplars have 6.9 commas per 100 words.",
      eval: "Commas: the exemplars 6.9, A 7.1, B 4.2; A is nearer. Response A is closer.",
      scores: Trace.Scores(a: 8, b: 3), teacher: "anybody", order: .ab)
  }

  @Test func aTraceIsExchangedWhole() throws {
    let swapped = try #require(trace.swapped())
    #expect(swapped.pair == trace.pair.swapped && swapped.pair.preferred == .a && swapped.pair.responseA == "other")
    #expect(swapped.eval == "Commas: the exemplars 6.9, A 4.2, B 7.1; B is nearer. Response B is closer.")
    #expect(swapped.scores == Trace.Scores(a: 3, b: 8) && swapped.order == .ba && swapped.teacher == "anybody")
    #expect(swapped.criteria == trace.criteria)
    #expect(swapped.swapped() == trace)
  }

  @Test func aTraceThatIsNotCertainIsNotExchanged() {
    var unclear = trace
    unclear.eval = "Of Response A and Response B the former is closer."
    #expect(unclear.swapped() == nil)
    unclear = trace
    unclear.order = nil
    #expect(unclear.swapped()?.order == nil && unclear.swapped() != nil)
  }
}
