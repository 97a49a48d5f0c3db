package import Tokenization

/// Prompts of random ordinary tokens, none like another: no prefix cache helps with them.
package struct RandomPrompts {
  /// Tokens that stand for some text.
  private let ordinary: [Int32]
  private var random: SplitMix64

  /// - Parameter ordinary: the tokens to draw from; not empty.
  package init(ordinary: [Int32], seed: UInt64 = 3) {
    precondition(!ordinary.isEmpty)
    self.ordinary = ordinary
    random = SplitMix64(seed: seed)
  }

  package init(_ tokenizer: Tokenizer) {
    let all = 0..<Int32(tokenizer.vocabularySize)
    self.init(ordinary: all.filter { !tokenizer.isSpecial($0) && !tokenizer.bytes(of: $0).isEmpty })
  }

  package mutating func next(_ count: Int) -> [Int32] { (0..<count).map { _ in random.choose(ordinary) } }

  /// Several prompts that begin with the same tokens.
  package mutating func next(_ tokens: Int, count: Int, shared: Int) -> [[Int32]] {
    let start = next(shared)
    return (0..<count).map { _ in start + next(tokens - shared) }
  }
}
