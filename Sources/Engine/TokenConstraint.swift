/// What may come next in a sequence whose output has to keep a form.
///
/// The engine knows token ids only. Who implements this knows what the ids spell; `LocalInference` fits the verdict
/// grammar to the tokenizer this way. One value belongs to one sequence and sees each of its generated tokens once.
package protocol TokenConstraint: Sendable {
  /// Tokens that must come next, appended without being sampled; empty where there is a choice, or at the end.
  /// The engine accepts them on the constraint's behalf: after this call they count as generated.
  mutating func takeForcedTokens() -> [Int32]
  /// The choice at this point; asked after `takeForcedTokens` returned nothing more and while not complete.
  mutating func choices() -> TokenChoices
  /// Takes the sampled token, and says which one is written: it, or another of the choices that the constraint would
  /// rather go on from.
  ///
  /// - Parameter probabilities: where the choices were `few`, their probabilities at temperature 1, in their order;
  ///   they sum to 1. Empty otherwise.
  /// - Returns: the token that is appended to the sequence.
  @discardableResult mutating func accept(_ token: Int32, probabilities: [Float]) -> Int32
  /// Whether the output has its whole form; generation stops here.
  var isComplete: Bool { get }
}

/// The tokens among which the next one is sampled.
package enum TokenChoices: Sendable {
  /// The whole vocabulary.
  case any
  /// Those whose bit is set.
  case mask(TokenMask)
  /// A handful; not empty.
  case few([Int32])
}

/// A set of token ids as bits.
package struct TokenMask: Sendable, Equatable {
  /// Bit `id % 64` of word `id / 64`.
  package private(set) var words: [UInt64]

  /// The empty set.
  package init(vocabularySize: Int) { words = Array(repeating: 0, count: (vocabularySize + 63) / 64) }

  package mutating func insert(_ token: Int32) { words[Int(token) / 64] |= 1 << UInt64(token % 64) }

  package mutating func remove(_ token: Int32) { words[Int(token) / 64] &= ~(1 << UInt64(token % 64)) }

  package func contains(_ token: Int32) -> Bool { words[Int(token) / 64] >> UInt64(token % 64) & 1 == 1 }

  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
}
