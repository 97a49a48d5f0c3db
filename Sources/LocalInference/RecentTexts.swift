import Synchronization

/// The tokens of the texts seen last.
///
/// One comparison asks for the tokens of the same few texts again and again: to see whether they fit, once for each
/// response and order, and to compute with them. Tokenizing is by far slower than comparing bytes, so the last few are
/// kept, the one used last first. Texts are told apart by their bytes: strings that are equal for a reader, such as an
/// accent composed or not, may differ in their tokens.
package final class RecentTexts: Sendable {
  /// Texts kept: those of a dozen comparisons that are judged at the same time, each of three to six.
  package static let countMax = 64
  /// Bytes of a text that is kept, several times what the context takes. 64 of them, were every byte a token, take
  /// 40 MiB; as a rule they take a tenth.
  package static let bytesMax = 128 << 10
  /// Shorter texts are tokenized as fast as found.
  package static let bytesMin = 64

  private struct Entry {
    let bytes: [UInt8]
    let tokens: [Int32]
  }

  private let encode: @Sendable (String) -> [Int32]
  private let entries = Mutex<[Entry]>([])

  /// - Parameter encode: the tokenizer; equal bytes have equal tokens.
  package init(_ encode: @escaping @Sendable (String) -> [Int32]) { self.encode = encode }

  /// The tokens of a text.
  ///
  /// - Complexity: where it is known, one comparison of its bytes and of the first ones of texts as long.
  package func tokens(_ text: String) -> [Int32] {
    let count = text.utf8.count
    guard (Self.bytesMin...Self.bytesMax).contains(count) else { return encode(text) }
    let bytes = Array(text.utf8)
    let known = entries.withLock { entries -> [Int32]? in
      guard let index = entries.firstIndex(where: { $0.bytes == bytes }) else { return nil }
      let entry = entries.remove(at: index)
      entries.insert(entry, at: 0)
      return entry.tokens
    }
    if let known { return known }
    let tokens = encode(text)
    entries.withLock { entries in
      // Somebody else may have been faster.
      if entries.contains(where: { $0.bytes == bytes }) { return }
      if entries.count == Self.countMax { entries.removeLast() }
      entries.insert(Entry(bytes: bytes, tokens: tokens), at: 0)
    }
    return tokens
  }
}
