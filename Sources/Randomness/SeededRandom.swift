/// Random numbers that are the same in every run and on every machine.
///
/// The choices are its own, too: those of the standard library may change with its version.
///
/// - Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A generator of its own for each name under one seed, such as a document's, so that what is drawn for one does not
  /// depend on what was drawn before.
  package init(seed: UInt64, name: some StringProtocol) { state = StableHash.hash(name, seed: seed) }

  package mutating func next() -> UInt64 {
    defer { state &+= 0x9E37_79B9_7F4A_7C15 }
    return StableHash.mix(state)
  }

  /// A whole number of 0..<bound, each as likely as the others but for one part in 2^33 / bound.
  ///
  /// - Precondition: `bound` is 1...2^31.
  package mutating func below(_ bound: Int) -> Int {
    precondition((1...(1 << 31)).contains(bound))
    return Int(((next() >> 31) &* UInt64(bound)) >> 33)
  }

  /// A number of 0..<1.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// The list in a random order.
  package mutating func shuffled<Element>(_ list: [Element]) -> [Element] {
    var list = list
    var index = list.count - 1
    while index > 0 {
      list.swapAt(index, below(index + 1))
      index -= 1
    }
    return list
  }
}
