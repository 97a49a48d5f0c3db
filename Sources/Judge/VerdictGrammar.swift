/// The one form a verdict has, as bytes:
/// ```
/// <criteria>TEXT</criteria>\n<eval>TEXT</eval>\n<scores>A: N, B: N</scores>
/// ```
/// and then the end of the turn. `TEXT` is valid UTF-8 with at least one byte that is not space, tab or line feed; it
/// has no `<` (the first one begins its closing tag) and no control characters but tab and line feed. `N` is
/// `[1-9](\.[0-9])?` or `10(\.0)?`.
///
/// The grammar is over bytes and knows no tokenizer. An adapter walks `VerdictState` along the bytes of each token;
/// what it needs beyond `advance` is listed there. How a token budget is kept:
/// - the texts are the only places of free length, and `<` is the only byte that leaves one. So `min_tokens` is held by
///   refusing `<` in a text, and `max_tokens` by writing `state.closingBytes` while it still fits;
/// - after `closingBytes` at most `VerdictGrammar.scoresBytesMax` bytes remain, so a budget of that many tokens more
///   always suffices (a byte-level tokenizer never needs more tokens than bytes).
package struct VerdictGrammar: Sendable, Hashable {
  /// Changes when the accepted form does; part of `scorer_version`.
  package static let version = "verdict-1"

  package init() {}

  /// The state before the first byte.
  package var initial: VerdictState { VerdictState() }

  /// The byte that ends a text, and the only one: it begins the closing tag.
  package static let textEnd = UInt8(ascii: "<")
  /// The byte between a number's integer part and its decimal.
  package static let decimalPoint = UInt8(ascii: ".")
  /// What stands for a text that must be closed before it has any: the shortest text the grammar accepts.
  package static let emptyTextFiller = UInt8(ascii: "-")
  /// The most bytes a number takes: `10.0`.
  package static let numberBytesMax = 4
  /// The most bytes from the first byte of the first number to the end: `10.0, B: 10.0</scores>`.
  package static let scoresBytesMax =
    2 * numberBytesMax + Literal.secondScore.bytes.count + Literal.closeScores.bytes.count
  /// The most bytes `VerdictState.closingBytes` takes: from the first byte of the verdict.
  package static let closingBytesMax = VerdictState().closingBytes.count
  /// A `maxTokens` from which on a verdict fits, whatever the tokenizer: one token for each byte of the form at its
  /// longest, and one for the end of the turn.
  package static let maxTokensMin = closingBytesMax + scoresBytesMax + 1
  /// The bytes of the shortest verdict.
  package static let verdictBytesMin = VerdictState().shortestCompletion.count

  /// The fixed texts between the places where there is a choice, in the order they come.
  enum Literal: Int, Sendable, Hashable, CaseIterable {
    case openCriteria
    case closeCriteria
    case closeEval
    case secondScore
    case closeScores

    var bytes: [UInt8] { Self.table[rawValue] }

    private static let table: [[UInt8]] = [
      "<criteria>", "</criteria>\n<eval>", "</eval>\n<scores>A: ", ", B: ", "</scores>",
    ].map { Array($0.utf8) }
  }
}
