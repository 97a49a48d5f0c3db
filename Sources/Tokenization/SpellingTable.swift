/// The bytes of every token in one array, and a hash table from bytes to token.
///
/// Keyed on bytes: as a dictionary key a `String` compares by canonical equivalence, which would take two tokens for
/// one, and costs a normalization for each look-up. Open addressing with linear probing, at most half full.
struct SpellingTable: Sendable {
  private var bytes: [UInt8] = []
  /// Where each token's bytes begin, and one more entry at the end.
  private var offsets: [UInt32] = [0]
  /// Token plus one; zero is a free slot.
  private var slots: [UInt32]
  private let mask: Int

  /// - Parameter capacity: how many tokens will be appended at most.
  init(capacity: Int) {
    var count = 16
    while count < capacity * 2 { count *= 2 }
    slots = [UInt32](repeating: 0, count: count)
    mask = count - 1
    offsets.reserveCapacity(capacity + 1)
    bytes.reserveCapacity(capacity * 8)
  }

  /// Number of tokens appended.
  var count: Int { offsets.count - 1 }

  /// Gives the next id to a spelling.
  mutating func append(_ spelling: some Collection<UInt8>) {
    bytes.append(contentsOf: spelling)
    offsets.append(UInt32(bytes.count))
  }

  /// Enters a token for `find`; returns the token that is already there for these bytes, if any.
  mutating func enter(_ token: Int) -> Int? {
    let range = self.range(token)
    var slot = Self.hash(bytes, range) & mask
    while slots[slot] != 0 {
      let other = Int(slots[slot] - 1)
      if matches(other, bytes, range) { return other }
      slot = (slot + 1) & mask
    }
    slots[slot] = UInt32(token + 1)
    return nil
  }

  /// The token entered for `text[range]`.
  func find(_ text: [UInt8], _ range: Range<Int>) -> Int? {
    var slot = Self.hash(text, range) & mask
    while slots[slot] != 0 {
      let token = Int(slots[slot] - 1)
      if matches(token, text, range) { return token }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The token entered for these bytes.
  func find(_ text: [UInt8]) -> Int? { find(text, 0..<text.count) }

  /// The bytes of a token.
  subscript(_ token: Int) -> ArraySlice<UInt8> { bytes[range(token)] }

  private func range(_ token: Int) -> Range<Int> { Int(offsets[token])..<Int(offsets[token + 1]) }

  private func matches(_ token: Int, _ text: [UInt8], _ range: Range<Int>) -> Bool {
    let own = self.range(token)
    if own.count != range.count { return false }
    for index in 0..<range.count where bytes[own.lowerBound + index] != text[range.lowerBound + index] { return false }
    return true
  }

  /// FNV-1a with a final mix, for the low bits choose the slot.
  private static func hash(_ text: [UInt8], _ range: Range<Int>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) & 0x7FFF_FFFF)
  }
}
