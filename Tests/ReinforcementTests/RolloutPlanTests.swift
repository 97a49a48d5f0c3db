import Corpora
import Judge
import Reinforcement
import Testing

@Suite struct RolloutPlanTests {
  private func options(_ set: (inout RolloutPlan.Options) -> Void = { _ in }) -> RolloutPlan.Options {
    var options = RolloutPlan.Options()
    set(&options)
    return options
  }

  private func plan(
    _ counts: [(corpus: String, kind: String, count: Int)], seed: UInt64 = 7,
    _ set: (inout RolloutPlan.Options) -> Void = { _ in }
  ) -> RolloutPlan {
    RolloutPlan(InventedPairs.sources(counts), options: options(set), seed: seed)
  }

  /// Whether a group's first order shows the preferred response first.
  private func showsPreferredFirst(_ group: RolloutPlan.Group) -> Bool {
    (group.pair.preferred == .a) == (group.orders[0] == .ab)
  }

  @Test(arguments: [1, 2, 7, 20])
  func anEpochHasEveryPairOnceInAnotherOrder(count: Int) {
    var plan = plan([("letters", "random", count)])
    let epochs = (0..<3).map { _ in plan.take(count).map(\.sourceIndex) }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<count)) }
    if count > 7 { #expect(Set(epochs).count == 3) }
    #expect(plan.groups(0..<3 * count).map(\.epoch) == (0..<3 * count).map { $0 / count })
    #expect(plan.groups(5..<9).map(\.number) == [5, 6, 7, 8])
  }

  @Test func theSameSeedGivesTheSameRunAndAnotherAnother() {
    let counts = [(corpus: "letters", kind: "random", count: 12)]
    let first = plan(counts).groups(0..<40)
    #expect(first == plan(counts).groups(0..<40))
    #expect(first.map(\.sourceIndex) != plan(counts, seed: 8).groups(0..<40).map(\.sourceIndex))
  }

  @Test(arguments: [RolloutPlan.Balance.none, .corpusAndNegativeKind])
  func takingInPartsEqualsTakingAtOnce(balance: RolloutPlan.Balance) {
    let counts = [(corpus: "letters", kind: "random", count: 5), ("posts", "random", 3), ("posts", "near_topic", 9)]
    let whole = plan(counts) { $0.balance = balance }.groups(0..<60)
    var parts = plan(counts) { $0.balance = balance }
    #expect([1, 7, 0, 16, 36].flatMap { parts.take($0) } == whole)
  }

  @Test func halfOfABatchShowsThePreferredResponseFirst() {
    var plan = plan([("letters", "random", 33)])
    for step in 0..<40 {
      let batch = plan.take(8)
      let count = batch.count { showsPreferredFirst($0) }
      // Where two epochs of an odd number meet, two neighbours may be alike.
      #expect((3...5).contains(count), "step \(step)")
    }
  }

  @Test func everyPairIsSeenBothWaysInTwoEpochs() {
    for count in [1, 6, 9] {
      let groups = plan([("letters", "random", count)]).groups(0..<4 * count)
      for index in 0..<count {
        let ways = groups.filter { $0.sourceIndex == index }.map { showsPreferredFirst($0) }
        #expect(ways.count == 4 && ways[0] != ways[1] && ways[0] == ways[2] && ways[1] == ways[3])
      }
    }
  }

  @Test func bothOrdersShareAGroupHalfAndHalf() {
    let groups = plan([("letters", "random", 6)]) { $0.orders = .both }.groups(0..<12)
    for group in groups {
      #expect(Set(group.orders) == [.ab, .ba])
      let orders = (0..<8).map { group.order(ofSample: $0, of: 8) }
      #expect(
        orders == [SlotOrder](repeating: group.orders[0], count: 4) + [SlotOrder](repeating: group.orders[1], count: 4))
    }
    let single = plan([("letters", "random", 6)]).groups(0..<1)[0]
    #expect((0..<8).allSatisfy { single.order(ofSample: $0, of: 8) == single.orders[0] } && single.orders.count == 1)
  }

  @Test func strataAreDrawnEquallyOften() {
    let counts = [(corpus: "letters", kind: "random", count: 50), ("letters", "near_topic", 3), ("posts", "random", 7)]
    let byKind = plan(counts) { $0.balance = .corpusAndNegativeKind }
    #expect(byKind.strataNames == ["letters/near_topic", "letters/random", "posts/random"])
    for turn in 0..<30 {
      let names = byKind.groups(turn * 3..<turn * 3 + 3).map { "\($0.corpus)/\($0.pair.negativeKind)" }
      #expect(names.sorted() == byKind.strataNames)
    }
    let byCorpus = plan(counts) { $0.balance = .corpus }
    #expect(byCorpus.strataNames == ["letters", "posts"])
    #expect(byCorpus.groups(0..<100).count { $0.corpus == "posts" } == 50)
    // 50 of 53 letters are of one kind, and pairs of a stratum are drawn alike: in an epoch each once.
    #expect(byCorpus.groups(0..<106).filter { $0.corpus == "letters" }.map(\.sourceIndex).sorted() == Array(0..<53))
    let byNegative = plan(counts) { $0.balance = .negativeKind }
    #expect(byNegative.groups(0..<80).count { $0.pair.negativeKind == "near_topic" } == 40)
    #expect(plan(counts).strataNames == ["all"])
  }

  @Test func aBatchOfManyStrataIsBalancedToo() {
    let counts = (0..<6).map { (corpus: "corpus \($0)", kind: "random", count: 5 + $0) }
    let plan = plan(counts) { $0.balance = .corpus }
    for turn in 0..<5 {
      #expect(plan.groups(turn * 6..<turn * 6 + 6).count { showsPreferredFirst($0) } == 3, "turn \(turn)")
    }
  }

  @Test func promptsShowWhatTheOptionsSay() throws {
    let group = plan([("letters", "random", 2)]) {
      $0.exemplars = 2
      $0.queryField = .query
      $0.evidence = false
    }.groups(0..<1)[0]
    #expect(group.comparison.exemplars == Array(group.pair.exemplars.prefix(2)))
    #expect(group.comparison.query == group.pair.query && !group.evidence)
    let text = try #require(group.prompt(.ab).messages.last?.content)
    let other = try #require(group.prompt(.ba).messages.last?.content)
    #expect(text.contains("Response A:\n<response_a>\n\(group.pair.responseA)\n"))
    #expect(other.contains("Response A:\n<response_a>\n\(group.pair.responseB)\n"))
    #expect(!text.contains("<measurements>") && text.contains(group.pair.query))
    #expect(
      text.contains("number=\"2\"") && !group.prompt(.ab, dropping: 1).messages[1].content.contains("number=\"2\""))
    let measured = plan([("letters", "random", 2)]).groups(0..<1)[0]
    #expect(measured.comparison.exemplars.count == 3 && measured.comparison.query == "Write a note.")
    #expect(measured.prompt(.ab).messages[1].content.contains("<measurements>"))
    #expect(RolloutPlan.QueryField.neutral.text(of: InventedPairs.pair("x", neutral: nil)) == "Write about x.")
  }

  @Test func aCursorGoesOnWhereThePlanStood() throws {
    let counts = [(corpus: "letters", kind: "random", count: 11), ("posts", "near_topic", 4)]
    var plan = plan(counts) { $0.balance = .corpus }
    _ = plan.take(23)
    let json = try plan.cursor.json()
    let rest = plan.take(50)
    var resumed = self.plan(counts) { $0.balance = .corpus }
    try resumed.resume(at: RolloutCursor(json: json))
    #expect(resumed.next == 23 && resumed.take(50) == rest && resumed.cursor == plan.cursor)
    #expect(String(decoding: json, as: UTF8.self).hasPrefix("{\"fingerprint\":\""))
  }

  @Test func aCursorOfAnotherPlanIsRefused() {
    let counts = [(corpus: "letters", kind: "random", count: 11)]
    let cursor = plan(counts).cursor
    var others = [
      plan(counts, seed: 8), plan([("letters", "random", 12)]), plan([("posts", "random", 11)]),
      plan(counts) { $0.orders = .both }, plan(counts) { $0.exemplars = 2 }, plan(counts) { $0.evidence = false },
      plan(counts) { $0.queryField = .query }, plan(counts) { $0.balance = .corpus },
    ]
    var sources = InventedPairs.sources(counts)
    sources[3].pair.responseA += "."
    others.append(RolloutPlan(sources, options: RolloutPlan.Options(), seed: 7))
    for index in others.indices {
      #expect(throws: RolloutPlanError.cursorOfOtherPlan) { try others[index].resume(at: cursor) }
      #expect(others[index].next == 0)
    }
    #expect(RolloutPlanError.cursorOfOtherPlan.description.contains("--seed"))
  }

  @Test func aBrokenCursorIsNamed() {
    var plan = plan([("letters", "random", 3)])
    #expect(throws: RolloutPlanError.badCursor(field: "next", detail: "must be 0 or more, not -4")) {
      try plan.resume(at: RolloutCursor(next: -4, fingerprint: plan.fingerprint))
    }
    for (json, field) in [
      ("{\"next\":1}", "fingerprint"), ("{\"fingerprint\":\"0\"}", "next"),
      ("{\"fingerprint\":\"0\",\"next\":\"1\"}", "next"),
      ("", ""), ("{\"fingerprint\":\"0\",\"next\":1", ""), ("[1]", ""),
    ] {
      do {
        _ = try RolloutCursor(json: Array(json.utf8))
        Issue.record("\(json) was read")
      } catch {
        guard case .badCursor(let found, _) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(found == field, "\(json)")
        #expect(error.description.contains("the checkpoint's place in the data"))
      }
    }
  }

  @Test func everyStepGroupAndSampleHasASeedOfItsOwn() {
    var seeds: Set<UInt64> = []
    for step in 0..<12 {
      for group in 0..<12 {
        for sample in 0..<12 { seeds.insert(RolloutPlan.seed(3, step: step, group: group, sample: sample)) }
      }
    }
    #expect(seeds.count == 12 * 12 * 12)
    #expect(!seeds.contains(RolloutPlan.seed(4, step: 0, group: 0, sample: 0)))
    #expect(RolloutPlan.seed(3, step: 1, group: 2, sample: 3) == RolloutPlan.seed(3, step: 1, group: 2, sample: 3))
  }
}
