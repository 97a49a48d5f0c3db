import ArgumentParser
import FineTuning

/// The flags of what is learnt and how often. What is left out is the preset's.
struct LearningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "paper: batch 64, learning rate 5e-6, every weight. lora: for small models on a processor: adapters, batch 16, "
        + "learning rate 5e-4.", valueName: SupervisedSettings.Preset.allCases.map(\.rawValue).joined(separator: "|")))
  var preset = SupervisedSettings.Preset.lora

  @Option(help: ArgumentHelp("Passes over the traces. (default: 1)", valueName: "count"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Steps at most.", valueName: "count"))
  var steps: Int?

  @Option(help: ArgumentHelp("Traces of a step.", valueName: "count"))
  var batch: Int?

  @Option(help: ArgumentHelp("Traces of each file at most: for a try.", valueName: "count"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "How the responses are shown: both orders, as written, or either at random. (default: both)",
      valueName: TraceExamples.Orders.allCases.map(\.rawValue).joined(separator: "|")))
  var orders: TraceExamples.Orders?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Which answers are learnt: reasoning, verdict, or both. (default: both)",
      valueName: TraceExamples.Form.allCases.map(\.rawValue).joined(separator: "|")))
  var forms: [TraceExamples.Form] = []

  @Flag(help: "Leave the measurements out of the prompt: the paper's own form.")
  var noEvidence = false

  @Flag(help: "Show the query even where a pair has a neutral one.")
  var originalQuery = false

  @Option(help: ArgumentHelp("Tokens of prompt and answer at most; longer traces are left out.", valueName: "tokens"))
  var tokensMax: Int?

  @Option(help: ArgumentHelp("What a number of a verdict counts beside a token of a reasoning.", valueName: "weight"))
  var verdictWeight: Double?

  @Option(
    help: ArgumentHelp(
      "What a token of a reasoning that decides counts beside its others: the name of a response in the evaluation, a "
        + "digit of a score.", valueName: "weight"))
  var decisionWeight: Double?

  @Option(help: ArgumentHelp("Steps between validations; 0 validates at the end.", valueName: "steps"))
  var validateEvery: Int?

  @Option(help: ArgumentHelp("End after so many validations without a better one; 0 never does.", valueName: "count"))
  var patience: Int?

  @Option(
    help: ArgumentHelp("Validation traces, and validation pairs, of each file that are used.", valueName: "count"))
  var validationLimit = 40

  @Option(help: "What is drawn is drawn from this. (default: 0)")
  var seed: UInt64?

  func validate() throws {
    for (name, value) in [("limit", limit), ("steps", steps)] {
      if let value, value < 1 { throw ValidationError("--\(name) must be 1 or more, not \(value)") }
    }
    if validationLimit < 1 { throw ValidationError("--validation-limit must be 1 or more, not \(validationLimit)") }
  }

  func apply(to settings: inout SupervisedSettings) {
    settings.epochs = epochs ?? settings.epochs
    settings.stepsMax = steps ?? settings.stepsMax
    settings.batch = batch ?? settings.batch
    settings.examples.orders = orders ?? settings.examples.orders
    if !forms.isEmpty { settings.examples.forms = forms }
    settings.examples.evidence = !noEvidence
    settings.examples.usesNeutralQuery = !originalQuery
    settings.examples.tokensMax = tokensMax ?? settings.examples.tokensMax
    settings.verdictWeight = verdictWeight ?? settings.verdictWeight
    settings.decisionWeight = decisionWeight ?? settings.decisionWeight
    settings.validateEvery = validateEvery ?? settings.validateEvery
    settings.patience = patience ?? settings.patience
    settings.seed = seed ?? settings.seed
  }
}

extension SupervisedSettings.Preset: ExpressibleByArgument {}
extension TraceExamples.Orders: ExpressibleByArgument {}
extension TraceExamples.Form: ExpressibleByArgument {}
