import ArgumentParser
import Benchmarking
import Commands
import Kernels
import LocalInference
import ModelFiles
import Training

/// `persrm bench train`: forward and backward passes of training.
struct BenchTrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Measure forward and backward passes of training.",
    discussion: """
      Sequences of random tokens, every token a target, the base model frozen under LoRA unless --full. \
      Benchmarks/pytorch_training.py measures the same with PyTorch.

      Example:
        persrm bench train --tokens 512 --sequences 4 --json train.json
      """)

  @OptionGroup(title: "Benchmark") var bench: BenchOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(help: "Tokens of a sequence.")
  var tokens = 512

  @Option(help: "Sequences of a pass.")
  var sequences = 4

  @Option(help: "Rank of the adapters.")
  var loraRank = 16

  @Option(
    help: ArgumentHelp(
      "How products with frozen weights are computed; may be given several times. (default: float32, bfloat16)",
      valueName: ProductPrecision.allCases.map(\.rawValue).joined(separator: "|")))
  var products: [ProductPrecision] = []

  @Flag(help: "Train every weight instead of adapters.")
  var full = false

  @Flag(help: "Compute each layer again in the backward pass instead of keeping what it gave.")
  var recompute = false

  func validate() throws {
    if !(2...8192).contains(tokens) { throw ValidationError("--tokens must be in 2...8192, not \(tokens)") }
    if !(1...256).contains(sequences) { throw ValidationError("--sequences must be in 1...256, not \(sequences)") }
    if let fault = LoRASettings(rank: loraRank).fault { throw ValidationError(fault) }
  }

  func run() async throws {
    let baseline = try bench.readBaseline()
    let options = try model.resolved()
    let checkpoint = try ModelCheckpoint.open(path: options.path)
    if tokens > checkpoint.configuration.positionCount {
      throw ValidationError("--tokens \(tokens) is more than the model's \(checkpoint.configuration.positionCount)")
    }
    let machine = bench.machine(threads: options.threads)
    let settings = TrainingBenchmark.Settings(
      trained: full ? .everything : .adapters(LoRASettings(rank: loraRank)),
      precisions: full ? [.float32] : products.isEmpty ? [.float32, .bfloat16] : products, tokens: tokens,
      sequences: sequences, recomputesLayers: recompute)
    let benchmark = TrainingBenchmark(
      checkpoint, settings: settings,
      products: DenseProducts(parallel: ParallelFor(threads: options.threads), blas: try OpenBLAS.shared.get()),
      roofline: Roofline(machine), repeats: bench.repeats ?? 3, progress: bench.makeProgress())
    let rows = try await onThread { try benchmark.run() }
    let origin = bench.origin(
      machine: machine, model: LocalModel.name(path: options.path), precision: nil, threads: options.threads)
    try bench.report(BenchmarkRecord(kind: .train, origin: origin, rows: rows), baseline: baseline)
  }
}

extension ProductPrecision: ExpressibleByArgument {}
