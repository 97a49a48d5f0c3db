package import Engine
package import Judge
import Synchronization
package import Tokenization

/// The verdict grammar, which is over bytes, seen through a tokenizer.
///
/// Which tokens a text may go on with depends only on the grammar's state, and there are 92 of those; so each mask is
/// computed once, by walking the grammar along the bytes of every token, and kept; so are the lengths of what closes a
/// verdict. One value serves all sequences.
package final class VerdictTokens: Sendable {
  /// What a mask is for.
  private struct MaskKey: Hashable {
    let state: VerdictState
    let mayClose: Bool
    let endsCharacter: Bool
  }

  private let tokenizer: Tokenizer
  private let vocabularySize: Int
  /// Bytes of each token that text may consist of; nil for special tokens and empty ones.
  private let spellings: [[UInt8]?]
  private let masks = Mutex<[MaskKey: TokenMask]>([:])
  private let closingCounts = Mutex<[VerdictState: Int]>([:])
  /// The single-byte token of each byte a number may hold.
  private let byteTokens: [UInt8: Int32]

  package init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    vocabularySize = tokenizer.vocabularySize
    var spellings: [[UInt8]?] = []
    var byteTokens: [UInt8: Int32] = [:]
    for token in 0..<Int32(tokenizer.vocabularySize) {
      let bytes = tokenizer.bytes(of: token)
      let isText = !tokenizer.isSpecial(token) && !bytes.isEmpty
      spellings.append(isText ? bytes : nil)
      if isText, bytes.count == 1, byteTokens[bytes[0]] == nil { byteTokens[bytes[0]] = token }
    }
    self.spellings = spellings
    self.byteTokens = byteTokens
  }

  package func bytes(of token: Int32) -> [UInt8] { spellings[Int(token)] ?? [] }

  /// The tokens of fixed text.
  package func encode(_ bytes: [UInt8]) -> [Int32] {
    bytes.isEmpty ? [] : tokenizer.encode(String(decoding: bytes, as: UTF8.self))
  }

  /// Tokens of a state's `closingBytes`. Asked several times for each token that is generated, so each is encoded once.
  package func closingCount(_ state: VerdictState) -> Int {
    if let count = closingCounts.withLock({ $0[state] }) { return count }
    let count = encode(state.closingBytes).count
    closingCounts.withLock { $0[state] = count }
    return count
  }

  /// The tokens that may go on from a state inside a text.
  ///
  /// - Parameters:
  ///   - mayClose: whether the text may end here.
  ///   - endsCharacter: only tokens after which no character is unfinished; all, where there is no such token.
  package func mask(_ state: VerdictState, mayClose: Bool, endsCharacter: Bool) -> TokenMask {
    let key = MaskKey(state: state, mayClose: mayClose, endsCharacter: endsCharacter)
    if let mask = masks.withLock({ $0[key] }) { return mask }
    var mask = TokenMask(vocabularySize: vocabularySize)
    for (token, bytes) in spellings.enumerated() {
      guard let bytes, mayClose || !bytes.contains(VerdictGrammar.textEnd) else { continue }
      var next = state
      if next.advance(bytes), !(endsCharacter && next.isInsideCharacter) { mask.insert(Int32(token)) }
    }
    if mask.isEmpty, endsCharacter { mask = self.mask(state, mayClose: mayClose, endsCharacter: false) }
    masks.withLock { $0[key] = mask }
    return mask
  }

  /// What may come next inside a number: single bytes of it, and the first token of the text after it.
  ///
  /// - Parameter decimals: whether a number may have one.
  package func numberChoices(_ state: VerdictState, decimals: Bool = true) -> [(token: Int32, next: VerdictState)] {
    var choices: [(token: Int32, next: VerdictState)] = []
    for byte in state.allowedBytes {
      if !decimals, byte == VerdictGrammar.decimalPoint { continue }
      var next = state
      _ = next.advance(byte)  // It is among the allowed ones.
      if case .literal = next.stage {
        let end = encode([byte] + next.forcedBytes)
        next = state
        if let first = end.first, next.advance(bytes(of: first)) { choices.append((first, next)) }
      } else if let token = byteTokens[byte] {
        choices.append((token, next))
      }
    }
    return choices
  }
}
