package import ArgumentParser
package import Training

/// The flags of AdamW, of the learning rate and of clipping. What is left out is the preset's.
package struct OptimiserOptions: ParsableArguments {
  package init() {}

  @Option(help: ArgumentHelp("The highest learning rate.", valueName: "rate"))
  package var learningRate: Double?

  @Option(
    help: ArgumentHelp(
      "How the rate falls after the warm-up.",
      valueName: LearningRateSchedule.Shape.allCases.map(\.rawValue).joined(separator: "|")))
  package var schedule: LearningRateSchedule.Shape?

  @Option(help: ArgumentHelp("Share of the steps over which the rate rises.", valueName: "share"))
  package var warmup: Double?

  @Option(help: ArgumentHelp("Weight decay of matrices.", valueName: "decay"))
  package var weightDecay: Double?

  @Option(help: "Decay of the mean of gradients.")
  package var adamBeta1: Double?

  @Option(help: "Decay of the mean of squared gradients.")
  package var adamBeta2: Double?

  @Option(help: "Added to the root of the mean of squared gradients.")
  package var adamEpsilon: Double?

  @Option(help: ArgumentHelp("Largest norm of a step's gradient; 0 does not clip.", valueName: "norm"))
  package var maxGradNorm: Double?

  /// The optimiser's settings over those of a preset.
  package func optimiser(preset: AdamW.Settings) -> AdamW.Settings {
    AdamW.Settings(
      beta1: adamBeta1 ?? preset.beta1, beta2: adamBeta2 ?? preset.beta2, epsilon: adamEpsilon ?? preset.epsilon,
      weightDecay: weightDecay ?? preset.weightDecay)
  }
}

extension LearningRateSchedule.Shape: ExpressibleByArgument {}
