/// Hashes that are the same in every run and on every machine, unlike the standard library's.
///
/// Not for secrets: whoever knows the seed can find collisions.
package enum StableHash {
  /// A 64-bit hash of bytes: FNV-1a, then a mixer, because FNV alone leaves the high bits of short inputs alike.
  ///
  /// - Parameter seed: hashes of different seeds are independent.
  /// - Source: Fowler, Noll and Vo, RFC 9923 (FNV-1a, 64 bits).
  package static func hash(_ bytes: some Sequence<UInt8>, seed: UInt64 = 0) -> UInt64 {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325 ^ mix(seed)
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return mix(state)
  }

  /// The hash of a text's UTF-8.
  package static func hash(_ text: some StringProtocol, seed: UInt64 = 0) -> UInt64 { hash(text.utf8, seed: seed) }

  /// Spreads each bit of a number over all bits of the result; different numbers stay different.
  ///
  /// - Source: Stafford's variant 13 of the finaliser of MurmurHash3, as SplitMix64 uses it.
  package static func mix(_ number: UInt64) -> UInt64 {
    var mixed = number &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
