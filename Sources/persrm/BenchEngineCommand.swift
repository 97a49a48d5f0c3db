import ArgumentParser
import Benchmarking
import Commands
import Engine
import LocalInference
import Models

/// `persrm bench engine`: prompts and decoding, alone and many at once.
struct BenchEngineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Measure prompts and decoding, alone and up to 32 sequences at once.",
    discussion: """
      pp128, pp512, pp2048 and tg128 are what llama-bench calls so. "decode, 8 at 1300" is 8 sequences of 1,300 tokens \
      each that decode together, none sharing a token with another. Takes a few minutes, and a gigabyte of memory for \
      keys and values of the default model.

      Example:
        persrm bench engine --threads 2 --repeats 5 --json engine.json
      """)

  @OptionGroup(title: "Benchmark") var bench: BenchOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func run() async throws {
    let baseline = try bench.readBaseline()
    let options = try EngineBenchmark.options(try model.resolved())
    let machine = bench.machine(threads: options.threads)
    let model = try await loadLocalModel(options)
    defer { model.engine.shutDown() }
    let rows = try await EngineBenchmark(
      model, precision: options.precision, roofline: Roofline(machine), repeats: bench.repeats ?? 3,
      progress: bench.makeProgress()
    ).run()
    let origin = bench.origin(
      machine: machine, model: model.name, precision: options.precision.rawValue, threads: options.threads)
    try bench.report(BenchmarkRecord(kind: .engine, origin: origin, rows: rows), baseline: baseline)
  }
}
