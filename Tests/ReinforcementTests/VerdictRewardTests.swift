import Corpora
import Foundation
import Judge
import Reinforcement
import TestSupport
import Testing

@Suite struct VerdictRewardTests {
  private let plain = VerdictReward()

  private func options(_ set: (inout VerdictReward.Options) -> Void) -> VerdictReward {
    var options = VerdictReward.Options()
    set(&options)
    return VerdictReward(options)
  }

  private func outcome(
    _ a: String, _ b: String, _ order: SlotOrder = .ab, preferred: PreferencePair.Slot = .a,
    by reward: VerdictReward? = nil
  ) -> VerdictReward.Outcome {
    (reward ?? plain).outcome(
      InventedPairs.completion(InventedPairs.verdict(a, b), order), preferred: preferred)
  }

  /// The model's A is the pair's A in order ab and the pair's B in order ba: all eight cases.
  @Test(arguments: [
    (SlotOrder.ab, PreferencePair.Slot.a, "8", "3", 1.0, true), (.ab, .a, "3", "8", 0, false),
    (.ab, .b, "8", "3", 0, true), (.ab, .b, "3", "8", 1, false), (.ba, .a, "8", "3", 0, true),
    (.ba, .a, "3", "8", 1, false), (.ba, .b, "8", "3", 1, true), (.ba, .b, "3", "8", 0, false),
  ])
  func isOneExactlyWhereThePreferredResponseWins(
    order: SlotOrder, preferred: PreferencePair.Slot, a: String, b: String, reward: Double, prefersFirst: Bool
  ) {
    let outcome = outcome(a, b, order, preferred: preferred)
    #expect(outcome.reward == reward && outcome.kind == (reward == 1 ? .right : .wrong))
    #expect(outcome.prefersFirst == prefersFirst)
    #expect(outcome.margin == (reward == 1 ? 5 : -5))
  }

  @Test func aTieIsWellFormedAndWorthNothing() {
    for (a, b) in [("5", "5"), ("7.0", "7"), ("10", "10.0")] {
      let outcome = outcome(a, b)
      #expect(outcome.kind == .tie && outcome.reward == 0 && outcome.margin == 0 && outcome.prefersFirst == nil)
    }
    // A tenth is not a tie.
    #expect(outcome("7.1", "7").kind == .right && outcome("7", "7.1").kind == .wrong)
  }

  @Test func whatIsNoVerdictCostsOne() {
    let whole = InventedPairs.verdict("8", "3")
    let texts = [
      "", "A", "A: 8, B: 3", "<scores>A: 8, B: 3</scores>", whole + " So A.", "Sure! " + whole,
      whole.replacingOccurrences(of: "8", with: "11"), whole.replacingOccurrences(of: "Short words.", with: " "),
      String(whole.dropLast()), whole + whole,
    ]
    for text in texts {
      let outcome = plain.outcome(InventedPairs.completion(text), preferred: .a)
      #expect(outcome.kind == .malformed && outcome.reward == -1, "\(text)")
      #expect(outcome.margin == nil && outcome.prefersFirst == nil)
    }
    #expect(plain.outcome(InventedPairs.completion("\n " + whole + "\n"), preferred: .a).reward == 1)
  }

  @Test func whatWasCutOffIsMalformedEvenWhereItReadsAsAVerdict() {
    let cut = InventedPairs.completion(InventedPairs.verdict("8", "3"), finish: .length)
    let outcome = plain.outcome(cut, preferred: .a)
    #expect(outcome.kind == .truncated && outcome.reward == -1 && outcome.margin == nil)
  }

  @Test func aDenseRewardGrowsWithTheMarginOfThePreferredResponse() {
    let tanhReward = options { $0.denseWeight = 0.2 }
    // Margin 8 - 5 = 3 points: 0.2 tanh(3/3) = 0.2 * 0.76159415595576 = 0.152318831191153.
    #expect(abs(outcome("8", "5", by: tanhReward).reward - 1.152318831191153) < 1e-12)
    #expect(abs(outcome("8", "5", preferred: .b, by: tanhReward).reward + 0.152318831191153) < 1e-12)
    let linear = options {
      $0.denseWeight = 0.3
      $0.denseShape = .linear
    }
    // Margin 4.5 of 9: 0.3 * 0.5 = 0.15. The whole of it: 0.3.
    #expect(abs(outcome("9", "4.5", by: linear).reward - 1.15) < 1e-12)
    #expect(abs(outcome("10", "1", by: linear).reward - 1.3) < 1e-12)
    #expect(abs(outcome("1", "10", by: linear).reward + 0.3) < 1e-12)
    #expect(outcome("6", "6", by: linear).reward == 0)
    #expect(linear.outcome(InventedPairs.completion("no"), preferred: .a).reward == -1)
  }

