/// Numbers whose sum depends on its order: of very different sizes. Each rank can make those of all ranks, and so knows
/// what the sum has to be, to the bit.
package enum RankNumbers {
  package static func values(rank: Int, count: Int) -> [Float] {
    var state = UInt64(rank + 1) &* 0x9e37_79b9_7f4a_7c15
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let mantissa = Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
      return mantissa * Float(sign: .plus, exponent: Int(state >> 20 & 31) - 16, significand: 1)
    }
  }

  /// ((rank 0 + rank 1) + rank 2) + ...
  package static func sum(size: Int, count: Int) -> [Float] {
    var sum = values(rank: 0, count: count)
    for rank in 1..<max(1, size) {
      let next = values(rank: rank, count: count)
      for index in 0..<count { sum[index] += next[index] }
    }
    return sum
  }
}
