import Foundation
import Kernels
import ModelFiles
import Reinforcement
import Tensors
import TestSupport
import Testing
import Training

/// The step that `Scripts/golden/grpo_step.py` recorded.
struct GoldenGRPOStep {
  struct Completion: Decodable {
    let group: Int
    let prompt: [Int32]
    let completion: [Int32]
    let reward: Double
    /// Log probabilities of the completion's tokens.
    let old: [Float]
    let engine: [Float]
    let reference: [Float]

    var sequence: TrainingSequence { TrainingSequence(prompt: prompt, answer: completion) }
  }

  struct Preset: Decodable {
    let name: String
    let clipLow: Double
    let clipHigh: Double
    let klCoefficient: Double
    let importanceCap: Double?
    let scalesByDeviation: Bool
    let averagesSequences: Bool
    let advantageEpsilon: Double
    let advantages: [Double]
    let loss: Double
    let ratios: [[Double]]
    let current: [[Double]]
    let clippedLowShare: Double
    let clippedHighShare: Double
    let importanceCappedShare: Double
    let divergenceMean: Double
    let entropyMean: Double
  }

  struct Record: Decodable {
    let model: String
    let lora: GoldenLoRA
    let learningRate: Double
    let completions: [Completion]
    let presets: [Preset]
  }

  let record: Record
  let tensors: SafetensorsReader

  init() throws {
    let path = GoldenGradients.folder.appendingPathComponent("grpo-step")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    record = try decoder.decode(Record.self, from: Data(contentsOf: path.appendingPathExtension("json")))
    tensors = try SafetensorsReader(path: path.appendingPathExtension("safetensors").path)
  }

  func preset(_ name: String) throws -> Preset { try #require(record.presets.first { $0.name == name }) }

  func values(_ prefix: String, of parameter: Parameter) throws -> [Float] {
    let values = FloatBuffer(count: parameter.count)
    try tensors.read(prefix + "." + parameter.name, shape: parameter.shape, into: values.pointer)
    return Array(values.values)
  }

  /// The model as it is before the step.
  func model() throws -> TinyTraining {
    let tiny = try TinyTraining(record.model, .adapters(record.lora.settings()))
    for parameter in tiny.model.parameters.parameters {
      parameter.values.update(from: try values("before", of: parameter), count: parameter.count)
    }
    return tiny
  }

  /// What the settings of a run say of a preset of the record.
  func settings(_ preset: Preset) -> (objective: PolicyObjective, advantages: [Double], weights: [Double]) {
    let objective = PolicyObjective(
      clipLow: preset.clipLow, clipHigh: preset.clipHigh, klCoefficient: preset.klCoefficient,
      importanceCap: preset.importanceCap)
    let scale = GroupAdvantages.Settings(
      scale: preset.scalesByDeviation ? .sample : .none, epsilon: preset.advantageEpsilon)
    let groups = Set(record.completions.map(\.group)).sorted().map { group in
      record.completions.filter { $0.group == group }.map(\.reward)
    }
    let weights = (preset.averagesSequences ? LossWeights.sequenceMean : .tokenMean)
      .weights(lengths: record.completions.map(\.completion.count))
    return (objective, groups.flatMap { GroupAdvantages($0, settings: scale).values }, weights)
  }

  /// The completions of some groups as a micro-batch whose prompts are computed once.
  func microBatch(_ preset: Preset, groups: Set<Int>) -> (batch: PackedBatch, objective: RecordedTokens) {
    let (objective, advantages, weights) = settings(preset)
    var tokens: [PolicyObjective.Token] = []
    var batch = PackedBatch()
    batch.append(record.completions.filter { groups.contains($0.group) }.map(\.sequence))
    for (index, completion) in record.completions.enumerated() where groups.contains(completion.group) {
      tokens += completion.old.indices.map {
        PolicyObjective.Token(
          current: 0, old: Double(completion.old[$0]), rollout: Double(completion.engine[$0]),
          reference: Double(completion.reference[$0]), advantage: advantages[index], weight: weights[index])
      }
    }
    return (batch, RecordedTokens(objective: objective, tokens: tokens))
  }
}

/// The policy's loss as what a pass minimises.
struct RecordedTokens: TokenObjective {
  let objective: PolicyObjective
  /// Of each target; `current` is filled in by the pass.
  let tokens: [PolicyObjective.Token]

  func term(target: Int, logProbability: Float) -> TokenTerm {
    var token = tokens[target]
    token.current = Double(logProbability)
    let term = objective.term(token)
    return TokenTerm(loss: term.loss, gradient: Float(term.gradient))
  }
}

/// A whole step of GRPO against PyTorch in float64.
@Suite struct GRPOStepParityTests {
  static let presets = ["paper", "paper_small_kl", "modern"]

