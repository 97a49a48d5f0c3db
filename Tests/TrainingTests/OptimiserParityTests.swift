import Foundation
import Kernels
import ModelFiles
import Tensors
import TestSupport
import Testing
import Training

/// How the adapters of a recorded run are made; keys in the record are in snake case.
struct GoldenLoRA: Decodable {
  let r: Int
  let loraAlpha: Double

  func settings(dropout: Double = 0) -> LoRASettings { LoRASettings(rank: r, alpha: loraAlpha, dropout: dropout) }
}

/// The run that `Scripts/golden/optimiser_trajectory.py` recorded.
struct GoldenTrajectory {
  struct Sequence: Decodable {
    let tokens: [Int32]
    let targetPositions: [Int]
  }

  struct Step: Decodable {
    let loss: Double
    let learningRate: Double
    let gradientNorm: Double
    let microBatches: [[Sequence]]
  }

  struct Schedule: Decodable {
    let peak: Double
    let warmupSteps: Int
    let totalSteps: Int
    let floorShare: Double
  }

  struct Optimiser: Decodable {
    let beta1: Double
    let beta2: Double
    let epsilon: Double
    let weightDecay: Double
  }

  struct Record: Decodable {
    let model: String
    let lora: GoldenLoRA
    let schedule: Schedule
    let optimiser: Optimiser
    let gradientNormMax: Double
    let steps: [Step]
  }

  let record: Record
  let tensors: SafetensorsReader

  init() throws {
    let path = GoldenGradients.folder.appendingPathComponent("optimiser-trajectory")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    record = try decoder.decode(Record.self, from: Data(contentsOf: path.appendingPathExtension("json")))
    tensors = try SafetensorsReader(path: path.appendingPathExtension("safetensors").path)
  }

  func values(_ parameter: Parameter, afterSteps steps: Int) throws -> [Float] {
    let values = FloatBuffer(count: parameter.count)
    try tensors.read("step.\(steps).\(parameter.name)", shape: parameter.shape, into: values.pointer)
    return Array(values.values)
  }

  /// A trainer with the record's settings, over values that a seed makes.
  func trainer(dropout: Double = 0, modelNamed name: String? = nil, seed: UInt64 = 3) throws -> Trainer {
    let tiny = try TinyTraining(
      name ?? record.model, .adapters(record.lora.settings(dropout: dropout)), seed: seed)
    let (schedule, optimiser) = (record.schedule, record.optimiser)
    return Trainer(
      tiny.pass(),
      settings: Trainer.Settings(
        optimiser: AdamW.Settings(
          beta1: optimiser.beta1, beta2: optimiser.beta2, epsilon: optimiser.epsilon,
          weightDecay: optimiser.weightDecay),
        schedule: LearningRateSchedule(
          shape: .cosine, peak: schedule.peak, warmupSteps: schedule.warmupSteps, totalSteps: schedule.totalSteps,
          floorShare: schedule.floorShare),
        gradientNormMax: record.gradientNormMax, seed: 11))
  }

  /// A step's micro-batches; their losses add up to the mean over the targets of all.
  func microBatches(step: Int) -> [Trainer.MicroBatch] {
    let batches = record.steps[step].microBatches.map { sequences in
      TinyTraining.batch(
        sequences.map { TrainingSequence(tokens: $0.tokens, targetPositions: $0.targetPositions) })
    }
    let targets = batches.reduce(0) { $0 + $1.targets.count }
    return batches.map {
      Trainer.MicroBatch(
        batch: $0, objective: CrossEntropy(count: $0.targets.count, weight: 1 / Float(targets)))
    }
  }
}

/// Steps of training against PyTorch's AdamW in float64.
@Suite struct OptimiserParityTests {
  @Test func sixStepsFollowTheReference() throws {
    let golden = try GoldenTrajectory()
    let record = golden.record
    let trainer = try golden.trainer()
    for parameter in trainer.model.parameters.parameters {
      parameter.values.update(from: try golden.values(parameter, afterSteps: 0), count: parameter.count)
    }
    var (clipped, worst) = (0, (parameter: "", difference: 0.0))
    for (index, expected) in record.steps.enumerated() {
      let step = try trainer.step(golden.microBatches(step: index))
      #expect(abs(step.loss - expected.loss) < 1e-5 * expected.loss)
      #expect(abs(step.learningRate - expected.learningRate) < 1e-12)
      #expect(abs(step.gradientNorm - expected.gradientNorm) < 1e-4 * expected.gradientNorm)
      #expect(step.wasClipped == (expected.gradientNorm > record.gradientNormMax))
      clipped += step.wasClipped ? 1 : 0
      worst = ("", 0)
      for parameter in trainer.model.parameters.parameters {
        let ours = Array(UnsafeBufferPointer(start: parameter.values, count: parameter.count))
        let difference = relativeDifference(ours, try golden.values(parameter, afterSteps: index + 1))
        if difference > worst.difference { worst = (parameter.name, difference) }
      }
      print("optimiser, step \(index + 1): parameters at most \(worst.difference) relative, of \(worst.parameter)")
    }
    #expect(worst.difference > 0 && worst.difference < 1e-4)
    #expect(clipped > 0 && clipped < record.steps.count)
    #expect(trainer.stepCount == record.steps.count)
  }
}

