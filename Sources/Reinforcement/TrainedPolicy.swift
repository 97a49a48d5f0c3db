package import LocalInference
import Tensors
package import Training

/// A model in training as a policy: log probabilities and updates by `Trainer`, weights into the serving engine.
///
/// Theory of operation. Completions of one prompt are laid out behind it once (`PackedBatch`), for all passes. The
/// reference is the policy as the run began: its parameters are kept, and put in place of the present ones for the
/// length of a pass, so that no second model is in memory.
package struct TrainedPolicy: Policy {
  package let trainer: Trainer
  private let swap: AdapterSwap?
  /// Rows of a micro-batch, as far as single groups allow.
  private let rowsMax: Int
  /// The parameters of the reference.
  private let reference: [Float]

  private var model: TrainingModel { trainer.model }

  /// - Parameters:
  ///   - trainer: its parameters, as they are now, become the reference.
  ///   - swap: the engine that rolls out; nil where there is none to tell.
  ///   - rowsMax: at most what the trainer's pass holds.
  package init(_ trainer: Trainer, swap: AdapterSwap?, rowsMax: Int) {
    precondition(rowsMax <= trainer.pass.rowsMax)
    self.trainer = trainer
    self.swap = swap
    self.rowsMax = rowsMax
    reference = Array(trainer.model.parameters.values.values)
  }

  package func logProbabilities(_ sequences: [PolicySequence]) throws -> [[Float]] {
    var found: [[Float]] = []
    for part in parts(sequences) {
      let batch = Self.batch(sequences[part])
      let result = trainer.pass.run(
        batch, objective: CrossEntropy(count: batch.targets.count, weight: 0), mode: .evaluate)
      var first = 0
      for sequence in sequences[part] {
        found.append(Array(result.logProbabilities[first..<first + sequence.completion.count]))
        first += sequence.completion.count
      }
    }
    return found
  }

  package func referenceLogProbabilities(_ sequences: [PolicySequence]) throws -> [[Float]] {
    let values = model.parameters.values
    let present = Array(values.values)
    values.pointer.update(from: reference, count: reference.count)
    defer { values.pointer.update(from: present, count: present.count) }
    return try logProbabilities(sequences)
  }

  package func update(
    _ sequences: [PolicySequence], weights: [Double], objective: PolicyObjective
  ) throws -> PolicyUpdate {
    precondition(sequences.count == weights.count && !sequences.isEmpty)
    var microBatches: [Trainer.MicroBatch] = []
    var objectives: [PolicyTokens] = []
    for part in parts(sequences) {
      var tokens = PolicyTokens(objective)
      for index in part { tokens.append(sequences[index], weight: weights[index]) }
      objectives.append(tokens)
      microBatches.append(Trainer.MicroBatch(batch: Self.batch(sequences[part]), objective: tokens))
    }
    let record = try trainer.step(microBatches)
    var statistics = PolicyStatistics()
    for (tokens, result) in zip(objectives, record.results) {
      statistics.add(tokens.statistics(logProbabilities: result.logProbabilities, entropies: result.entropies))
    }
    return PolicyUpdate(
      statistics: statistics, learningRate: record.learningRate, gradientNorm: record.gradientNorm)
  }

  package func publish() async throws { try await swap?.replace(with: model.adapter()) }

  // MARK: Micro-batches

  private static func batch(_ sequences: ArraySlice<PolicySequence>) -> PackedBatch {
    var batch = PackedBatch()
    batch.append(sequences.map { TrainingSequence(prompt: $0.prompt, answer: $0.completion) })
    return batch
  }

  /// Cuts sequences into runs of at most `rowsMax` rows; one sequence by itself may have more, up to the pass's.
  ///
  /// Rows are counted as if only neighbours with the same prompt shared it, which is what a group is.
  private func parts(_ sequences: [PolicySequence]) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var (first, rows) = (0, 0)
    for (index, sequence) in sequences.enumerated() {
      let whole = sequence.prompt.count + sequence.completion.count
      let isShared = index > first && sequences[index - 1].prompt == sequence.prompt
      let own = isShared ? sequence.completion.count : whole
      if index > first, rows + own > rowsMax {
        parts.append(first..<index)
        (first, rows) = (index, whole)
      } else {
        rows += own
      }
    }
    if first < sequences.count { parts.append(first..<sequences.count) }
    return parts
  }
}
