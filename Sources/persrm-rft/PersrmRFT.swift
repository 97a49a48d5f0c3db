import ArgumentParser
import Commands
import FineTuning
import Reinforcement
import TrainingCommands
import TrainingRecords

/// `persrm-rft`: from pairs and an adapter to a better adapter.
@main
struct PersrmRFT: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "persrm-rft",
    abstract: "Let a model judge, and reward it where it is right: reinforcement fine-tuning by GRPO.",
    discussion: """
      Example:
        persrm-rft --pairs curated/pairs.jsonl.gz --adapter sft/adapter --preset modern \\
          --validation held-out/pairs.jsonl.gz --output rft
        persrm serve --adapter rft/adapter

      Each step asks the model about some pairs, several times each, unconstrained: -1 for
      what is no verdict, 0 for a wrong one or a tie, 1 for a right one. The output has
      adapter/, metrics.jsonl, TensorBoard's event files, checkpoints/ and report.html.
      SIGTERM and SIGUSR1 write a checkpoint and exit 0; --resume goes on from the last one.
      """,
    version: "persrm-rft \(BuildInfo.version) (\(BuildInfo.commit))")

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Files of pairs to learn from.", valueName: "file"))
  var pairs: [String]

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Files of pairs by other authors, for the accuracy while it trains.", valueName: "file"))
  var validation: [String] = []

  @OptionGroup(title: "Run") var folder: RunOptions
  @OptionGroup(title: "Rollouts") var rollouts: RolloutOptions
  @OptionGroup(title: "Rewards") var rewards: RewardOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Adapters") var adapters: AdapterOptions
  @OptionGroup(title: "Optimiser") var optimiser: OptimiserOptions
  @OptionGroup(title: "Computing") var compute: ComputeOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if pairs.isEmpty { throw ValidationError("--pairs names no file") }
    if adapters.full { throw ValidationError("--full: the engine that rolls out takes adapters only") }
    if rollouts.validateEvery > 0, validation.isEmpty { throw ValidationError("--validate-every needs --validation") }
    _ = try settings()
  }

  /// The preset with what was given over it.
  func settings() throws -> GRPOSettings {
    var settings = GRPOSettings(preset: policy.preset)
    rollouts.apply(to: &settings)
    rewards.apply(to: &settings)
    policy.apply(to: &settings)
    settings.learningRate = optimiser.learningRate ?? settings.learningRate
    do throws(GRPOSettings.Fault) {
      try settings.validate()
    } catch {
      throw ValidationError("\(error)")
    }
    return settings
  }

  func run() async throws {
    let signals = StopSignals()
    let ending = try await ReinforcementProgram(self, settings: settings(), signals: signals).run()
    if case .interrupted(let signal, _) = ending { throw ExitCode(signal.exitStatus) }
  }
}
