private import Glibc

/// Character 3- and 4-grams of a text, weighted by how often they occur here and how rare they are elsewhere, for a
/// cosine.
///
/// Grams run over everything, punctuation and line breaks included, and keep the case of letters, which is why they
/// catch habits that no list of features names. The weight is (1 + ln count) * rarity, the latter from `GramTable`:
/// without it the commonest grams of English drown the rest (70 instead of 75 of 100 pairs of blogs are right).
///
/// The counts live in an open-addressing table of the text's own grams, so making one and comparing two are linear in
/// the text, and the order of a sum follows from the texts alone.
package struct GramVector: Sendable {
  /// A gram is up to four scalars of 16 bits each, the last 0 in a 3-gram; 0 marks a free slot.
  private var keys: [UInt64]
  private var weights: [Double]
  private var norm = 0.0

  /// - Complexity: O(n).
  package init(_ text: String) {
    // 16 bits of a scalar tell letters and punctuation of every script in use apart; what lies above shares codes.
    let scalars = text.unicodeScalars.map { max(1, UInt64($0.value & 0xFFFF)) }
    let gramsMax = max(0, 2 * scalars.count - 5)
    var capacity = 16
    // At most three quarters full, where no gram repeats.
    while 3 * capacity < 4 * gramsMax { capacity *= 2 }
    keys = [UInt64](repeating: 0, count: capacity)
    weights = [Double](repeating: 0, count: capacity)
    for start in scalars.indices.dropLast(2) {
      let three = scalars[start] << 48 | scalars[start + 1] << 32 | scalars[start + 2] << 16
      count(three)
      if start + 3 < scalars.count { count(three | scalars[start + 3]) }
    }
    var squares = 0.0
    for slot in keys.indices where weights[slot] > 0 {
      weights[slot] = (1 + log(weights[slot])) * GramRarity.of(keys[slot])
      squares += weights[slot] * weights[slot]
    }
    norm = sqrt(squares)
  }

  private mutating func count(_ gram: UInt64) {
    let slot = Self.slot(of: gram, in: keys)
    keys[slot] = gram
    weights[slot] += 1
  }

  /// Where a gram is, or would be put.
  ///
  /// - Precondition: the number of slots is a power of two, and one is free.
  static func slot(of gram: UInt64, in keys: [UInt64]) -> Int {
    let mask = keys.count - 1
    // Multiplication by an odd constant near 2^64 / golden ratio; the high bits mix best.
    var slot = Int(truncatingIfNeeded: (gram &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while keys[slot] != 0 && keys[slot] != gram { slot = (slot + 1) & mask }
    return slot
  }

  /// 0 (no gram shared) to 1; 0 where either text has no gram.
  package func cosine(_ other: GramVector) -> Double {
    if norm == 0 || other.norm == 0 { return 0 }
    var sum = 0.0
    for slot in keys.indices where weights[slot] > 0 {
      sum += weights[slot] * other.weights[Self.slot(of: keys[slot], in: other.keys)]
    }
    return min(1, sum / (norm * other.norm))
  }
}
