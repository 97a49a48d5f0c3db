import Foundation
import Kernels
import ModelFiles
import Models
import Tensors
import TestSupport
import Testing
import Training

/// A tiny model in training, and passes over made-up sequences.
struct TinyTraining {
  let model: TrainingModel

  init(
    _ name: String, _ trained: TrainedPart, threads: Int = 2, precision: ProductPrecision = .float32, seed: UInt64 = 3
  ) throws {
    let checkpoint = try ModelCheckpoint.open(path: TinyModel.fixtures.appendingPathComponent(name).path)
    model = try TrainingModel(
      checkpoint, training: trained, precision: precision, positionCount: 128, seed: seed,
      products: DenseProducts(parallel: ParallelFor(threads: threads), blas: OpenBLAS.shared.get()))
  }

  /// Sequences of random tokens, the first `shared` of them alike.
  static func sequences(_ lengths: [Int], shared: Int, vocabulary: Int = 96, seed: UInt64 = 1) -> [TrainingSequence] {
    var random = SeededGenerator(seed: seed)
    let prefix = (0..<shared).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &random) }
    return lengths.map { length in
      let tokens = prefix + (shared..<length).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &random) }
      return TrainingSequence(tokens: tokens, targetPositions: (1..<length).filter { $0 % 3 != 1 })
    }
  }

  /// Gives every parameter that is 0 a value, so that no gradient vanishes.
  func fill(seed: UInt64 = 5, scale: Float = 0.1) {
    var random = SeededGenerator(seed: seed)
    for parameter in model.parameters.parameters where parameter.name.hasSuffix(LoRANames.b) {
      for index in 0..<parameter.count { parameter.values[index] = Float.random(in: -scale...scale, using: &random) }
    }
  }

  func pass(_ rows: Int = 256, recomputesLayers: Bool = false) -> TrainingPass {
    TrainingPass(model, rowsMax: rows, recomputesLayers: recomputesLayers)
  }

  static func batch(_ sequences: [TrainingSequence], sharesPrefixes: Bool = true) -> PackedBatch {
    var batch = PackedBatch()
    batch.append(sequences, sharesPrefixes: sharesPrefixes)
    return batch
  }

  /// Different weights for the targets, as a mean over tokens never has.
  static func objective(_ batch: PackedBatch) -> CrossEntropy {
    CrossEntropy(weights: batch.targets.indices.map { 0.02 + 0.01 * Float($0 % 5) })
  }

  func gradients(
    _ batch: PackedBatch, recomputesLayers: Bool = false, dropoutSeed: UInt64 = 0
  ) -> (result: TrainingPass.Result, gradients: [Float]) {
    model.parameters.clearGradients()
    let result = pass(recomputesLayers: recomputesLayers)
      .run(batch, objective: Self.objective(batch), mode: .train(dropoutSeed: dropoutSeed))
    return (result, Array(model.parameters.gradients.values))
  }
}

func relativeDifference(_ one: [Float], _ other: [Float]) -> Double {
  var (difference, norm) = (0.0, 0.0)
  for (a, b) in zip(one, other) {
    difference += Double(a - b) * Double(a - b)
    norm += Double(b) * Double(b)
  }
  return (difference / max(norm, 1e-30)).squareRoot()
}

@Suite struct TrainingPassTests {
  static let adapters = TrainedPart.adapters(LoRASettings(rank: 4, alpha: 8))
  static let models = ["tiny-llama", "tiny-qwen2", "tiny-llama3-rope"]

