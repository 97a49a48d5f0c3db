import ArgumentParser
import Reinforcement

/// The flags of how answers become updates.
struct PolicyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "paper: batch 32, 8 answers, learning rate 3e-7, KL 1e-3, advantages divided by the deviation, mean over "
        + "answers. modern: mean over tokens, no division, more room above, groups without variance replaced, answers "
        + "corrected for the engine's precision.",
      valueName: GRPOSettings.Preset.allCases.map(\.rawValue).joined(separator: "|"))
  )
  var preset = GRPOSettings.Preset.modern

  @Option(help: ArgumentHelp("Updates that a step's answers are cut into. (default: 1)", valueName: "count"))
  var updatesPerStep: Int?

  @Option(help: ArgumentHelp("How far below 1 a ratio may push. (default: 0.2)", valueName: "share"))
  var clipLow: Double?

  @Option(help: ArgumentHelp("How far above 1. (default: paper 0.2, modern 0.28)", valueName: "share"))
  var clipHigh: Double?

  @Option(help: ArgumentHelp("Bound of ratios with negative advantages. (default: none)", valueName: "ratio"))
  var dualClip: Double?

  @Option(
    help: ArgumentHelp(
      "Weight of the divergence from the policy that the run began with. (default: paper 1e-3, modern 0)",
      valueName: "weight"))
  var klCoefficient: Double?

  @Option(
    help: ArgumentHelp(
      "The most that an answer's importance counts; 0 does not correct. (default: paper 0, modern 2)", valueName: "cap")
  )
  var importanceCap: Double?

  @Option(
    help: ArgumentHelp(
      "What a reward is compared with. (default: mean)",
      valueName: GroupAdvantages.Baseline.allCases.map(\.rawValue).joined(separator: "|")))
  var baseline: GroupAdvantages.Baseline?

  @Option(
    help: ArgumentHelp(
      "What advantages are divided by. (default: paper sample, modern none)",
      valueName: GroupAdvantages.Scale.allCases.map(\.rawValue).joined(separator: "|")))
  var advantageScale: GroupAdvantages.Scale?

  @Option(help: "Added to the deviation.")
  var advantageEpsilon: Double?

  @Option(
    help: ArgumentHelp(
      "What counts alike: answers or tokens.",
      valueName: LossWeights.allCases.map(\.rawValue).joined(separator: "|")))
  var lossWeights: LossWeights?

  func apply(to settings: inout GRPOSettings) {
    settings.updatesPerStep = updatesPerStep ?? settings.updatesPerStep
    settings.objective.clipLow = clipLow ?? settings.objective.clipLow
    settings.objective.clipHigh = clipHigh ?? settings.objective.clipHigh
    settings.objective.dualClip = dualClip ?? settings.objective.dualClip
    settings.objective.klCoefficient = klCoefficient ?? settings.objective.klCoefficient
    if let importanceCap { settings.objective.importanceCap = importanceCap == 0 ? nil : importanceCap }
    settings.advantages.baseline = baseline ?? settings.advantages.baseline
    settings.advantages.scale = advantageScale ?? settings.advantages.scale
    settings.advantages.epsilon = advantageEpsilon ?? settings.advantages.epsilon
    settings.lossWeights = lossWeights ?? settings.lossWeights
  }
}

extension GRPOSettings.Preset: ExpressibleByArgument {}
extension GroupAdvantages.Baseline: ExpressibleByArgument {}
extension GroupAdvantages.Scale: ExpressibleByArgument {}
extension LossWeights: ExpressibleByArgument {}