  @Test func lengthCostsNothingUpToTheBudgetAndAllAfterTheRamp() {
    let reward = options {
      $0.lengthBudget = 100
      $0.lengthRamp = 40
      $0.lengthPenalty = 0.8
    }
    // 110 tokens are 10 of 40 past the budget: 0.8 * 0.25 = 0.2; 130: 0.8 * 0.75 = 0.6.
    for (tokens, penalty) in [(1, 0.0), (100, 0), (110, 0.2), (130, 0.6), (140, 0.8), (500, 0.8)] {
      #expect(abs(reward.lengthPenalty(tokens: tokens) - penalty) < 1e-12, "\(tokens) tokens")
      let completion = InventedPairs.completion(InventedPairs.verdict("8", "3"), tokens: tokens)
      #expect(abs(reward.outcome(completion, preferred: .a).reward - (1 - penalty)) < 1e-12)
    }
    // It holds for what is malformed or cut off, too, so that rambling is worse than stopping.
    let cut = InventedPairs.completion("<criteria>", tokens: 140, finish: .length)
    #expect(abs(reward.outcome(cut, preferred: .a).reward + 1.8) < 1e-12)
    #expect(plain.lengthPenalty(tokens: 100_000) == 0)
  }

  @Test func theBonusGoesToTheMajorityOfTheOtherOrder() {
    let reward = options { $0.agreementBonus = 0.25 }
    let right = InventedPairs.verdict("8", "3")
    let wrong = InventedPairs.verdict("3", "8")
    let tie = InventedPairs.verdict("5", "5")
    // The pair's A is preferred: in order ba the model must favour its B, so there `wrong` is right.
    let group = [
      InventedPairs.completion(right), InventedPairs.completion(right), InventedPairs.completion(wrong),
      InventedPairs.completion("none"), InventedPairs.completion(wrong, .ba), InventedPairs.completion(wrong, .ba),
      InventedPairs.completion(right, .ba), InventedPairs.completion(tie, .ba),
    ]
    // ab: 2 right, 1 wrong. ba: 2 right, 1 wrong, 1 tie. Both majorities name A, so the right ones of both get it.
    #expect(
      reward.outcomes(group, preferred: .a).map(\.reward) == [1.25, 1.25, 0, -1, 1.25, 1.25, 0, 0])
    // With B preferred the same completions are wrong where they were right; they agree all the same.
    #expect(
      reward.outcomes(group, preferred: .b).map(\.reward) == [0.25, 0.25, 1, -1, 0.25, 0.25, 1, 0])
    #expect(plain.outcomes(group, preferred: .a).map(\.reward) == [1, 1, 0, -1, 1, 1, 0, 0])
  }

  @Test func anEvenlySplitOrAbsentOtherOrderGivesNoBonus() {
    let reward = options { $0.agreementBonus = 0.25 }
    let right = InventedPairs.verdict("8", "3")
    let wrong = InventedPairs.verdict("3", "8")
    let alone = [InventedPairs.completion(right), InventedPairs.completion(right)]
    #expect(reward.outcomes(alone, preferred: .a).map(\.reward) == [1, 1])
    let split = alone + [InventedPairs.completion(right, .ba), InventedPairs.completion(wrong, .ba)]
    // ba is split 1 to 1, so nobody of ab has it; ab is for A, so the one of ba that says A has it.
    #expect(reward.outcomes(split, preferred: .a).map(\.reward) == [1, 1, 0, 1.25])
    let silent = alone + [InventedPairs.completion("x", .ba), InventedPairs.completion("y", .ba)]
    #expect(reward.outcomes(silent, preferred: .a).map(\.reward) == [1, 1, -1, -1])
  }

  @Test func noOptionsTurnTheOrderOfTheThreeAround() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<300 {
      let reward = options {
        $0.agreementBonus = Double.random(in: 0..<0.5, using: &generator)
        $0.denseWeight = Double.random(in: 0..<0.5, using: &generator)
        $0.denseShape = Bool.random(using: &generator) ? .tanh : .linear
      }
      let group = (0..<8).map { index in
        let numbers = (0..<2).map { _ in String(Int.random(in: 1...10, using: &generator)) }
        let text = Int.random(in: 0..<4, using: &generator) == 0 ? "?" : InventedPairs.verdict(numbers[0], numbers[1])
        return InventedPairs.completion(text, index < 4 ? .ab : .ba)
      }
      let outcomes = reward.outcomes(group, preferred: .a)
      for outcome in outcomes {
        switch outcome.kind {
        case .right: #expect(outcome.reward >= 1)
        case .wrong, .tie: #expect(outcome.reward > -1 && outcome.reward < 1)
        case .malformed, .truncated: #expect(outcome.reward == -1)
        }
      }
    }
  }

  /// Shown the other way round with its numbers exchanged, a completion is worth the same.
  @Test func swappingOrderAndScoresChangesNothing() {
    let reward = options { $0.denseWeight = 0.4 }
    for (a, b) in [("8", "3"), ("1", "9.5"), ("4", "4")] {
      for preferred in PreferencePair.Slot.allCases {
        let one = outcome(a, b, .ab, preferred: preferred, by: reward)
        let other = outcome(b, a, .ba, preferred: preferred, by: reward)
        #expect(one.reward == other.reward && one.margin == other.margin && one.kind == other.kind)
        #expect(one.prefersFirst == other.prefersFirst.map { !$0 })
      }
    }
  }
}
