import ArgumentParser
import Commands
import FineTuning
import Foundation
import LocalInference
import ModelFiles
import TrainingCommands
import TrainingRecords
import Training

/// `persrm-sft`: from traces to an adapter.
@main
struct PersrmSFT: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "persrm-sft",
    abstract: "Teach a model to judge as the traces do: supervised fine-tuning.",
    discussion: """
      Example:
        persrm-sft --traces curated/traces.jsonl.gz --preset lora --output sft \\
          --validation held-out/traces.jsonl.gz --validation-pairs held-out/pairs.jsonl.gz
        persrm serve --adapter sft/adapter

      Traces are files of persrm-curate. The output has adapter/ (as PEFT writes it),
      metrics.jsonl, TensorBoard's event files, checkpoints/ and report.html. SIGTERM and
      SIGUSR1 write a checkpoint and exit 0; --resume goes on from the last one, to the bit.
      """,
    version: "persrm-sft \(BuildInfo.version) (\(BuildInfo.commit))")

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Files of traces to learn from.", valueName: "file"))
  var traces: [String]

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Files of traces by other authors, for the loss while it trains.", valueName: "file"))
  var validation: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files of pairs by other authors, for the accuracy while it trains: all pairs, not only those a teacher got "
        + "right.",
      valueName: "file"))
  var validationPairs: [String] = []

  @OptionGroup(title: "Run") var folder: RunOptions
  @OptionGroup(title: "Learning") var learning: LearningOptions
  @OptionGroup(title: "Adapters") var adapters: AdapterOptions
  @OptionGroup(title: "Optimiser") var optimiser: OptimiserOptions
  @OptionGroup(title: "Computing") var compute: ComputeOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if traces.isEmpty { throw ValidationError("--traces names no file") }
    if learning.validateEvery ?? 0 > 0, validation.isEmpty, validationPairs.isEmpty {
      throw ValidationError("--validate-every needs --validation or --validation-pairs")
    }
    if adapters.full, !validationPairs.isEmpty {
      throw ValidationError("--validation-pairs are judged with an adapter: --full has none")
    }
    _ = try settings()
  }

  /// The preset with what was given over it.
  func settings() throws -> SupervisedSettings {
    var settings = SupervisedSettings(preset: learning.preset)
    settings.lora = try adapters.settings(preset: settings.lora)
    learning.apply(to: &settings)
    settings.learningRate = optimiser.learningRate ?? settings.learningRate
    settings.schedule = optimiser.schedule ?? settings.schedule
    settings.warmupShare = optimiser.warmup ?? settings.warmupShare
    settings.gradientNormMax = optimiser.maxGradNorm ?? settings.gradientNormMax
    settings.optimiser = optimiser.optimiser(preset: settings.optimiser)
    settings.microBatchTokens = compute.microBatchTokens
    if let fault = settings.fault { throw ValidationError(fault) }
    return settings
  }

  func run() async throws {
    let signals = StopSignals()
    var program = SupervisedProgram(self, settings: try settings(), signals: signals)
    let ending = try await program.run()
    if case .interrupted(let signal, _) = ending { throw ExitCode(signal.exitStatus) }
  }
}
