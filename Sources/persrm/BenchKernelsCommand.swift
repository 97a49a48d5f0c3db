import ArgumentParser
import Benchmarking
import Commands
import Kernels
import LocalInference
import ModelFiles
import Models

/// `persrm bench kernels`: matrix products and attention, each against its roofline.
struct BenchKernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Measure a model's matrix products and attention against what the machine allows.",
    discussion: """
      Every shape of the model with 1 to 512 rows, beside OpenBLAS on the same shape where it is installed, then \
      attention. Weights come from memory, as in a forward pass. Takes about half a minute.

      Example:
        persrm bench kernels --threads 2 --json kernels.json
      """)

  @OptionGroup(title: "Benchmark") var bench: BenchOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  @Flag(help: "Leave OpenBLAS out.")
  var withoutOpenblas = false

  func run() throws {
    let baseline = try bench.readBaseline()
    let options = try model.resolved()
    let checkpoint = try ModelCheckpoint.open(path: options.path)
    let parallel = ParallelFor(threads: options.threads)
    let weights = try DecoderWeights(
      checkpoint, precision: options.precision, adapter: LocalModel.adapter(options, checkpoint), parallel: parallel)
    let machine = bench.machine(threads: options.threads)
    let (roofline, stopwatch) = (Roofline(machine), Stopwatch(repeats: bench.repeats ?? 25))
    // `try?`: without the library there is nothing to compare with.
    let library = withoutOpenblas ? nil : try? OpenBLAS.shared.get()
    var rows = KernelBenchmark(
      linear: LinearKernel(kernels: .best, parallel: parallel), roofline: roofline, stopwatch: stopwatch
    ).run(weights, openBLAS: library, progress: bench.makeProgress())
    if options.precision.keyValueType == .bfloat16 {
      rows += AttentionBenchmark(
        checkpoint.configuration, parallel: parallel, roofline: roofline, stopwatch: stopwatch
      ).run(progress: bench.makeProgress())
    }
    let name = options.name ?? LocalModel.name(path: options.path, adapter: options.adapter)
    let origin = bench.origin(
      machine: machine, model: name, precision: options.precision.rawValue, threads: options.threads)
    try bench.report(BenchmarkRecord(kind: .kernels, origin: origin, rows: rows), baseline: baseline)
  }
}
