import BoundedJSON
import Judge
import Reinforcement
import Testing

@Suite struct GRPOSettingsTests {
  @Test func thePaperPresetIsThePapers() throws {
    let settings = GRPOSettings(preset: .paper)
    #expect(settings == GRPOSettings())
    #expect(settings.promptsPerStep == 32 && settings.samplesPerPrompt == 8 && settings.updatesPerStep == 1)
    #expect(settings.learningRate == 3e-7)
    #expect(settings.objective == PolicyObjective(clipLow: 0.2, clipHigh: 0.2, klCoefficient: 1e-3))
    #expect(settings.advantages.scale == .sample && settings.advantages.baseline == .mean)
    #expect(settings.lossWeights == .sequenceMean && settings.promptsTriedMax == nil)
    #expect(settings.rewards.agreementBonus == 0 && settings.rewards.denseWeight == 0)
    #expect(settings.rewards.lengthBudget == nil)
    try settings.validate()
  }

  @Test func theModernPresetDiffersInWhatItSays() throws {
    let settings = GRPOSettings(preset: .modern)
    var expected = GRPOSettings()
    expected.objective.clipHigh = 0.28
    expected.objective.importanceCap = 2
    expected.advantages.scale = .none
    expected.lossWeights = .tokenMean
    expected.resampleFactor = 3
    #expect(settings == expected && settings.promptsTriedMax == 96)
    try settings.validate()
  }

  private struct Breakage: Sendable, CustomTestStringConvertible {
    let flag: GRPOSettings.Flag
    let set: @Sendable (inout GRPOSettings) -> Void

    init(_ flag: GRPOSettings.Flag, _ set: @escaping @Sendable (inout GRPOSettings) -> Void) {
      self.flag = flag
      self.set = set
    }

    var testDescription: String { flag.rawValue }
  }

  private static let breakages: [Breakage] = [
    Breakage(.promptsPerStep) { $0.promptsPerStep = 0 }, Breakage(.promptsPerStep) { $0.promptsPerStep = 1 << 40 },
    Breakage(.samplesPerPrompt) { $0.samplesPerPrompt = 1 },
    Breakage(.samplesPerPrompt) {
      $0.samplesPerPrompt = 7
      $0.plan.orders = .both
    },
    Breakage(.updatesPerStep) { $0.updatesPerStep = 0 }, Breakage(.updatesPerStep) { $0.updatesPerStep = 5 },
    Breakage(.updatesPerStep) { $0.updatesPerStep = 64 },
    Breakage(.resampleFactor) { $0.resampleFactor = 0.9 }, Breakage(.resampleFactor) { $0.resampleFactor = .nan },
    Breakage(.learningRate) { $0.learningRate = 0 }, Breakage(.learningRate) { $0.learningRate = -1e-6 },
    Breakage(.learningRate) { $0.learningRate = .infinity },
    Breakage(.clipLow) { $0.objective.clipLow = -0.1 }, Breakage(.clipLow) { $0.objective.clipLow = 1.1 },
    Breakage(.clipHigh) { $0.objective.clipHigh = .nan }, Breakage(.clipHigh) { $0.objective.clipHigh = 1e9 },
    Breakage(.dualClip) { $0.objective.dualClip = 1 }, Breakage(.dualClip) { $0.objective.dualClip = 1.1 },
    Breakage(.dualClip) {
      $0.objective.clipHigh = 100
      $0.objective.dualClip = 3
    },
    Breakage(.klCoefficient) { $0.objective.klCoefficient = -1 },
    Breakage(.importanceCap) { $0.objective.importanceCap = 0.5 },
    Breakage(.advantageEpsilon) { $0.advantages.epsilon = 0 },
    Breakage(.agreementBonus) {
      $0.plan.orders = .both
      $0.rewards.agreementBonus = 0.5
    },
    Breakage(.agreementBonus) { $0.rewards.agreementBonus = 0.1 },
    Breakage(.denseReward) { $0.rewards.denseWeight = 0.5 }, Breakage(.denseReward) { $0.rewards.denseWeight = -0.1 },
    Breakage(.lengthBudget) { $0.rewards.lengthBudget = 0 }, Breakage(.lengthRamp) { $0.rewards.lengthRamp = 0 },
    Breakage(.lengthPenalty) { $0.rewards.lengthPenalty = 1.5 },
    Breakage(.exemplars) { $0.plan.exemplars = 0 }, Breakage(.exemplars) { $0.plan.exemplars = 17 },
    Breakage(.maxTokens) { $0.maxTokens = 0 },
    Breakage(.temperature) { $0.temperature = 0 },
    Breakage(.temperature) { $0.temperature = 0.7 }, Breakage(.topP) { $0.topP = 0.9 },
    Breakage(.topP) {
      $0.objective.importanceCap = 2
      $0.topP = 0
    },
  ]

  @Test(arguments: breakages)
  private func whatCannotBeIsRefusedByTheNameOfItsFlag(breakage: Breakage) {
    var settings = GRPOSettings(preset: .paper)
    breakage.set(&settings)
    do {
      try settings.validate()
      Issue.record("\(breakage.flag.rawValue) was accepted")
    } catch {
      #expect(error.flag == breakage.flag)
      #expect(error.description.hasPrefix(breakage.flag.rawValue + " "))
    }
  }

  @Test func messagesAreForPeople() {
    var settings = GRPOSettings()
    settings.updatesPerStep = 3
    #expect(throws: GRPOSettings.Fault(flag: .updatesPerStep, detail: "3 does not divide --prompts-per-step 32")) {
      try settings.validate()
    }
    settings.updatesPerStep = 1
    settings.objective.klCoefficient = -1
    #expect(
      throws: GRPOSettings.Fault(flag: .klCoefficient, detail: "must be 0.0 to 100.0, not -1.0")
    ) { try settings.validate() }
  }

  @Test func everyEdgeThatIsAllowedIsAllowed() throws {
    var settings = GRPOSettings(preset: .modern)
    settings.samplesPerPrompt = 2
    settings.plan.orders = .both
    settings.plan.exemplars = 16
    settings.rewards.agreementBonus = 0.49
    settings.rewards.denseWeight = 0.49
    settings.rewards.lengthBudget = 1
    settings.rewards.lengthPenalty = 1
    settings.objective.clipLow = 0
    settings.objective.clipHigh = 0
    settings.objective.dualClip = 1.5
    settings.temperature = 0.7
    settings.topP = 0.9
    settings.updatesPerStep = 32
    settings.resampleFactor = 1
    try settings.validate()
    #expect(settings.promptsTriedMax == 32)
    let sampling = settings.sampling(seed: 5)
    #expect(sampling.temperature == 0.7 && sampling.topP == 0.9 && sampling.seed == 5 && sampling.topK == 0)
  }

  @Test func theyAreKeptInACheckpointToTheBit() throws {
    var settings = GRPOSettings(preset: .modern)
    settings.learningRate = 1.0 / 3
    settings.rewards.lengthBudget = 300
    settings.plan.balance = .corpusAndNegativeKind
    settings.seed = .max
    let bytes = try JSONWriter.bytes(settings)
    #expect(try JSONReader.decode(GRPOSettings.self, from: bytes, limits: .request) == settings)
  }

  @Test func flagsAreSpelledAsFlagsAre() {
    for flag in GRPOSettings.Flag.allCases {
      #expect(flag.rawValue.hasPrefix("--") && flag.rawValue.dropFirst(2).allSatisfy { $0.isLowercase || $0 == "-" })
    }
  }
}
