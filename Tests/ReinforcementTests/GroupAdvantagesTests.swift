import Reinforcement
import TestSupport
import Testing

@Suite struct GroupAdvantagesTests {
  private func advantages(
    _ rewards: [Double], _ baseline: GroupAdvantages.Baseline = .mean, _ scale: GroupAdvantages.Scale,
    epsilon: Double = 1e-6
  ) -> GroupAdvantages {
    GroupAdvantages(rewards, settings: GroupAdvantages.Settings(baseline: baseline, scale: scale, epsilon: epsilon))
  }

  private func near(_ left: [Double], _ right: [Double], _ tolerance: Double = 1e-12) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) < tolerance }
  }

  /// Rewards 1, 0, -1, 1: mean 1/4; differences 3/4, -1/4, -5/4, 3/4; squares (9, 1, 25, 9)/16, in all 2.75.
  private let rewards = [1.0, 0, -1, 1]

  @Test func withoutADivisorTheyAreTheDifferences() {
    let group = advantages(rewards, .mean, .none)
    #expect(group.values == [0.75, -0.25, -1.25, 0.75] && group.mean == 0.25 && group.hasVariance)
    // For the log: sqrt(2.75 / 3) = 0.957427107756338.
    #expect(abs(group.deviation - 0.957427107756338) < 1e-12)
  }

  @Test func theDeviationOfASampleDividesByOneLess() {
    let group = advantages(rewards, .mean, .sample, epsilon: 1e-6)
    // sqrt(2.75 / 3) + 1e-6 = 0.957428107756338; 0.75 / that = 0.783348633..., and so on.
    let divisor = 0.957427107756338 + 1e-6
    #expect(near(group.values, [0.75 / divisor, -0.25 / divisor, -1.25 / divisor, 0.75 / divisor]))
    #expect(abs(group.values[0] - 0.78334863) < 1e-7)
  }

  @Test func theDeviationOfThePopulationDividesByAll() {
    let group = advantages(rewards, .mean, .population, epsilon: 0.1)
    // sqrt(2.75 / 4) = 0.82915619758885; with 0.1: 0.92915619758885; 0.75 / that = 0.80718398.
    #expect(abs(group.deviation - 0.82915619758885) < 1e-12)
    #expect(near(group.values, [0.80718398, -0.26906133, -1.34530664, 0.80718398], 1e-7))
  }

  @Test func leaveOneOutComparesWithTheMeanOfTheOthers() {
    let group = advantages(rewards, .leaveOneOut, .none)
    // 1 - (0 - 1 + 1)/3 = 1; 0 - (1 - 1 + 1)/3 = -1/3; -1 - (1 + 0 + 1)/3 = -5/3; 1 again.
    #expect(near(group.values, [1, -1.0 / 3, -5.0 / 3, 1]))
  }

  @Test func equalRewardsHaveNoAdvantage() {
    for scale in GroupAdvantages.Scale.allCases {
      for baseline in GroupAdvantages.Baseline.allCases {
        for reward in [0.1, -1, 1, 0, 1.0 / 3] {
          let group = advantages([Double](repeating: reward, count: 7), baseline, scale)
          #expect(group.values == [0, 0, 0, 0, 0, 0, 0] && !group.hasVariance && group.deviation == 0)
        }
        let single = advantages([1], baseline, scale)
        #expect(single.values == [0] && !single.hasVariance)
      }
    }
    #expect(advantages([0.1, 0.1.nextUp], .mean, .none).hasVariance)
  }

  @Test func theySumToZeroAndKeepTheOrder() {
    var generator = SeededGenerator(seed: 5)
    for round in 0..<200 {
      let count = Int.random(in: 2...16, using: &generator)
      let rewards = (0..<count).map { _ in Double.random(in: -1.5...1.5, using: &generator) }
      for baseline in GroupAdvantages.Baseline.allCases {
        for scale in GroupAdvantages.Scale.allCases {
          let group = advantages(rewards, baseline, scale)
          #expect(abs(group.values.reduce(0, +)) < 1e-9, "round \(round)")
          let order = rewards.indices.sorted { rewards[$0] < rewards[$1] }
          #expect(order == rewards.indices.sorted { group.values[$0] < group.values[$1] }, "round \(round)")
        }
      }
      // With the population's deviation and a small epsilon their mean square is one.
      let unit = advantages(rewards, .mean, .population, epsilon: 1e-12)
      #expect(abs(unit.values.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 1e-6)
      // Leave-one-out, the long way.
      let left = advantages(rewards, .leaveOneOut, .none)
      for index in rewards.indices {
        let others = rewards.enumerated().filter { $0.offset != index }.map(\.element)
        #expect(abs(left.values[index] - (rewards[index] - others.reduce(0, +) / Double(count - 1))) < 1e-9)
      }
      // A reward that is added to all changes nothing.
      let moved = advantages(rewards.map { $0 + 3 }, .mean, .sample)
      #expect(near(moved.values, advantages(rewards, .mean, .sample).values, 1e-9))
    }
  }
}

