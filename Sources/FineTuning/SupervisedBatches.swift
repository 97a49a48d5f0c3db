package import Training

/// Lays the examples of a step out in micro-batches.
package struct SupervisedBatches: Sendable {
  /// Rows of a micro-batch, as far as single traces allow.
  package let rowsMax: Int
  /// What a target of a verdict counts beside one of a reasoning, of which there are fifty times more.
  package let verdictWeight: Float
  /// Whether what sequences share is computed once; false is for comparison.
  package let sharesPrefixes: Bool

  package init(rowsMax: Int, verdictWeight: Float, sharesPrefixes: Bool = true) {
    self.rowsMax = rowsMax
    self.verdictWeight = verdictWeight
    self.sharesPrefixes = sharesPrefixes
  }

  /// The weight of all targets of some examples.
  package func weight(_ examples: [TraceExamples.Example]) -> Double {
    examples.reduce(0) { $0 + Double($1.sequence.targetPositions.count) * Double(weight($1.form)) }
  }

  private func weight(_ form: TraceExamples.Form) -> Float { form == .verdict ? verdictWeight : 1 }

  /// Micro-batches whose losses add up to a weighted mean over targets.
  ///
  /// - Parameters:
  ///   - traces: the examples of each trace; a trace's examples stay together.
  ///   - totalWeight: of the whole step, over all ranks.
  package func microBatches(
    _ traces: [[TraceExamples.Example]], totalWeight: Double
  ) -> [Trainer.MicroBatch] {
    var batches: [Trainer.MicroBatch] = []
    var open: [TraceExamples.Example] = []
    for examples in traces {
      if !open.isEmpty, rows(open + examples) > rowsMax {
        batches.append(microBatch(open, totalWeight: totalWeight))
        open = []
      }
      open += examples
    }
    if !open.isEmpty { batches.append(microBatch(open, totalWeight: totalWeight)) }
    return batches
  }

  /// Rows that examples take together.
  package func rows(_ examples: [TraceExamples.Example]) -> Int {
    PackedBatch.rowCount(examples.map(\.sequence), sharesPrefixes: sharesPrefixes)
  }

  private func microBatch(_ examples: [TraceExamples.Example], totalWeight: Double) -> Trainer.MicroBatch {
    var batch = PackedBatch()
    batch.append(examples.map(\.sequence), sharesPrefixes: sharesPrefixes)
    let weights = examples.flatMap { example in
      [Float](
        repeating: Float(Double(weight(example.form)) / totalWeight), count: example.sequence.targetPositions.count)
    }
    return Trainer.MicroBatch(batch: batch, objective: CrossEntropy(weights: weights))
  }
}
