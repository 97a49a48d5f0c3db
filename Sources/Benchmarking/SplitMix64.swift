/// Random numbers that are the same in every run and on every machine.
///
/// - Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A generator of its own for each list of numbers, such as a repeat, a user and a request.
  package init(_ path: Int...) {
    state = 0
    for number in path { state = next() ^ UInt64(truncatingIfNeeded: number) &* 0xD129_0235_2F6B_5B8D }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// One of a list; the standard library's own choice may change with its version.
  ///
  /// - Precondition: the list is not empty.
  package mutating func choose<Element>(_ list: [Element]) -> Element { list[Int(next() >> 33) % list.count] }

  /// Whether something of this probability happens.
  package mutating func happens(_ probability: Double) -> Bool { Double(next() >> 11) * 0x1p-53 < probability }
}