  @Test(arguments: presets) func lossAndGradientsAreTheReference(_ name: String) throws {
    let golden = try GoldenGRPOStep()
    let preset = try golden.preset(name)
    for (ours, theirs) in zip(golden.settings(preset).advantages, preset.advantages) {
      #expect(abs(ours - theirs) < 1e-12)
    }
    let tiny = try golden.model()
    let (batch, objective) = golden.microBatch(preset, groups: [0, 1])
    let alone = golden.record.completions.reduce(0) { $0 + $1.sequence.tokens.count }
    // Three prompts of 17 and of 23 tokens are saved, and twice four tokens of completions.
    #expect(batch.rowCount == alone - 3 * 17 - 3 * 23 - 2 * 4)
    let result = tiny.pass().run(batch, objective: objective, mode: .train(dropoutSeed: 0))
    #expect(abs(result.loss - preset.loss) < 1e-5)
    for (ours, theirs) in zip(result.logProbabilities, preset.current.joined()) {
      #expect(abs(Double(ours) - theirs) < 2e-5)
    }
    var worst = (parameter: "", difference: 0.0)
    for parameter in tiny.model.parameters.parameters {
      let ours = Array(UnsafeBufferPointer(start: parameter.gradient, count: parameter.count))
      let difference = relativeDifference(ours, try golden.values("\(name).gradient", of: parameter))
      if difference > worst.difference { worst = (parameter.name, difference) }
    }
    print("GRPO \(name): gradients at most \(worst.difference) relative, of \(worst.parameter)")
    #expect(worst.difference > 0 && worst.difference < 1e-3)
  }

  @Test(arguments: presets) func statisticsAreTheReference(_ name: String) throws {
    let golden = try GoldenGRPOStep()
    let preset = try golden.preset(name)
    let (objective, advantages, weights) = golden.settings(preset)
    let (batch, tokens) = golden.microBatch(preset, groups: [0, 1])
    let result = try golden.model().pass().run(batch, objective: tokens, mode: .evaluate)
    var statistics = PolicyStatistics()
    var first = 0
    for (index, completion) in golden.record.completions.enumerated() {
      let range = first..<first + completion.completion.count
      first = range.upperBound
      _ = try objective.gradients(
        of: ScoredCompletion(
          current: Array(result.logProbabilities[range]), old: completion.old, rollout: completion.engine,
          reference: completion.reference, entropies: Array(result.entropies[range]),
          advantage: advantages[index], weight: weights[index]), adding: &statistics)
      for (offset, ratio) in preset.ratios[index].enumerated() {
        var token = tokens.tokens[range.lowerBound + offset]
        token.current = Double(result.logProbabilities[range.lowerBound + offset])
        #expect(abs(objective.term(token).ratio - ratio) < 2e-5 * ratio)
      }
    }
    #expect(statistics.tokens == batch.targets.count)
    #expect(abs(statistics.loss - preset.loss) < 1e-5)
    #expect(abs(statistics.clippedLowShare - preset.clippedLowShare) < 1e-12)
    #expect(abs(statistics.clippedHighShare - preset.clippedHighShare) < 1e-12)
    #expect(abs(statistics.importanceCappedShare - preset.importanceCappedShare) < 1e-12)
    #expect(abs(statistics.divergenceMean - preset.divergenceMean) < 1e-5)
    #expect(abs((statistics.entropyMean ?? 0) - preset.entropyMean) < 1e-5)
  }

  @Test func theReferencePolicyIsTheModelWithoutAdapters() throws {
    let golden = try GoldenGRPOStep()
    let (batch, objective) = golden.microBatch(try golden.preset("paper"), groups: [0, 1])
    let result = try golden.model().pass().run(batch, objective: objective, mode: .evaluateWithoutAdapters)
    let expected = golden.record.completions.flatMap(\.reference)
    try #require(result.logProbabilities.count == expected.count)
    for (ours, theirs) in zip(result.logProbabilities, expected) { #expect(abs(ours - theirs) < 2e-5) }
  }

  /// As a run takes it: in micro-batches so small that a group is cut, whose weights are of the whole batch.
  @Test(arguments: presets) func theUpdateIsTheReference(_ name: String) throws {
    let golden = try GoldenGRPOStep()
    let preset = try golden.preset(name)
    let tiny = try golden.model()
    let trainer = Trainer(
      tiny.pass(),
      settings: Trainer.Settings(
        schedule: LearningRateSchedule(peak: golden.record.learningRate, totalSteps: 1), gradientNormMax: 0, seed: 0))
    let (objective, advantages, weights) = golden.settings(preset)
    let policy = TrainedPolicy(trainer, swap: nil, rowsMax: 64)
    let step = try policy.update(
      golden.record.completions.indices.map { index in
        let completion = golden.record.completions[index]
        return PolicySequence(
          prompt: completion.prompt, completion: completion.completion, old: completion.old,
          rollout: completion.engine, reference: completion.reference, advantage: advantages[index])
      }, weights: weights, objective: objective)
    #expect(abs(step.statistics.loss - preset.loss) < 1e-5)
    #expect(abs((step.statistics.entropyMean ?? 0) - preset.entropyMean) < 1e-5)
    var (values, update) = ((parameter: "", difference: 0.0), (parameter: "", difference: 0.0))
    for parameter in tiny.model.parameters.parameters {
      let before = try golden.values("before", of: parameter)
      let after = try golden.values("\(name).after", of: parameter)
      let ours = Array(UnsafeBufferPointer(start: parameter.values, count: parameter.count))
      let difference = relativeDifference(ours, after)
      if difference > values.difference { values = (parameter.name, difference) }
      let moved = relativeDifference(zip(ours, before).map { $0 - $1 }, zip(after, before).map { $0 - $1 })
      if moved > update.difference { update = (parameter.name, moved) }
    }
    print("GRPO \(name): values after a step at most \(values.difference) relative, of \(values.parameter)")
    print("GRPO \(name): the step itself at most \(update.difference) relative, of \(update.parameter)")
    #expect(values.difference > 0 && values.difference < 1e-4)
    #expect(update.difference < 0.01)
  }
}
