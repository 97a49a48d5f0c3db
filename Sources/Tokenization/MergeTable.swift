/// From a pair of neighbouring tokens to the rank of their merge and the token it makes.
///
/// Flat open addressing: one array of keys, one of values, at most half full. Looking up is the inner loop of encoding.
package struct MergeTable: Sendable {
  /// Rank in the upper 32 bits, resulting token in the lower: comparing two values compares their ranks.
  package typealias Merge = UInt64
  /// No merge; ranks below every real one.
  package static let none: Merge = .max

  private var keys: [UInt64]
  private var values: [Merge]
  private let mask: Int
  private static let free: UInt64 = .max

  package init(capacity: Int) {
    var count = 16
    while count < capacity * 2 { count *= 2 }
    keys = [UInt64](repeating: Self.free, count: count)
    values = [Merge](repeating: Self.none, count: count)
    mask = count - 1
  }

  /// The token that a merge makes.
  @inline(__always)
  static func result(_ merge: Merge) -> UInt32 { UInt32(truncatingIfNeeded: merge) }

  /// Sets the merge of a pair; a later one for the same pair replaces it, as in the reference.
  package mutating func set(_ left: UInt32, _ right: UInt32, rank: Int, result: UInt32) {
    let key = Self.key(left, right)
    var slot = self.slot(of: key)
    while keys[slot] != Self.free && keys[slot] != key { slot = (slot + 1) & mask }
    keys[slot] = key
    values[slot] = UInt64(rank) << 32 | UInt64(result)
  }

  /// The merge of a pair, or `none`.
  @inline(__always)
  func merge(_ left: UInt32, _ right: UInt32) -> Merge {
    let key = Self.key(left, right)
    var slot = self.slot(of: key)
    while true {
      let found = keys[slot]
      if found == key { return values[slot] }
      if found == Self.free { return Self.none }
      slot = (slot + 1) & mask
    }
  }

  /// All merges by rank, as (left, right) pairs.
  var pairsByRank: [(left: UInt32, right: UInt32)] {
    let used = keys.indices.filter { keys[$0] != Self.free }.sorted { values[$0] < values[$1] }
    return used.map { (UInt32(keys[$0] >> 32), UInt32(truncatingIfNeeded: keys[$0])) }
  }

  @inline(__always)
  private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  /// Multiplicative hashing: the upper bits of the product depend on all bits of the key.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 33) & mask
  }
}
