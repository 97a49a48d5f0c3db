private import Glibc

/// Character 3- and 4-grams of a text, weighted by how often they occur here and how rare they are elsewhere, for a
/// cosine.
///
/// Grams run over everything, punctuation and line breaks included, and keep the case of letters, which is why they
/// catch habits that no list of features names. The weight is (1 + ln count) * rarity, the latter from `GramTable`:
/// without it the commonest grams of English drown the rest (70 instead of 75 of 100 pairs of blogs are right).
///
/// The grams stand one behind the other in the order in which the text has them, with a hash table of their places
/// beside, so making a vector and comparing two are linear in the text, and the order of a sum follows from the texts
/// alone.
package struct GramVector: Sendable {
  /// The different grams; each is up to four scalars of 16 bits, the last 0 in a 3-gram.
  private var grams: [UInt64] = []
  private var weights: [Double] = []
  /// Places in `grams`, by hash; -1 where none is. The number of slots is a power of two, a quarter of them free.
  private var slots: [Int32]
  private var norm = 0.0

  /// - Precondition: the text has fewer than a billion scalars.
  /// - Complexity: O(n).
  package init(_ text: String) {
    // 16 bits of a scalar tell letters and punctuation of every script in use apart; what lies above shares codes.
    let scalars = text.unicodeScalars.map { max(1, UInt64($0.value & 0xFFFF)) }
    let gramsMax = max(0, 2 * scalars.count - 5)
    precondition(gramsMax < Int(Int32.max), "a text of fewer than a billion scalars")
    var capacity = 16
    // At most three quarters full, where no gram repeats.
    while 3 * capacity < 4 * gramsMax { capacity *= 2 }
    slots = [Int32](repeating: -1, count: capacity)
    grams.reserveCapacity(gramsMax)
    weights.reserveCapacity(gramsMax)
    for start in scalars.indices.dropLast(2) {
      let three = scalars[start] << 48 | scalars[start + 1] << 32 | scalars[start + 2] << 16
      count(three)
      if start + 3 < scalars.count { count(three | scalars[start + 3]) }
    }
    var squares = 0.0
    for place in grams.indices {
      // Most grams occur once, and their logarithm is 0.
      let count = weights[place]
      let weight = (count == 1 ? 1 : 1 + log(count)) * GramRarity.of(grams[place])
      weights[place] = weight
      squares += weight * weight
    }
    norm = sqrt(squares)
  }

  private mutating func count(_ gram: UInt64) {
    let slot = Self.slot(of: gram, slots: slots, grams: grams)
    if slots[slot] >= 0 {
      weights[Int(slots[slot])] += 1
    } else {
      slots[slot] = Int32(truncatingIfNeeded: grams.count)
      grams.append(gram)
      weights.append(1)
    }
  }

  /// The slot in which a gram's place is, or would be put.
  ///
  /// - Precondition: the number of slots is a power of two, and one is free.
  static func slot(of gram: UInt64, slots: [Int32], grams: [UInt64]) -> Int {
    let mask = slots.count - 1
    // Multiplication by an odd constant near 2^64 / golden ratio; the high bits mix best.
    var slot = Int(truncatingIfNeeded: (gram &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while slots[slot] >= 0 && grams[Int(slots[slot])] != gram { slot = (slot + 1) & mask }
    return slot
  }

  /// 0 (no gram shared) to 1; 0 where either text has no gram.
  package func cosine(_ other: GramVector) -> Double {
    if norm == 0 || other.norm == 0 { return 0 }
    var sum = 0.0
    for (place, gram) in grams.enumerated() {
      let found = other.slots[Self.slot(of: gram, slots: other.slots, grams: other.grams)]
      if found >= 0 { sum += weights[place] * other.weights[Int(found)] }
    }
    return min(1, sum / (norm * other.norm))
  }
}
