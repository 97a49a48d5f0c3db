import ArgumentParser
import Reinforcement

/// The flags of what is added to -1, 0 and 1. All are off unless given.
struct RewardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Added where an answer agrees with most answers in the other order; needs --orders both.", valueName: "reward"))
  var agreementBonus: Double?

  @Option(help: ArgumentHelp("Multiplied with the margin of the preferred response.", valueName: "weight"))
  var denseReward: Double?

  @Option(
    help: ArgumentHelp(
      "How a margin becomes a number of -1 to 1. (default: tanh)",
      valueName: VerdictReward.MarginShape.allCases.map(\.rawValue).joined(separator: "|")))
  var denseShape: VerdictReward.MarginShape?

  @Option(
    help: ArgumentHelp("Tokens that cost nothing; more of them cost up to --length-penalty.", valueName: "tokens"))
  var lengthBudget: Int?

  @Option(help: ArgumentHelp("Tokens over which the penalty grows. (default: 128)", valueName: "tokens"))
  var lengthRamp: Int?

  @Option(help: ArgumentHelp("The most that length costs. (default: 0.5)", valueName: "reward"))
  var lengthPenalty: Double?

  func apply(to settings: inout GRPOSettings) {
    settings.rewards.agreementBonus = agreementBonus ?? settings.rewards.agreementBonus
    settings.rewards.denseWeight = denseReward ?? settings.rewards.denseWeight
    settings.rewards.denseShape = denseShape ?? settings.rewards.denseShape
    settings.rewards.lengthBudget = lengthBudget ?? settings.rewards.lengthBudget
    settings.rewards.lengthRamp = lengthRamp ?? settings.rewards.lengthRamp
    settings.rewards.lengthPenalty = lengthPenalty ?? settings.rewards.lengthPenalty
  }
}

extension VerdictReward.MarginShape: ExpressibleByArgument {}
