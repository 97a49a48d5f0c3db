import Engine
import Foundation
import Kernels
import LocalInference
import ModelFiles
import Models
import Reinforcement
import Tensors
import TestSupport
import Testing
import Training

/// The whole of reinforcement on a tiny model: our engine draws, our trainer learns, the new weights go back into the
/// engine.
@Suite struct ToyTrainingTests {
  private typealias Loop = ReinforcementLoop<ToyJudgingTask, EngineRollouts, TrainedPolicy>

  /// A tiny random model with adapters, in training and in an engine.
  private struct Setting {
    /// Numbers that are compared: six questions.
    static let range = 3

    let model: TrainingModel
    let engine: InferenceEngine
    let swap: AdapterSwap

    init(seed: UInt64) throws {
      let tiny = try Self.decidedModel()
      model = try TrainingModel(
        tiny.checkpoint, training: .adapters(LoRASettings(rank: 32, alpha: 64)), positionCount: 16, seed: seed,
        products: DenseProducts(parallel: ParallelFor(threads: 2), blas: OpenBLAS.shared.get()))
      engine = InferenceEngine(
        model: tiny.model,
        limits: EngineLimits(sequencesMax: 64, stepTokensMax: 256, contextTokensMax: 16, blockCount: 128),
        vocabularySize: tiny.checkpoint.configuration.vocabSize)
      swap = AdapterSwap(
        engine: engine, checkpoint: tiny.checkpoint, weights: tiny.model.weights, precision: .float32,
        parallel: ParallelFor(threads: 2))
    }

    /// The tiny model with a head four times as large: its own cannot give a token more than nine tenths.
    private static func decidedModel() throws -> TinyModel {
      let folder = try TemporaryFolder()
      defer { withExtendedLifetime(folder) {} }
      let (source, target) = (TinyModel.fixtures.appendingPathComponent("tiny-qwen2"), folder.url)
      try FileManager.default.copyItem(
        at: source.appendingPathComponent("config.json"), to: target.appendingPathComponent("config.json"))
      let checkpoint = try ModelCheckpoint.open(path: source.path)
      let tensors = checkpoint.tensors.values.map {
        SafetensorsWriter.Tensor(name: $0.name, shape: $0.shape, elementType: .f32)
      }
      var writer = try SafetensorsWriter(
        path: target.appendingPathComponent("model.safetensors").path, tensors: tensors, metadata: ["format": "pt"])
      for tensor in writer.tensors {
        let scale: Float = tensor.name == "lm_head.weight" ? 4 : 1
        let values = try checkpoint.readAll(checkpoint.record(tensor.name)).map { scale * $0 }
        try values.withUnsafeBufferPointer { try writer.append($0, of: tensor.name) }
      }
      try writer.commit()
      return try TinyModel(path: target.path)
    }

    func trainer(learningRate: Double, steps: Int) -> Trainer {
      Trainer(
        TrainingPass(model, rowsMax: 2048),
        settings: Trainer.Settings(
          schedule: LearningRateSchedule(peak: learningRate, totalSteps: steps), gradientNormMax: 1, seed: 0))
    }

    /// Supervised steps on answers that keep the form and know nothing: what follows begins at chance.
    func warmUp() throws {
      let trainer = trainer(learningRate: 1e-3, steps: 200)
      for step in 0..<200 {
        let sequences = ToyJudgingTask.warmUp(32, seed: UInt64(100 + step), range: Self.range).map {
          TrainingSequence(prompt: $0.prompt, answer: $0.completion)
        }
        var batch = PackedBatch()
        batch.append(sequences)
        let objective = CrossEntropy(count: batch.targets.count, weight: 1 / Float(batch.targets.count))
        _ = try trainer.step([Trainer.MicroBatch(batch: batch, objective: objective)])
      }
    }
  }

  @Test(arguments: [GRPOSettings.Preset.paper, .modern])
  func rewardRisesFromChanceToNearOne(_ preset: GRPOSettings.Preset) async throws {
    let setting = try Setting(seed: 3)
    defer { setting.engine.shutDown() }
    try setting.warmUp()
    var settings = GRPOSettings(preset: preset)
    settings.promptsPerStep = 16
    settings.maxTokens = ToyJudgingTask.maxTokens
    let policy = TrainedPolicy(setting.trainer(learningRate: 1e-3, steps: 80), swap: setting.swap, rowsMax: 2048)
    let engine = EngineRollouts(setting.engine, stopTokens: [ToyJudgingTask.stopToken]) { "\($0)" }
    var loop = Loop(settings, task: ToyJudgingTask(seed: 5, range: Setting.range), engine: engine, policy: policy)
    var rewards: [Double] = []
    var mismatch = 0.0
    _ = try await loop.run(steps: 80, shouldStop: { false }) { step, _ in
      rewards.append(try #require(step.statistics["train/reward"]))
      mismatch = max(mismatch, step.statistics["train/engine_mismatch_max"] ?? 0)
    }
    let last = rewards.suffix(10).reduce(0, +) / 10
    print("toy task, \(preset): reward \(rewards[0]) at first, \(last) in the last ten steps")
    #expect(rewards[0] < 0.65 && rewards[0] > 0.2, "it begins at chance")
    #expect(last > 0.95, "\(rewards)")
    // The engine draws with the weights that the trainer has: both compute the same log probabilities.
    #expect(mismatch < 1e-3)
  }

  @Test func theReferenceIsThePolicyAsTheRunBegan() throws {
    let setting = try Setting(seed: 4)
    defer { setting.engine.shutDown() }
    try setting.warmUp()
    let policy = TrainedPolicy(setting.trainer(learningRate: 1e-2, steps: 3), swap: nil, rowsMax: 64)
    let sequences = ToyJudgingTask.warmUp(6, seed: 1).map {
      PolicySequence(prompt: $0.prompt, completion: $0.completion, advantage: 1)
    }
    let before = try policy.logProbabilities(sequences)
    #expect(try policy.referenceLogProbabilities(sequences) == before)
    _ = try policy.update(
      sequences, weights: [Double](repeating: 1.0 / 24, count: 6), objective: PolicyObjective(clipHigh: 0.2))
    let after = try policy.logProbabilities(sequences)
    #expect(after != before)
    #expect(try policy.referenceLogProbabilities(sequences) == before)
    #expect(try policy.logProbabilities(sequences) == after)
  }
}
