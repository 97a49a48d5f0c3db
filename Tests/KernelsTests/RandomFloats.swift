/// Numbers for tests, from a seed.
struct RandomFloats {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  private mutating func bits() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// 0..<limit
  mutating func next(_ limit: Int) -> Int { Int(bits() >> 33) % limit }

  /// Uniform in -scale..<scale.
  mutating func values(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in Float(Int64(bitPattern: bits()) >> 40) / Float(1 << 23) * scale }
  }
}

/// The largest difference, as a share of the largest expected magnitude (of 1 where that is smaller).
func worst(_ got: [Float], _ expected: [Double]) -> Double {
  if got.count != expected.count { return .infinity }
  let size = max(1, expected.reduce(0) { max($0, abs($1)) })
  return zip(got, expected).reduce(0) { worst, pair in
    let difference = abs(Double(pair.0) - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference / size)
  }
}

/// The root of the mean squared difference, as a share of that of what is expected.
func meanError(_ got: [Float], _ expected: [Double]) -> Double {
  let squares = zip(got, expected).reduce(0.0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
  let size = expected.reduce(0.0) { $0 + $1 * $1 }
  return got.count == expected.count && squares.isFinite ? (squares / size).squareRoot() : .infinity
}
