import Corpora
import FineTuning
import Judge
import Testing
import Training

@Suite struct SupervisedPlanTests {
  @Test func everyTraceComesOnceAnEpochAndTheOtherWayInTheNext() {
    let plan = SupervisedPlan(traceCount: 23, batch: 5, seed: 7)
    #expect(plan.stepsPerEpoch == 5)
    let epochs = (0..<2).map { epoch in (0..<5).flatMap { plan.members(step: epoch * 5 + $0) } }
    for epoch in epochs { #expect(epoch.map(\.trace).sorted() == Array(0..<23)) }
    #expect(epochs[0].map(\.trace) != epochs[1].map(\.trace))
    let ways = epochs.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.trace, $0.showsSwapped) }) }
    for trace in 0..<23 { #expect(ways[0][trace] != ways[1][trace]) }
    #expect(plan == SupervisedPlan(traceCount: 23, batch: 5, seed: 7))
    #expect(plan.members(step: 3) == SupervisedPlan(traceCount: 23, batch: 5, seed: 7).members(step: 3))
    #expect(plan.members(step: 0) != SupervisedPlan(traceCount: 23, batch: 5, seed: 8).members(step: 0))
  }

  @Test func presetsHaveThePapersNumbersAndFaultsNameTheFlag() {
    let paper = SupervisedSettings(preset: .paper)
    #expect(paper.batch == 64 && paper.learningRate == 5e-6 && paper.epochs == 1 && paper.lora == nil)
    var settings = SupervisedSettings(preset: .lora)
    #expect(settings.fault == nil)
    settings.batch = 0
    #expect(settings.fault == "--batch must be 1 or more, not 0")
    settings.batch = 4
    settings.lora?.rank = 0
    #expect(settings.fault?.hasPrefix("--lora-rank") == true)
    settings.lora?.rank = 4
    settings.verdictWeight = .nan
    #expect(settings.fault?.hasPrefix("--verdict-weight") == true)
  }

  @Test func theBestValidationIsRemembered() {
    var memory = RunMemory()
    #expect(memory.remember(merit: 0.5) && memory.remember(merit: 0.6))
    #expect(!memory.remember(merit: 0.6) && !memory.remember(merit: 0.1))
    #expect(memory.failures == 2 && memory.bestMerit == 0.6 && memory.validations == 4)
    #expect(!memory.remember(merit: nil) && memory.validations == 4)
    #expect(memory.remember(merit: 0.7) && memory.failures == 0)
  }

  @Test func accuracyCountsTiesAndWhatIsMalformedAsWrong() {
    var measure = ValidationMeasure()
    measure.add(.a, preferred: .a, shownFirst: .a)
    measure.add(.b, preferred: .a, shownFirst: .b)
    measure.add(.tie, preferred: .a, shownFirst: .a)
    measure.add(nil, preferred: .b, shownFirst: .a)
    #expect(measure.accuracy == 0.25 && measure.tieRate == 0.25 && measure.malformedRate == 0.25)
    #expect(measure.firstRate == 1)
    #expect(ValidationMeasure().accuracy == 0)
  }

  @Test func thinningIsSpreadEvenly() {
    #expect(Thinning.indices(of: 10, to: 5) == [0, 2, 4, 6, 8])
    #expect(Thinning.indices(of: 3, to: 5) == [0, 1, 2])
    #expect(Thinning.indices(of: 7, to: 3) == [0, 2, 4])
  }
}
