package import Kernels
package import ModelFiles
import Randomness
package import Training

/// How fast a model trains: forward and backward over sequences of one length, every token a target, without the
/// update, which is a thousandth of it.
package struct TrainingBenchmark: Sendable {
  package struct Settings: Sendable, Equatable {
    package var trained: TrainedPart
    package var precisions: [ProductPrecision]
    /// Tokens of a sequence, and sequences of a pass.
    package var tokens: Int
    package var sequences: Int
    package var recomputesLayers: Bool

    package init(
      trained: TrainedPart = .adapters(LoRASettings()), precisions: [ProductPrecision] = [.float32, .bfloat16],
      tokens: Int = 512, sequences: Int = 4, recomputesLayers: Bool = false
    ) {
      self.trained = trained
      self.precisions = precisions
      self.tokens = tokens
      self.sequences = sequences
      self.recomputesLayers = recomputesLayers
    }
  }

  private let checkpoint: ModelCheckpoint
  private let settings: Settings
  private let products: DenseProducts
  private let roofline: Roofline
  private let watch: Stopwatch
  private let progress: BenchmarkProgress

  package init(
    _ checkpoint: ModelCheckpoint, settings: Settings, products: DenseProducts, roofline: Roofline, repeats: Int,
    progress: BenchmarkProgress
  ) {
    self.checkpoint = checkpoint
    self.settings = settings
    self.products = products
    self.roofline = roofline
    watch = Stopwatch(repeats: repeats)
    self.progress = progress
  }

  /// - Throws: `ModelFileError`.
  package func run() throws -> [BenchmarkRow] {
    var rows: [BenchmarkRow] = []
    for (index, precision) in settings.precisions.enumerated() {
      progress.step(index, of: settings.precisions.count, "training, \(precision.rawValue)")
      rows += try measure(precision)
    }
    progress.end()
    return rows
  }

  private func measure(_ precision: ProductPrecision) throws -> [BenchmarkRow] {
    let model = try TrainingModel(
      checkpoint, training: settings.trained, precision: precision, positionCount: settings.tokens,
      products: products)
    let batch = randomBatch(model)
    let pass = TrainingPass(
      model, rowsMax: batch.rowCount, recomputesLayers: settings.recomputesLayers)
    let objective = CrossEntropy(count: batch.targets.count, weight: 1 / Float(batch.targets.count))
    func measure(_ name: String, share: Double, _ mode: TrainingPass.Mode) -> BenchmarkRow? {
      let seconds = watch.seconds { _ = pass.run(batch, objective: objective, mode: mode) }
      let operations = operations(batch) * share
      let bound = roofline.bound(
        [Roofline.Work(operations, precision == .bfloat16 ? .bfloat16 : .float32)], bytes: 0)
      return Measurement(seconds.map { Double(batch.rowCount) / $0 }).map {
        BenchmarkRow(
          name: "\(name), \(precision.rawValue)", unit: "tokens/s", goal: .higher, $0,
          limitShare: bound.share(Double(batch.rowCount) / $0.median), limit: bound.name,
          note: "\(settings.sequences) x \(settings.tokens) tokens, \(what)")
      }
    }
    return [
      measure("forward", share: 1, .evaluate),
      // Frozen weights need the gradient of their inputs only, trained ones their own too.
      measure("forward and backward", share: settings.trained == .everything ? 3 : 2, .train(dropoutSeed: 1)),
    ].compactMap { $0 }
  }

  private var what: String {
    switch settings.trained {
    case .everything: "every weight"
    case .adapters(let lora): "LoRA rank \(lora.rank)"
    }
  }

  private func randomBatch(_ model: TrainingModel) -> PackedBatch {
    var random = SeededRandom(seed: 1)
    let sequences = (0..<settings.sequences).map { _ in
      TrainingSequence(
        tokens: (0..<settings.tokens).map { _ in Int32(random.below(model.configuration.vocabSize)) },
        targetPositions: Array(1..<settings.tokens))
    }
    var batch = PackedBatch()
    batch.append(sequences, sharesPrefixes: false)
    return batch
  }

  /// Multiplications and additions of a forward pass: products with weights, scores and values of attention, the head.
  private func operations(_ batch: PackedBatch) -> Double {
    let configuration = checkpoint.configuration
    var matrices = 0
    for (name, dimensions) in configuration.requiredTensors
    where dimensions.count == 2 && name.hasPrefix("model.layers.") {
      matrices += dimensions[0] * dimensions[1]
    }
    let width = configuration.headCount * configuration.headDim
    let seen = settings.sequences * settings.tokens * (settings.tokens + 1) / 2
    return Double(2 * matrices * batch.rowCount) + Double(4 * width * seen * configuration.layerCount)
      + Double(2 * configuration.vocabSize * configuration.hiddenSize * batch.targets.count)
  }
}
