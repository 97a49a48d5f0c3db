import Foundation
package import Corpora
package import Judge

/// What a completion is worth: the one signal that reinforcement learns from.
///
/// Theory of operation. A completion is the raw text of a model that nothing held to the form, read by the same strict
/// parser as in serving. It is worth -1 where it is no verdict, 0 where it is one but does not name the preferred
/// response (a tie names none), and 1 where it does. No model judges it. On top may come, each off unless asked for:
/// - a dense part, which grows with the margin by which the preferred response leads;
/// - a bonus for agreeing with what most completions of the other order say, where a group has both orders;
/// - a length penalty, which grows from nothing at a budget of tokens to its whole at the end of a ramp.
///
/// Bounds on the options keep, at equal length, what is right above what is wrong, and that above what is malformed.
///
/// - Source: PersRM-R1 (arXiv 2508.14076) for -1, 0, 1; Yu et al. 2025 (DAPO, arXiv 2503.14476) section 3.4 for a
///   length penalty with a ramp.
package struct VerdictReward: Sendable, Equatable {
  package static let malformed = -1.0
  package static let wrong = 0.0
  package static let right = 1.0

  /// How a margin becomes a number of -1...1.
  package enum MarginShape: String, Sendable, Codable, CaseIterable {
    /// tanh(points / 3): most of the way is the first three points.
    case tanh
    /// points / 9, the share of the largest margin there is.
    case linear
  }

  /// What is added to -1, 0 and 1.
  package struct Options: Sendable, Equatable, Codable {
    /// Added where the winner is the one that most verdicts of the other order in the group name; 0..<0.5.
    package var agreementBonus = 0.0
    /// Multiplied with the shaped margin of the preferred response over the other; 0..<0.5.
    package var denseWeight = 0.0
    package var denseShape = MarginShape.tanh
    /// Tokens, the end of turn included, that cost nothing; nil turns the length penalty off.
    package var lengthBudget: Int?
    /// Tokens over which the penalty grows from 0 to `lengthPenalty`; 1 or more.
    package var lengthRamp = 128
    /// The most that is subtracted; 0...1.
    package var lengthPenalty = 0.5

    package init() {}
  }

  /// A model's answer to one prompt.
  package struct Completion: Sendable, Equatable {
    /// The model's own output, special tokens left out; nothing trimmed.
    package var text: String
    package var finishReason: FinishReason
    /// Tokens drawn, the end of turn included.
    package var tokens: Int
    /// Which of the pair's responses the prompt showed as Response A.
    package var order: SlotOrder

    package init(text: String, finishReason: FinishReason, tokens: Int, order: SlotOrder) {
      self.text = text
      self.finishReason = finishReason
      self.tokens = tokens
      self.order = order
    }
  }

  /// What a completion turned out to be.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// Ended by itself, and is no verdict.
    case malformed
    /// Cut off at the token limit. It counts as malformed even where it reads as a verdict so far: it did not end.
    case truncated
    case tie
    case wrong
    case right

    package var isWellFormed: Bool { self != .malformed && self != .truncated }

    /// -1, 0 or 1.
    package var reward: Double {
      switch self {
      case .malformed, .truncated: VerdictReward.malformed
      case .tie, .wrong: VerdictReward.wrong
      case .right: VerdictReward.right
      }
    }
  }

  /// A completion's reward, and what it is made of.
  package struct Outcome: Sendable, Equatable {
    package let kind: Kind
    /// Whether the winner is the response that the prompt showed first; nil where there is no winner.
    package let prefersFirst: Bool?
    /// Points by which the preferred response leads, -9...9; nil where there is no verdict.
    package let margin: Double?
    /// Added for the margin.
    package let dense: Double
    /// Added for agreement with the other order.
    package fileprivate(set) var agreement: Double
    /// Added for length; 0 or less.
    package let length: Double

    package init(
      kind: Kind, prefersFirst: Bool? = nil, margin: Double? = nil, dense: Double = 0, agreement: Double = 0,
      length: Double = 0
    ) {
      self.kind = kind
      self.prefersFirst = prefersFirst
      self.margin = margin
      self.dense = dense
      self.agreement = agreement
      self.length = length
    }

    /// All of it.
    package var reward: Double { kind.reward + dense + agreement + length }
  }

  package let options: Options
  private let parser = VerdictParser()

  /// - Precondition: the options are within their bounds; `GRPOSettings.validate` says which are not.
  package init(_ options: Options = Options()) {
    precondition((0..<0.5).contains(options.agreementBonus) && (0..<0.5).contains(options.denseWeight))
    precondition(options.lengthRamp >= 1 && (0...1).contains(options.lengthPenalty))
    self.options = options
  }

  package static func == (left: VerdictReward, right: VerdictReward) -> Bool { left.options == right.options }

  /// The reward of one completion by itself, that is without the agreement bonus.
  ///
  /// - Parameter preferred: the response that the exemplars' author wrote, by its place in the pair.
  /// - Complexity: O(bytes of the text).
  package func outcome(_ completion: Completion, preferred: PreferencePair.Slot) -> Outcome {
    let length = -lengthPenalty(tokens: completion.tokens)
    guard completion.finishReason == .stop else { return Outcome(kind: .truncated, length: length) }
    let verdict: VerdictParser.Verdict
    do throws(VerdictParser.Failure) {
      verdict = try parser.parse(completion.text)
    } catch {
      return Outcome(kind: .malformed, length: length)
    }
    // In tenths, so that equal scores are equal.
    let firstLead = verdict.a.tenths - verdict.b.tenths
    let preferredIsFirst = (preferred == .a) == (completion.order == .ab)
    let lead = preferredIsFirst ? firstLead : -firstLead
    let margin = Double(lead) / 10
    return Outcome(
      kind: lead > 0 ? .right : lead < 0 ? .wrong : .tie, prefersFirst: firstLead == 0 ? nil : firstLead > 0,
      margin: margin, dense: options.denseWeight * shaped(margin), length: length)
  }

  /// The rewards of a group: all completions of one pair, in the order given.
  ///
  /// The bonus goes to a verdict whose winner, right or wrong, is also that of more than half of the other order's
  /// verdicts with a winner. Where that order has none, or is split evenly, nobody of this one gets it.
  ///
  /// - Complexity: O(bytes of all texts).
  package func outcomes(_ completions: [Completion], preferred: PreferencePair.Slot) -> [Outcome] {
    var outcomes = completions.map { outcome($0, preferred: preferred) }
    guard options.agreementBonus > 0 else { return outcomes }
    // Votes for the preferred response less votes for the other.
    var lead: [SlotOrder: Int] = [:]
    for (completion, outcome) in zip(completions, outcomes) {
      lead[completion.order, default: 0] += outcome.kind == .right ? 1 : outcome.kind == .wrong ? -1 : 0
    }
    for (index, completion) in completions.enumerated() {
      let other = lead[completion.order == .ab ? .ba : .ab] ?? 0
      let agrees = outcomes[index].kind == .right && other > 0 || outcomes[index].kind == .wrong && other < 0
      if agrees { outcomes[index].agreement = options.agreementBonus }
    }
    return outcomes
  }

  /// 0 up to the budget, `lengthPenalty` from the end of the ramp on, straight between.
  package func lengthPenalty(tokens: Int) -> Double {
    guard let budget = options.lengthBudget else { return 0 }
    let share = Double(tokens - budget) / Double(options.lengthRamp)
    return options.lengthPenalty * min(max(share, 0), 1)
  }

  private func shaped(_ margin: Double) -> Double {
    switch options.denseShape {
    case .tanh: tanh(margin / 3)
    case .linear: margin / 9
    }
  }
}
