import Corpora
import Judge
import Reinforcement
import Testing
import Training

@Suite struct PolicyTokensTests {
  private let objective = PolicyObjective(clipHigh: 0.28, klCoefficient: 0.1, importanceCap: 2)

  private func sequence(old: [Float]?) -> PolicySequence {
    PolicySequence(
      prompt: [1], completion: [2, 3, 4], old: old, rollout: [-1.1, -2, -0.4], reference: [-1, -1.5, -0.6],
      advantage: -1.5)
  }

  @Test func aTrainersTermsAreThoseOfTheObjective() throws {
    let current: [Float] = [-0.5, -2.5, -0.75]
    let old: [Float] = [-1, -2, -0.5]
    var tokens = PolicyTokens(objective)
    tokens.append(sequence(old: old), weight: 0.5)
    tokens.append(sequence(old: nil), weight: 0.25)
    var expected = PolicyStatistics()
    var gradients: [Float] = []
    for (old, weight) in [(old, 0.5), (current, 0.25)] {
      gradients += try objective.gradients(
        of: ScoredCompletion(
          current: current, old: old, rollout: [-1.1, -2, -0.4], reference: [-1, -1.5, -0.6], entropies: [1, 2, 3],
          advantage: -1.5, weight: weight), adding: &expected)
    }
    let terms = (0..<6).map { tokens.term(target: $0, logProbability: current[$0 % 3]) }
    #expect(terms.map(\.gradient) == gradients)
    let found = tokens.statistics(logProbabilities: current + current, entropies: [1, 2, 3, 1, 2, 3])
    #expect(abs(found.loss - expected.loss) < 1e-12 && abs(terms.reduce(0) { $0 + $1.loss } - found.loss) < 1e-12)
    #expect(found.tokens == 6 && found.divergenceMean == expected.divergenceMean)
    #expect(found.entropyMean == 2 && found.clippedShare == expected.clippedShare)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func aBrokenLogProbabilityMakesALossThatATrainerRefuses(value: Float) {
    var tokens = PolicyTokens(objective)
    tokens.append(sequence(old: nil), weight: 1)
    let term = tokens.term(target: 1, logProbability: value)
    #expect(term.loss.isNaN && term.gradient.isNaN)
  }
}

@Suite struct VerdictTaskTests {
  private func task(_ orders: RolloutPlan.Orders) -> VerdictTask {
    var options = RolloutPlan.Options()
    options.orders = orders
    options.exemplars = 2
    let plan = RolloutPlan(
      InventedPairs.sources([("letters", "random", 6)]), options: options, seed: 3)
    // The prompt's length, with one exemplar left out: enough to tell prompts apart.
    return VerdictTask(plan, reward: VerdictReward()) { exemplars, prompt in
      [Int32(exemplars), Int32(prompt(1).messages[1].content.utf8.count % 1000)]
        + prompt(1).messages[1].content.utf8.suffix(300).map { Int32($0) }
    }
  }

  @Test func asksInEachSamplesOrderAndRewardsByIt() throws {
    for orders in RolloutPlan.Orders.allCases {
      var task = task(orders)
      let groups = task.plan.groups(0..<4)
      let questions = try task.next(4, samples: 4)
      #expect(task.cursor.next == 4)
      for (question, group) in zip(questions, groups) {
        #expect(question.labels == ["corpus/letters", "kind/random"] && question.name == group.pair.id)
        #expect(Set(question.prompts).count == (orders == .both ? 2 : 1) && question.prompts[0][0] == 2)
        // All say that the response shown first wins.
        let answers = (0..<4).map { _ in
          RolloutResult(
            tokens: [1, 2], logProbabilities: [0, 0], isComplete: true, text: InventedPairs.verdict("9", "2"))
        }
        let kinds = task.outcomes(question, answers).map(\.kind)
        let expected = (0..<4).map { sample -> VerdictReward.Kind in
          (group.order(ofSample: sample, of: 4) == .ab) == (group.pair.preferred == .a) ? .right : .wrong
        }
        #expect(kinds == expected)
        let cut = answers.map {
          RolloutResult(tokens: $0.tokens, logProbabilities: [0, 0], isComplete: false, text: $0.text)
        }
        #expect(task.outcomes(question, cut).allSatisfy { $0.kind == .truncated })
      }
    }
  }

  @Test func aPromptThatCannotBeEncodedLeavesThePlanWhereItWas() {
    struct TooLong: Error {}
    let plan = RolloutPlan(InventedPairs.sources([("letters", "random", 6)]), options: .init(), seed: 3)
    var task = VerdictTask(plan, reward: VerdictReward()) { _, _ in throw TooLong() }
    #expect(throws: TooLong.self) { try task.next(2, samples: 2) }
    #expect(task.cursor.next == 0)
  }
}
