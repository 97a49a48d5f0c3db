/// What repeats of one measurement gave.
///
/// The median stands for a measurement: other load on the machine makes single repeats slow, never fast, so a mean
/// would report the load.
package struct Measurement: Sendable, Equatable {
  /// In the order they were taken; at least one, all finite.
  package let values: [Double]

  /// - Returns: nil without values, or where one is not finite: an unknown speed is not a number.
  package init?(_ values: [Double]) {
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
    self.values = values
  }

  package var median: Double { quantile(0.5) }
  package var minimum: Double { values.min() ?? .nan }
  package var maximum: Double { values.max() ?? .nan }

  /// The value below which a share of the repeats lie, interpolated between neighbours.
  ///
  /// - Parameter share: 0...1.
  package func quantile(_ share: Double) -> Double {
    precondition((0...1).contains(share))
    let sorted = values.sorted()
    let place = Double(sorted.count - 1) * share
    let index = Int(place)
    let next = min(index + 1, sorted.count - 1)
    return sorted[index] + (sorted[next] - sorted[index]) * (place - Double(index))
  }

  /// What 99 of 100 repeats are at least as good as: the slow end, whichever way good lies.
  package func p99(_ goal: BenchmarkRow.Goal) -> Double { quantile(goal == .higher ? 0.01 : 0.99) }
}

/// Times repeats of some work.
package struct Stopwatch: Sendable {
  /// Untimed runs before the first repeat: they page memory in, wake threads and settle the clock.
  package var warmUps: Int
  /// Timed runs; 1 or more.
  package var repeats: Int
  /// Seconds on any clock that does not go back.
  package var now: @Sendable () -> Double

  /// The most repeats there may be: beyond it a median no longer moves.
  package static let repeatsMax = 1000

  package init(warmUps: Int = 1, repeats: Int, now: @escaping @Sendable () -> Double = Self.monotonicSeconds) {
    precondition(warmUps >= 0 && (1...Self.repeatsMax).contains(repeats))
    self.warmUps = warmUps
    self.repeats = repeats
    self.now = now
  }

  /// Seconds of each repeat of `work`.
  ///
  /// - Parameter prepare: done before every run and not timed, such as clearing caches.
  package func seconds(prepare: () -> Void = {}, _ work: () -> Void) -> [Double] {
    var seconds: [Double] = []
    for run in 0..<warmUps + repeats {
      prepare()
      let start = now()
      work()
      let end = now()
      if run >= warmUps { seconds.append(end - start) }
    }
    return seconds
  }

  private static let origin = ContinuousClock.now

  /// The system's monotonic clock.
  @Sendable package static func monotonicSeconds() -> Double { (ContinuousClock.now - origin) / .seconds(1) }
}
