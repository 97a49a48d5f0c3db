package import Training

/// Lays the examples of a step out in micro-batches.
package struct SupervisedBatches: Sendable {
  /// Rows of a micro-batch, as far as single traces allow.
  package let rowsMax: Int
  /// What a target of a verdict counts beside one of a reasoning, of which there are fifty times more.
  package let verdictWeight: Float
  /// What a reasoning's target that decides counts beside its others.
  package let decisionWeight: Float
  /// Whether what sequences share is computed once; false is for comparison.
  package let sharesPrefixes: Bool

  package init(rowsMax: Int, verdictWeight: Float, decisionWeight: Float = 1, sharesPrefixes: Bool = true) {
    self.rowsMax = rowsMax
    self.verdictWeight = verdictWeight
    self.decisionWeight = decisionWeight
    self.sharesPrefixes = sharesPrefixes
  }

  /// The weight of all targets of some examples.
  package func weight(_ examples: [TraceExamples.Example]) -> Double {
    examples.reduce(0) { $0 + weights($1).reduce(0) { $0 + Double($1) } }
  }

  /// Of each target of an example.
  private func weights(_ example: TraceExamples.Example) -> [Float] {
    example.decides.map { decides in example.form == .verdict ? verdictWeight : decides ? decisionWeight : 1 }
  }

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
    let shares = examples.flatMap { weights($0).map { Float(Double($0) / totalWeight) } }
    return Trainer.MicroBatch(batch: batch, objective: CrossEntropy(weights: shares))
  }
}