@Suite struct GroupCollectionTests {
  /// Adds groups as they are wanted; `teaches` says of each prompt, counted from 0, whether its group has variance.
  private func collect(
    wanted: Int, promptsMax: Int?, _ teaches: (Int) -> Bool
  ) -> (collection: GroupCollection<Int>, rounds: [Int]) {
    var collection = GroupCollection<Int>(wanted: wanted, promptsMax: promptsMax)
    var rounds: [Int] = []
    while case .wants(let prompts) = collection.state {
      rounds.append(prompts)
      let start = collection.tried
      for number in start..<start + prompts { collection.add(number, hasVariance: teaches(number)) }
    }
    return (collection, rounds)
  }

  @Test func withoutResamplingTheFirstRoundIsAll() {
    let (collection, rounds) = collect(wanted: 4, promptsMax: nil) { $0 % 2 == 0 }
    #expect(rounds == [4] && collection.groups == [0, 1, 2, 3] && collection.state == .complete)
    #expect(collection.withoutVariance == 2 && collection.shareWithoutVariance == 0.5)
  }

  @Test func asManyFurtherPromptsAreTriedAsAreMissing() {
    let (collection, rounds) = collect(wanted: 4, promptsMax: 100) { $0 % 2 == 0 }
    // 0...3 give 0, 2; two are missing: 4, 5 give 4; one: 6 gives 6.
    #expect(rounds == [4, 2, 1] && collection.groups == [0, 2, 4, 6] && collection.state == .complete)
    #expect(collection.tried == 7 && collection.withoutVariance == 3)
  }

  @Test func atTheBoundTheStepGoesOnWithWhatItHas() {
    let (collection, rounds) = collect(wanted: 4, promptsMax: 9) { $0 == 1 || $0 == 8 }
    // 4 tried, 3 missing; 7 tried, 3 missing, and only 2 more may be tried; of these the last has variance.
    #expect(rounds == [4, 3, 2] && collection.groups == [1, 8] && collection.state == .short(missing: 2))
    #expect(collection.tried == 9 && collection.withoutVariance == 7)
  }

  @Test func withNoGroupAtAllThereIsNothingToLearnFrom() {
    let (collection, rounds) = collect(wanted: 4, promptsMax: 6) { _ in false }
    #expect(rounds == [4, 2] && collection.groups.isEmpty && collection.state == .nothing)
    #expect(collection.shareWithoutVariance == 1)
    #expect(GroupCollection<Int>(wanted: 2, promptsMax: 2).shareWithoutVariance == 0)
  }

  @Test func aBoundEqualToTheStepDropsWithoutReplacing() {
    let (collection, rounds) = collect(wanted: 3, promptsMax: 3) { $0 == 1 }
    #expect(rounds == [3] && collection.groups == [1] && collection.state == .short(missing: 2))
  }
}

@Suite struct LossWeightsTests {
  @Test func aCompletionOrATokenCountsAlike() {
    // Lengths 2, 3, 5. Sequences: 1/3 each, so 1/6, 1/9, 1/15 a token. Tokens: 1/10 each.
    let sequences = LossWeights.sequenceMean.weights(lengths: [2, 3, 5])
    #expect(zip(sequences, [1.0 / 6, 1.0 / 9, 1.0 / 15]).allSatisfy { abs($0 - $1) < 1e-15 })
    let tokens = LossWeights.tokenMean.weights(lengths: [2, 3, 5])
    #expect(tokens == [0.1, 0.1, 0.1])
    #expect(LossWeights.sequenceMean.weights(lengths: []).isEmpty && LossWeights.tokenMean.weights(lengths: []).isEmpty)
  }

  @Test func overAllTokensTheySumToOne() {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<100 {
      let lengths = (0..<Int.random(in: 1...30, using: &generator)).map { _ in Int.random(in: 1...99, using: &generator)
      }
      for rule in LossWeights.allCases {
        let sum = zip(rule.weights(lengths: lengths), lengths).reduce(0) { $0 + $1.0 * Double($1.1) }
        #expect(abs(sum - 1) < 1e-12)
      }
    }
  }

  @Test func withEqualLengthsTheyAreTheSame() {
    let lengths = [4, 4, 4]
    #expect(LossWeights.sequenceMean.weights(lengths: lengths) == LossWeights.tokenMean.weights(lengths: lengths))
  }
}
