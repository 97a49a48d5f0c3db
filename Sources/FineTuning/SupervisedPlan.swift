import Randomness

/// Which traces each step learns from: every one once an epoch, in an order that the seed and the epoch decide.
///
/// A step's members follow from its number alone, so a run that is resumed at a step needs no other cursor.
package struct SupervisedPlan: Sendable, Equatable {
  /// A trace in a step.
  package struct Member: Sendable, Equatable {
    package let trace: Int
    /// For `TraceExamples.Orders.either`.
    package let showsSwapped: Bool
  }

  package let traceCount: Int
  /// Traces of a step; the last step of an epoch may have fewer.
  package let batch: Int
  package let seed: UInt64

  /// - Precondition: there is a trace, and `batch` is 1 or more.
  package init(traceCount: Int, batch: Int, seed: UInt64) {
    precondition(traceCount >= 1 && batch >= 1)
    self.traceCount = traceCount
    self.batch = batch
    self.seed = seed
  }

  package var stepsPerEpoch: Int { (traceCount + batch - 1) / batch }

  /// The members of a step, counted from 0 through all epochs.
  ///
  /// - Complexity: O(traces): the epoch's order is drawn anew.
  package func members(step: Int) -> [Member] {
    let (epoch, within) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
    let order = order(epoch: epoch)
    return order[within * batch..<min(traceCount, (within + 1) * batch)].map { trace in
      // A trace that was shown one way in an epoch is shown the other way in the next.
      let draw = StableHash.mix(seed ^ StableHash.mix(UInt64(trace))) & 1
      return Member(trace: trace, showsSwapped: (draw ^ UInt64(epoch & 1)) == 1)
    }
  }

  private func order(epoch: Int) -> [Int] {
    var random = SeededRandom(seed: seed, name: "epoch \(epoch)")
    return random.shuffled(Array(0..<traceCount))
  }
}
