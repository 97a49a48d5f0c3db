package import Engine
package import Judge

/// The question which number a score is, where no texts are asked for: the distribution of its integer part.
///
/// One or two choices. At the first, every digit has its share. The digit 1 begins both 1 and 10, so where its share
/// counts, 1 is written whichever digit is likeliest, and the second choice, between 0 and the end of the number,
/// divides it.
package struct ScoreQuestion: TokenConstraint {
  /// Changes when the same probabilities would become other scores; part of the scorer's fingerprint.
  package static let version = "table-1"
  /// The share from which on the digit 1 is worth dividing: what less of it could move a mean, from 1 to 10, is less
  /// than half of the tenth that scores are rounded to.
  package static let dividedShareMin: Float = 0.005
  /// Choices at most.
  package static let tokensMax = 2

  private let digits: [Int32]
  private let ends: [Int32]
  /// Where 1 stands in `digits`, and 0 in `ends`.
  private let one: Int
  private let zero: Int
  private var values: [Int] = []
  private var weights: [Double]?
  private var isDivided = false

  /// - Parameters:
  ///   - index: the number, 0 for A and 1 for B.
  ///   - written: what stands for the numbers before it.
  package init(_ tokens: VerdictTokens, index: Int, after written: [Int] = []) {
    precondition(written.count == index)
    var state = VerdictGrammar().initial
    _ = state.advance(Self.opening(index: index, after: written))  // The grammar's own bytes.
    let first = tokens.numberChoices(state, decimals: false)
    digits = first.map(\.token)
    values = first.map { Int(tokens.bytes(of: $0.token)[0]) - 0x30 }
    one = values.firstIndex(of: 1) ?? 0
    _ = state.advance(UInt8(ascii: "1"))  // As above.
    let second = tokens.numberChoices(state, decimals: false)
    ends = second.map(\.token)
    zero = second.firstIndex { tokens.bytes(of: $0.token) == [UInt8(ascii: "0")] } ?? 0
  }

  /// The shortest verdict there is, up to the first digit of a number.
  package static func opening(index: Int, after written: [Int]) -> [UInt8] {
    var state = VerdictGrammar().initial
    var bytes = state.closingBytes
    _ = state.advance(bytes)  // The grammar's own bytes, here and below; the numbers are 1...10.
    for number in written.prefix(index) {
      _ = state.advance(Array("\(number)".utf8))
      bytes += Array("\(number)".utf8) + state.closingBytes
      _ = state.advance(state.closingBytes)
    }
    return bytes
  }

  /// The shortest verdict with these two numbers.
  package static func whole(_ numbers: [Int]) -> [UInt8] { opening(index: numbers.count, after: numbers) }

  /// Probabilities of the integer parts 1...10; nil before the answer.
  package var distribution: ScoreDistribution? { isComplete ? weights.flatMap(ScoreDistribution.init) : nil }

  package var isComplete: Bool { weights != nil && isDivided }

  package mutating func takeForcedTokens() -> [Int32] { [] }

  package mutating func choices() -> TokenChoices { .few(weights == nil ? digits : ends) }

  @discardableResult package mutating func accept(_ token: Int32, probabilities: [Float]) -> Int32 {
    guard var weights else {
      var weights = [Double](repeating: 0, count: 10)
      for (value, probability) in zip(values, probabilities) { weights[value - 1] = Double(probability) }
      self.weights = weights
      isDivided = probabilities.count == digits.count && probabilities[one] < Self.dividedShareMin
      return isDivided ? token : digits[one]
    }
    let ten = probabilities.count == ends.count ? Double(probabilities[zero]) : 0
    weights[9] = weights[0] * ten
    weights[0] -= weights[9]
    self.weights = weights
    isDivided = true
    return token
  }
}
