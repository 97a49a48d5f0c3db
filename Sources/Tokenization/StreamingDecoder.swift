/// Turns tokens to text as they come: bytes of a character that is not complete yet are held back.
///
/// What all calls return, joined, is what decoding all bytes at once gives. U+FFFD stands only for bytes that no later
/// byte can make valid, one for each maximal part of a character (Unicode 17.0, section 3.9), and for what is left
/// incomplete when the stream ends.
package struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let includingSpecial: Bool
  /// The beginning of a character: at most three bytes.
  private var pending: [UInt8] = []

  /// - Parameter includingSpecial: whether special tokens are written out by their spelling or left out.
  package init(_ tokenizer: Tokenizer, includingSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.includingSpecial = includingSpecial
  }

  /// The text that a token completes; often empty for tokens that hold part of a character.
  package mutating func push(_ token: Int32) -> String {
    push(tokenizer.decode([token], includingSpecial: includingSpecial))
  }

  /// The text that bytes complete.
  package mutating func push(_ bytes: some Collection<UInt8>) -> String {
    pending.append(contentsOf: bytes)
    let complete = pending.count - Self.unfinishedCount(pending)
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// The end of the stream: what is held back becomes U+FFFD.
  package mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end begin a character that more bytes could complete: 0 to 3.
  private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
    for count in stride(from: 1, through: min(3, bytes.count), by: 1) {
      let lead = bytes[bytes.count - count]
      if (0x80...0xBF).contains(lead) { continue }
      let needed = lead < 0xC2 || lead > 0xF4 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
      if count >= needed { return 0 }
      return count == 1 || allows(lead, bytes[bytes.count - count + 1]) ? count : 0
    }
    return 0
  }

  /// Whether a byte may follow a lead byte (Unicode 17.0, table 3-7).
  private static func allows(_ lead: UInt8, _ second: UInt8) -> Bool {
    switch lead {
    case 0xE0: (0xA0...0xBF).contains(second)
    case 0xED: (0x80...0x9F).contains(second)
    case 0xF0: (0x90...0xBF).contains(second)
    case 0xF4: (0x80...0x8F).contains(second)
    default: (0x80...0xBF).contains(second)
    }
  }
}
