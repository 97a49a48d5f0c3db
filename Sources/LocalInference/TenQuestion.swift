package import Engine
import Judge

/// The question whether a number that begins with 1 is 10: one choice between going on with 0 and ending.
///
/// Asked after a verdict in which another digit was likelier, so that the share of 1 does not count as 1 where 10 was
/// meant. The sequence is what was written before the number, and 1.
package struct TenQuestion: TokenConstraint {
  private let offered: [Int32]
  private let zero: Int
  /// Of the share of 1, how much goes on to 10; nil before the answer.
  package private(set) var ten: Double?

  /// - Parameter index: the number, 0 for A and 1 for B.
  package init(_ tokens: VerdictTokens, index: Int) {
    var state = VerdictGrammar().initial
    for _ in 0...index { _ = state.advance(state.closingBytes + [UInt8(ascii: "1")]) }  // The grammar's own bytes.
    let choices = tokens.numberChoices(state, decimals: false)
    offered = choices.map(\.token)
    zero = choices.firstIndex { tokens.bytes(of: $0.token) == [UInt8(ascii: "0")] } ?? 0
  }

  package var isComplete: Bool { ten != nil }

  package mutating func takeForcedTokens() -> [Int32] { [] }

  package mutating func choices() -> TokenChoices { .few(offered) }

  package mutating func accept(_ token: Int32, probabilities: [Float]) {
    ten = probabilities.count == offered.count ? Double(probabilities[zero]) : 0
  }
}
