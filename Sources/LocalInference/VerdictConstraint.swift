package import Engine
package import Judge

/// Holds one sequence to the verdict's form and to its budget of tokens.
///
/// Theory of operation. Fixed text is forced. Inside a text the model writes freely, but `<` only ends it. Two things
/// move the ends of texts: criteria may take two thirds of the budget, so that the evaluation has room; and when what
/// is left just suffices to close the evaluation and write the scores, that is what happens. So a verdict is always
/// whole. `minTokens` keeps the evaluation open. Where `minTokens` and `maxTokens` (nearly) agree, the two numbers take
/// up the difference: a choice inside a number is offered only if some way to finish from there meets both bounds.
///
/// The distribution of a score's integer part is read where its first digit is chosen. The digit 1 begins both 1 and
/// 10; when it is chosen its share is divided by the next choice. When it is not, all of it counts as 1: the scores of
/// a verdict with texts are what is written. Where only the scores are asked for, `ScoreQuestion` reads them.
package struct VerdictConstraint: TokenConstraint {
  /// Changes when the same choices of a model would end in another verdict; part of the scorer's fingerprint.
  package static let version = "budget-4"

  private let tokens: VerdictTokens
  private let minTokens: Int
  private let maxTokens: Int
  private var state = VerdictGrammar().initial
  private var count = 0
  /// The choices last offered inside a number.
  private var offered: [(token: Int32, next: VerdictState)] = []
  private var weights: [[Double]] = []
  /// Tokens of ", B: " and "</scores>".
  private let numberEndCounts: [Int]

  /// Tokens of both numbers at their shortest: one digit each.
  private static let numberTokensMin = 2
  /// Tokens of both numbers that leave every form open: two times "10.0".
  private static let numberTokensMax = 8
  /// Tokens of both numbers where bounds are tight: two times one digit and a decimal.
  private static let numberTokensTight = 6
  /// Tokens before a forced end at which no character is left unfinished any more.
  private static let characterMargin = 4

  /// - Precondition: `minTokens <= maxTokens`, `maxTokens >= VerdictGrammar.maxTokensMin`.
  package init(_ tokens: VerdictTokens, minTokens: Int, maxTokens: Int) {
    self.tokens = tokens
    self.minTokens = minTokens
    self.maxTokens = maxTokens
    numberEndCounts = ["5, B: ", "5</scores>"].map { tokens.encode(Array($0.utf8)).count - 1 }
  }

  package var isComplete: Bool { state.isComplete }

  /// Of each number written, probabilities of its integer part 1...10.
  package var scoreDistributions: [ScoreDistribution] { weights.compactMap(ScoreDistribution.init) }

  package mutating func takeForcedTokens() -> [Int32] {
    var bytes = state.forcedBytes
    if bytes.isEmpty, case .text(let section, let hasInk) = state.stage, mustClose(section) {
      bytes = Self.closing(state, hasInk: hasInk)
    }
    if bytes.isEmpty { return [] }
    _ = state.advance(bytes)  // These bytes come from the grammar.
    let forced = tokens.encode(bytes)
    count += forced.count
    return forced
  }

  package mutating func choices() -> TokenChoices {
    switch state.stage {
    case .text(let section, _):
      let shortest = maxTokens - spare(after: 0) - numberSlack + Self.numberTokensMin
      let mayClose = section == .criteria || shortest >= minTokens
      let endsCharacter = spare(after: Self.characterMargin) <= 0
      return .mask(tokens.mask(state, mayClose: mayClose, endsCharacter: endsCharacter))
    case .score, .literal, .done:
      let all = tokens.numberChoices(state)
      let feasible = all.filter { canFinish($0.next, count: count + 1) }
      offered = feasible.isEmpty ? all : feasible
      return .few(offered.map(\.token))
    }
  }

  @discardableResult package mutating func accept(_ token: Int32, probabilities: [Float]) -> Int32 {
    count += 1
    if case .score(let index, let position) = state.stage {
      record(index, position, token, probabilities)
      if let choice = offered.first(where: { $0.token == token }) { state = choice.next }
    } else {
      _ = state.advance(tokens.bytes(of: token))  // The mask held only tokens that go on from here.
    }
    return token
  }

  // MARK: Budget

  /// Tokens kept for the two numbers.
  private var numberSlack: Int { min(Self.numberTokensMax, Self.numberTokensTight + maxTokens - minTokens) }

  /// Tokens left over if, `more` tokens from now, the evaluation closed and the scores were written.
  private func spare(after more: Int) -> Int {
    maxTokens - count - more - tokens.closingCount(state) - numberEndCounts.reduce(0, +) - numberSlack
  }

  private func mustClose(_ section: VerdictState.Section) -> Bool {
    // One more token of text, and there would be too little left.
    if spare(after: 1) < 0 { return true }
    return section == .criteria && count * 3 >= maxTokens * 2
  }

  /// The bytes that end the open text and lead to the next choice.
  private static func closing(_ state: VerdictState, hasInk: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    var next = state
    // An unfinished character and an empty text are completed as the grammar completes them.
    for byte in state.closingBytes {
      if byte == VerdictGrammar.textEnd { break }
      bytes.append(byte)
    }
    bytes.append(VerdictGrammar.textEnd)
    _ = next.advance(bytes)  // A prefix of the grammar's own closing bytes.
    return bytes + next.forcedBytes
  }

  /// Whether some way to finish the numbers from a state keeps both bounds.
  private func canFinish(_ state: VerdictState, count: Int) -> Bool {
    guard case .score(let index, let position) = state.stage else {
      // The text after a number has begun; what is left of it is forced.
      let rest = state.isComplete ? 0 : tokens.encode(state.forcedBytes).count
      var next = state
      _ = next.advance(state.forcedBytes)
      return next.isComplete
        ? (minTokens...maxTokens).contains(count + rest) : canFinish(next, count: count + rest)
    }
    let later = index == 0 ? [1, 2, 3, 4].map { numberEndCounts[0] + $0 + numberEndCounts[1] } : [numberEndCounts[1]]
    return Self.lengths(position).contains { own in
      later.contains { (minTokens...maxTokens).contains(count + own + $0) }
    }
  }

  /// How many more tokens a number may take from a position.
  private static func lengths(_ position: VerdictState.NumberPosition) -> [Int] {
    switch position {
    case .first: [1, 2, 3, 4]
    case .afterOne: [0, 1, 2, 3]
    case .afterDigit, .afterTen: [0, 2]
    case .decimal, .decimalOfTen: [1]
    case .complete: [0]
    }
  }

  // MARK: Distributions

  private mutating func record(
    _ index: Int, _ position: VerdictState.NumberPosition, _ token: Int32, _ probabilities: [Float]
  ) {
    guard probabilities.count == offered.count else { return }
    switch position {
    case .first:
      var own = [Double](repeating: 0, count: 10)
      for (choice, probability) in zip(offered, probabilities) {
        if let digit = tokens.bytes(of: choice.token).first, (0x31...0x39).contains(digit) {
          own[Int(digit) - 0x31] = Double(probability)
        }
      }
      weights.append(own)
    case .afterOne:
      let ten = zip(offered, probabilities).first { tokens.bytes(of: $0.0.token) == [UInt8(ascii: "0")] }?.1 ?? 0
      let one = weights[index][0]
      weights[index][9] = one * Double(ten)
      weights[index][0] = one * (1 - Double(ten))
    default: break
    }
  }
}