/// A trainer's state in files.
@Suite struct TrainerStateTests {
  /// Everything that a step changes.
  private func state(_ trainer: Trainer) -> [[Float]] {
    let parameters = trainer.model.parameters
    return [parameters.values, trainer.optimiser.firstMoments, trainer.optimiser.secondMoments].map {
      Array($0.values)
    }
  }

  @Test func aResumedRunEqualsAnUninterruptedOneToTheBit() throws {
    let golden = try GoldenTrajectory()
    let folder = try TemporaryFolder()
    let whole = try golden.trainer(dropout: 0.1)
    var records: [Trainer.StepRecord] = []
    for step in 0..<6 {
      if step == 3 { try whole.write(to: folder.url.path) }
      records.append(try whole.step(golden.microBatches(step: step)))
    }
    // Of another seed: what is not read would show.
    let resumed = try golden.trainer(dropout: 0.1, seed: 4)
    #expect(state(resumed) != state(whole))
    try resumed.read(from: folder.url.path)
    #expect(resumed.stepCount == 3)
    for step in 3..<6 { #expect(try resumed.step(golden.microBatches(step: step)) == records[step]) }
    #expect(state(resumed) == state(whole))
    #expect(resumed.stepCount == whole.stepCount)
  }

  @Test func dropoutDiffersFromStepToStepAndFromRankToRank() throws {
    let golden = try GoldenTrajectory()
    // Values of B that are 0 would hide what is dropped of A's inputs.
    func loss(steps: Int, rank: Int = 0) throws -> Double {
      let trainer = try golden.trainer(dropout: 0.1)
      for parameter in trainer.model.parameters.parameters {
        parameter.values.update(from: try golden.values(parameter, afterSteps: 6), count: parameter.count)
      }
      trainer.resume(stepCount: steps)
      return try trainer.step(golden.microBatches(step: 0), rank: rank).loss
    }
    let first = try loss(steps: 1)
    #expect(try first == loss(steps: 1))
    #expect(try first != loss(steps: 2))
    #expect(try first != loss(steps: 1, rank: 1))
  }

  /// tiny-qwen2 has two layers of the width of tiny-llama's three.
  @Test func theStateOfAShallowerModelLacksATensor() throws {
    let golden = try GoldenTrajectory()
    let folder = try TemporaryFolder()
    try golden.trainer(modelNamed: "tiny-qwen2").write(to: folder.url.path)
    #expect {
      try golden.trainer().read(from: folder.url.path)
    } throws: {
      guard case ModelFileError.missingTensor(_, let tensor) = $0 else { return false }
      return tensor.hasPrefix("model.layers.2.") && "\($0)".contains("parameters.safetensors")
    }
  }

  @Test func theStateOfADeeperModelHasATensorTooMuch() throws {
    let golden = try GoldenTrajectory()
    let folder = try TemporaryFolder()
    try golden.trainer().write(to: folder.url.path)
    #expect {
      try golden.trainer(modelNamed: "tiny-qwen2").read(from: folder.url.path)
    } throws: {
      guard case ModelFileError.unexpectedTensor(_, let tensor) = $0 else { return false }
      return tensor.hasPrefix("model.layers.2.")
    }
  }

  @Test func theStateOfAnotherWidthOrRankHasAnotherShape() throws {
    let golden = try GoldenTrajectory()
    let folder = try TemporaryFolder()
    try golden.trainer(modelNamed: "tiny-llama3-rope").write(to: folder.url.path)
    #expect {
      try golden.trainer(modelNamed: "tiny-qwen2").read(from: folder.url.path)
    } throws: {
      guard case ModelFileError.shapeMismatch(_, let tensor, let expected, let found) = $0 else { return false }
      return tensor == "model.layers.0.self_attn.q_proj.lora_A.weight" && expected == [4, 32] && found == [4, 30]
    }
  }
}
