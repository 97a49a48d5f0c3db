import BoundedJSON
import Judge
import ScoreFiles
import Testing

/// The form for people.
@Suite struct ScoredAnswerTextTests {
  static let members: [String: JSONValue] = [
    "scores": .object(["a": .number(7.5), "b": .integer(4)]), "probability_a": .number(0.914),
    "criteria": .string("Short."), "eval": .string("A is shorter."), "order_consistent": .null,
    "truncated": .object(["exemplars_dropped": .integer(0)]),
  ]

  @Test func saysWhoWonAndWhy() {
    let answer = ScoredAnswer(members: Self.members, winner: .a, failureKind: nil)
    #expect(answer.text == "winner: a  (a 7.5, b 4.0, P(a) 0.91)\n\nCriteria\nShort.\n\nEvaluation\nA is shorter.")
  }

  @Test func oneResponseByItselfHasAScore() {
    let members: [String: JSONValue] = [
      "scores": .object(["a": .number(7.25), "b": .null]), "probability_a": .null, "winner": .null,
    ]
    #expect(ScoredAnswer(members: members, winner: nil, failureKind: nil).text == "score  (a 7.3)")
  }

  @Test func saysWhatToBeWaryOf() {
    var members = Self.members
    members["order_consistent"] = .bool(false)
    members["truncated"] = .object(["exemplars_dropped": .integer(2)])
    members["probability_a"] = .null
    let text = ScoredAnswer(members: members, winner: .tie, failureKind: nil).text
    #expect(text.hasPrefix("tie  (a 7.5, b 4.0)\n\nThe two orders disagree"))
    #expect(text.contains("the first 2 of the exemplars were left out"))
  }

  @Test func showsWhatTheModelWroteWhereItIsNoVerdict() {
    let members: [String: JSONValue] = ["orders": .array([.object(["raw": .string("<criteria>so")])])]
    let cut = ScoredAnswer(members: members, winner: nil, failureKind: "persrm:length")
    #expect(cut.text == "no verdict: persrm:length\n\n<criteria>so")
    let long = ScoredAnswer(
      members: ["failure_reason": .string("too much")], winner: nil, failureKind: "persrm:prompt_too_long")
    #expect(long.text == "no verdict: persrm:prompt_too_long: too much")
  }
}
