import Foundation
import Kernels
import ModelFiles
import TestSupport
import Testing
import Training

/// One recorded case of `Scripts/golden/training_gradients.py`.
struct GoldenGradients {
  struct Sequence: Decodable {
    let tokens: [Int32]
    let targetPositions: [Int]
    let weights: [Float]
    let logProbabilities: [Double]
    let entropies: [Double]

    enum CodingKeys: String, CodingKey {
      case tokens, weights, entropies
      case targetPositions = "target_positions"
      case logProbabilities = "log_probabilities"
    }
  }

  struct LoRA: Decodable {
    let r: Int
    let alpha: Double
    let usesRSLoRA: Bool?

    enum CodingKeys: String, CodingKey {
      case r
      case alpha = "lora_alpha"
      case usesRSLoRA = "use_rslora"
    }
  }

  /// How far PyTorch's gradients in bfloat16 lie from those in float64, as a share of the norm of all.
  struct BFloat16Differences: Decodable {
    let frozenWeights: Double
    let autocast: Double

    enum CodingKeys: String, CodingKey {
      case autocast
      case frozenWeights = "frozen_weights"
    }
  }

  struct Record: Decodable {
    let model: String
    let lora: LoRA?
    let loss: Double
    let sequences: [Sequence]
    let bfloat16Differences: BFloat16Differences?

    enum CodingKeys: String, CodingKey {
      case model, lora, loss, sequences
      case bfloat16Differences = "bfloat16_differences"
    }
  }

  let record: Record
  let tensors: SafetensorsReader

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  init(_ name: String) throws {
    record = try JSONDecoder().decode(
      Record.self, from: Data(contentsOf: Self.folder.appendingPathComponent(name + ".json")))
    tensors = try SafetensorsReader(path: Self.folder.appendingPathComponent(name + ".safetensors").path)
  }

  var trained: TrainedPart {
    guard let lora = record.lora else { return .everything }
    return .adapters(LoRASettings(rank: lora.r, alpha: lora.alpha, usesRSLoRA: lora.usesRSLoRA ?? false))
  }

  func values(_ name: String, of parameter: Parameter) throws -> [Float] {
    var values = [Float](repeating: 0, count: parameter.count)
    try values.withUnsafeMutableBufferPointer {
      try tensors.read(name, shape: parameter.shape, into: #require($0.baseAddress))
    }
    return values
  }
}

/// Losses and gradients against PyTorch in float64.
@Suite struct GradientParityTests {
  static let cases = [
    "tiny-llama-full", "tiny-llama3-rope-full", "tiny-qwen2-full", "tiny-llama-lora", "tiny-qwen2-rslora",
  ]

  /// Largest relative difference of a parameter's gradient, as norms.
  private func worst(
    _ golden: GoldenGradients, precision: ProductPrecision = .float32, storage: TrainingModel.FrozenStorage = .unpacked
  ) throws -> (parameter: String, difference: Double, whole: Double, loss: Double) {
    let checkpoint = try ModelCheckpoint.open(
      path: TinyModel.fixtures.appendingPathComponent(golden.record.model).path)
    let model = try TrainingModel(
      checkpoint, training: golden.trained, precision: precision, storage: storage, positionCount: 64,
      products: DenseProducts(parallel: ParallelFor(threads: 2), blas: OpenBLAS.shared.get()))
    if golden.record.lora != nil {
      for parameter in model.parameters.parameters {
        let values = try golden.values("value." + parameter.name, of: parameter)
        parameter.values.update(from: values, count: values.count)
      }
    }
    var batch = PackedBatch()
    batch.append(
      golden.record.sequences.map { TrainingSequence(tokens: $0.tokens, targetPositions: $0.targetPositions) })
    let pass = TrainingPass(model, rowsMax: batch.rowCount)
    let result = pass.run(
      batch, objective: CrossEntropy(weights: golden.record.sequences.flatMap(\.weights)),
      mode: .train(dropoutSeed: 0))
    if precision == .float32, storage == .unpacked {
      let expected = golden.record.sequences
      for (ours, theirs) in zip(result.logProbabilities, expected.flatMap(\.logProbabilities)) {
        #expect(abs(Double(ours) - theirs) < 2e-5)
      }
      for (ours, theirs) in zip(result.entropies, expected.flatMap(\.entropies)) {
        #expect(abs(Double(ours) - theirs) < 2e-5)
      }
    }
    var worst = (parameter: "", difference: 0.0, whole: 0.0, loss: result.loss)
    var (allOurs, allTheirs) = ([Float](), [Float]())
    for parameter in model.parameters.parameters {
      let expected = try golden.values("gradient." + parameter.name, of: parameter)
      let ours = Array(UnsafeBufferPointer(start: parameter.gradient, count: parameter.count))
      let difference = relativeDifference(ours, expected)
      if difference > worst.difference { (worst.parameter, worst.difference) = (parameter.name, difference) }
      allOurs += ours
      allTheirs += expected
    }
    worst.whole = relativeDifference(allOurs, allTheirs)
    return worst
  }

  @Test(arguments: cases) func everyGradientIsWithinAThousandthOfTheReference(_ name: String) throws {
    let golden = try GoldenGradients(name)
    let worst = try worst(golden)
    print("gradients \(name): at most \(worst.difference) relative, of \(worst.parameter)")
    #expect(worst.difference < 1e-3)
    #expect(abs(worst.loss - golden.record.loss) < 1e-6 * abs(golden.record.loss) + 1e-6)
  }

  @Test(arguments: ["tiny-llama-lora", "tiny-qwen2-rslora"])
  func bfloat16ProductsComeAsNearAsOfPyTorch(_ name: String) throws {
    let golden = try GoldenGradients(name)
    let worst = try worst(golden, precision: .bfloat16)
    let theirs = try #require(golden.record.bfloat16Differences)
    print("gradients \(name), bfloat16: \(worst.whole) relative as a whole, PyTorch's \(theirs)")
    // The random weights of these models are large, so that rounding shows. Ours round at other places than theirs.
    #expect(worst.whole > 0 && worst.whole < 1.5 * max(theirs.frozenWeights, theirs.autocast))
    #expect(abs(worst.loss - golden.record.loss) < 5e-3 * abs(golden.record.loss))
  }
}
