import ArgumentParser
import Reinforcement

/// The flags of which pairs are asked about, how, and how often.
struct RolloutOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Steps of the run.", valueName: "count"))
  var steps = 100

  @Option(help: ArgumentHelp("Pairs of a step. (default: 32)", valueName: "count"))
  var promptsPerStep: Int?

  @Option(help: ArgumentHelp("Answers to each. (default: 8)", valueName: "count"))
  var samplesPerPrompt: Int?

  @Option(
    help: ArgumentHelp(
      "Pairs that a step tries at most, as a multiple, to replace groups whose answers all have one reward; 0 keeps "
        + "them. (default: paper 0, modern 3)", valueName: "factor"))
  var resampleFactor: Double?

  @Option(
    help: ArgumentHelp(
      "balanced: one order for a group. both: half of a group's answers in each order.",
      valueName: RolloutPlan.Orders.allCases.map(\.rawValue).joined(separator: "|")))
  var orders: RolloutPlan.Orders?

  @Option(help: ArgumentHelp("Exemplars shown at most. (default: 3)", valueName: "count"))
  var exemplars: Int?

  @Option(
    help: ArgumentHelp(
      "Which query is shown. (default: query_neutral)",
      valueName: RolloutPlan.QueryField.allCases.map(\.rawValue).joined(separator: "|")))
  var queryField: RolloutPlan.QueryField?

  @Flag(help: "Leave the measurements out of the prompt: the paper's own form.")
  var noEvidence = false

  @Option(
    help: ArgumentHelp(
      "What is asked about equally often; a file is a corpus. (default: none)",
      valueName: RolloutPlan.Balance.allCases.map(\.rawValue).joined(separator: "|")))
  var balance: RolloutPlan.Balance?

  @Option(help: ArgumentHelp("Tokens of an answer at most. (default: 512)", valueName: "tokens"))
  var maxTokens: Int?

  @Option(help: "How freely answers are drawn. (default: 1)")
  var temperature: Double?

  @Option(help: "Only the likeliest tokens up to this share are drawn. (default: 1)")
  var topP: Double?

  @Option(help: ArgumentHelp("Pairs of each file at most: for a try.", valueName: "count"))
  var limit: Int?

  @Option(help: ArgumentHelp("Steps between validations; 0 validates at the end.", valueName: "steps"))
  var validateEvery = 0

  @Option(help: ArgumentHelp("Validation pairs of each file that are used.", valueName: "count"))
  var validationLimit = 40

  @Option(help: "What is drawn is drawn from this. (default: 0)")
  var seed: UInt64?

  func validate() throws {
    for (name, value) in [("steps", steps), ("limit", limit ?? 1), ("validation-limit", validationLimit)]
    where value < 1 {
      throw ValidationError("--\(name) must be 1 or more, not \(value)")
    }
    if validateEvery < 0 { throw ValidationError("--validate-every must be 0 or more, not \(validateEvery)") }
  }

  func apply(to settings: inout GRPOSettings) {
    settings.promptsPerStep = promptsPerStep ?? settings.promptsPerStep
    settings.samplesPerPrompt = samplesPerPrompt ?? settings.samplesPerPrompt
    if let resampleFactor { settings.resampleFactor = resampleFactor == 0 ? nil : resampleFactor }
    settings.plan.orders = orders ?? settings.plan.orders
    settings.plan.exemplars = exemplars ?? settings.plan.exemplars
    settings.plan.queryField = queryField ?? settings.plan.queryField
    settings.plan.evidence = !noEvidence
    settings.plan.balance = balance ?? settings.plan.balance
    settings.maxTokens = maxTokens ?? settings.maxTokens
    settings.temperature = temperature ?? settings.temperature
    settings.topP = topP ?? settings.topP
    settings.seed = seed ?? settings.seed
  }
}

extension RolloutPlan.Orders: ExpressibleByArgument {}
extension RolloutPlan.QueryField: ExpressibleByArgument {}
extension RolloutPlan.Balance: ExpressibleByArgument {}
