/// Control and added tokens by their literal bytes.
struct AddedTokenTable: Sendable {
  private var tokens: [[UInt8]: Int32] = [:]
  /// Spellings by first byte, the longest first.
  private var byFirstByte: [UInt8: [[UInt8]]] = [:]

  /// Adds a token; returns the one that already has these bytes.
  mutating func insert(_ spelling: [UInt8], token: Int32) -> Int32? {
    guard let first = spelling.first else { return nil }
    if let taken = tokens[spelling] { return taken }
    tokens[spelling] = token
    var others = byFirstByte[first] ?? []
    others.insert(spelling, at: others.firstIndex { $0.count < spelling.count } ?? others.count)
    byFirstByte[first] = others
    return nil
  }

  /// The token with exactly this spelling.
  func token(_ spelling: [UInt8]) -> Int32? { tokens[spelling] }

  /// The leftmost spelling at or after an offset, of several there the longest.
  func first(in text: [UInt8], from start: Int) -> (token: Int32, range: Range<Int>)? {
    for offset in start..<text.count {
      for spelling in byFirstByte[text[offset]] ?? [] where text[offset...].starts(with: spelling) {
        if let token = tokens[spelling] { return (token, offset..<offset + spelling.count) }
      }
    }
    return nil
  }
}
