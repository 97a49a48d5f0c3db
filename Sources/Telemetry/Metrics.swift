import Synchronization

/// A number that only grows.
package final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  package init() {}

  /// - Precondition: `amount` is not negative.
  package func add(_ amount: Int = 1) {
    precondition(amount >= 0, "a counter never falls")
    count.wrappingAdd(amount, ordering: .relaxed)
  }

  package var value: Int { count.load(ordering: .relaxed) }
}

/// A number that rises and falls.
package final class Gauge: Sendable {
  private let number = AtomicDouble()

  package init() {}

  package func set(_ value: Double) { number.store(value) }
  package func add(_ amount: Double) { number.add(amount) }

  package var value: Double { number.load() }
}

/// Counts of observations by size, with their sum.
package final class Histogram: Sendable {
  /// Upper bounds, rising; one more bucket holds what is above them.
  package let bounds: [Double]
  private let counts: [Counter]
  private let sum = AtomicDouble()

  /// - Precondition: `bounds` rise strictly and are finite.
  package init(bounds: [Double]) {
    precondition(bounds.allSatisfy(\.isFinite), "bucket bounds are finite")
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bucket bounds rise")
    self.bounds = bounds
    counts = (0...bounds.count).map { _ in Counter() }
  }

  /// Adds one observation. A value that is not a number is unknown, and unknown is not counted.
  package func observe(_ value: Double) {
    guard !value.isNaN else { return }
    // Binary search for the first bound that is not below the value.
    var (low, high) = (0, bounds.count)
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    counts[low].add()
    sum.add(value)
  }

  /// Cumulative counts, the last of them the count of all; read bucket by bucket while observers go on, so each is
  /// right for some moment of the reading, and the total always equals the last bucket.
  package var snapshot: (cumulative: [Int], sum: Double) {
    var total = 0
    let cumulative = counts.map { bucket in
      total += bucket.value
      return total
    }
    return (cumulative, sum.load())
  }
}

/// A floating-point number changed without a lock: its bits in an atomic word.
final class AtomicDouble: Sendable {
  private let bits = Atomic<UInt64>(0)

  func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  func add(_ amount: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + amount).bitPattern
      let (exchanged, seen) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = seen
    }
  }
}