  @Test(arguments: models)
  func logProbabilitiesAreThoseOfTheServedModel(_ name: String) throws {
    let tiny = try TinyTraining(name, Self.adapters)
    let served = try TinyModel(named: name)
    let vocabulary = served.model.configuration.vocabSize
    let sequences = TinyTraining.sequences([23, 40], shared: 9, vocabulary: vocabulary)
    let batch = TinyTraining.batch(sequences)
    let result = tiny.pass().run(batch, objective: TinyTraining.objective(batch), mode: .evaluate)
    var expected: [Double] = []
    for sequence in sequences {
      let logits = served.logits(sequence.tokens)
      for position in sequence.targetPositions {
        let row = logits[position - 1].map(Double.init)
        let largest = row.max() ?? 0
        let sum = row.reduce(0) { $0 + exp($1 - largest) }
        expected.append(row[Int(sequence.tokens[position])] - largest - log(sum))
      }
    }
    try #require(expected.count == result.logProbabilities.count)
    for (ours, theirs) in zip(result.logProbabilities, expected) { #expect(abs(Double(ours) - theirs) < 2e-5) }
  }

  @Test(arguments: models, [adapters, .everything])
  func gradientsAreTheSlopeOfTheLoss(_ name: String, _ trained: TrainedPart) throws {
    let tiny = try TinyTraining(name, trained)
    tiny.fill()
    let batch = TinyTraining.batch(TinyTraining.sequences([23, 40], shared: 9))
    let gradients = tiny.gradients(batch).gradients
    let values = tiny.model.parameters.values
    let norm = gradients.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    // Along the gradient the loss climbs by its norm.
    func loss(_ step: Float) -> Double {
      for index in gradients.indices { values.pointer[index] += step * gradients[index] / Float(norm) }
      defer { for index in gradients.indices { values.pointer[index] -= step * gradients[index] / Float(norm) } }
      return tiny.pass().run(batch, objective: TinyTraining.objective(batch), mode: .evaluate).loss
    }
    let step: Float = 0.01
    let slope = (loss(step) - loss(-step)) / Double(2 * step)
    print("\(name): slope \(slope), norm of the gradient \(norm)")
    #expect(abs(slope - norm) < 2e-3 * norm)
  }

  @Test(arguments: models, [adapters, .everything])
  func sharedPrefixesChangeNothing(_ name: String, _ trained: TrainedPart) throws {
    let tiny = try TinyTraining(name, trained)
    tiny.fill()
    var sequences = TinyTraining.sequences([30, 41, 30], shared: 17)
    sequences.append(sequences[0])
    sequences += TinyTraining.sequences([12, 8], shared: 5, seed: 9)
    let (together, apart) = (
      TinyTraining.batch(sequences), TinyTraining.batch(sequences, sharesPrefixes: false)
    )
    #expect(together.rowCount < apart.rowCount - 17 * 2)
    let one = tiny.gradients(together)
    let other = tiny.gradients(apart)
    #expect(relativeDifference(one.gradients, other.gradients) < 1e-5)
    for (a, b) in zip(one.result.logProbabilities, other.result.logProbabilities) { #expect(abs(a - b) < 1e-5) }
  }

  @Test(arguments: models, [adapters, .everything])
  func recomputedLayersGiveTheSameBits(_ name: String, _ trained: TrainedPart) throws {
    let tiny = try TinyTraining(name, trained)
    tiny.fill()
    let batch = TinyTraining.batch(TinyTraining.sequences([23, 40], shared: 9))
    let kept = tiny.gradients(batch)
    let recomputed = tiny.gradients(batch, recomputesLayers: true)
    #expect(kept.result == recomputed.result)
    #expect(kept.gradients == recomputed.gradients)
    #expect(kept.gradients.contains { $0 != 0 })
  }

  @Test func dropoutKeepsTheSlopeAndComesFromItsSeed() throws {
    let settings = LoRASettings(rank: 4, alpha: 8, dropout: 0.3)
    let tiny = try TinyTraining("tiny-qwen2", .adapters(settings))
    tiny.fill(scale: 0.5)
    let batch = TinyTraining.batch(TinyTraining.sequences([23, 40], shared: 9))
    let first = tiny.gradients(batch, dropoutSeed: 7)
    #expect(first.gradients == tiny.gradients(batch, recomputesLayers: true, dropoutSeed: 7).gradients)
    #expect(first.gradients != tiny.gradients(batch, dropoutSeed: 8).gradients)
    let values = tiny.model.parameters.values
    let norm = first.gradients.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    func loss(_ step: Float) -> Double {
      for index in first.gradients.indices { values.pointer[index] += step * first.gradients[index] / Float(norm) }
      defer {
        for index in first.gradients.indices { values.pointer[index] -= step * first.gradients[index] / Float(norm) }
      }
      return tiny.gradients(batch, dropoutSeed: 7).result.loss
    }
    let slope = (loss(0.01) - loss(-0.01)) / 0.02
    #expect(abs(slope - norm) < 5e-3 * norm)
    // A mean over seeds comes near what nothing dropped gives.
    let whole = tiny.pass().run(batch, objective: TinyTraining.objective(batch), mode: .evaluate).loss
    let mean = (0..<20).reduce(0.0) { $0 + tiny.gradients(batch, dropoutSeed: UInt64($1)).result.loss } / 20
    #expect(abs(mean - whole) < 0.05 * whole)
  }

  @Test func withoutAdaptersItIsTheModelThatWasRead() throws {
    let tiny = try TinyTraining("tiny-llama", Self.adapters)
    let batch = TinyTraining.batch(TinyTraining.sequences([23], shared: 0))
    let objective = TinyTraining.objective(batch)
    let fresh = tiny.pass().run(batch, objective: objective, mode: .evaluate)
    tiny.fill()
    let pass = tiny.pass()
    #expect(pass.run(batch, objective: objective, mode: .evaluate) != fresh)
    #expect(pass.run(batch, objective: objective, mode: .evaluateWithoutAdapters) == fresh)
  }

  @Test func threadsChangeNoBit() throws {
    let batch = TinyTraining.batch(TinyTraining.sequences([23, 40], shared: 9))
    let results = try [1, 2, 3].map { threads in
      let tiny = try TinyTraining("tiny-qwen2", .everything, threads: threads)
      return tiny.gradients(batch).gradients
    }
    #expect(results[0] == results[1] && results[1] == results[2])
  }
}
