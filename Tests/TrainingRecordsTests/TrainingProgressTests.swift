import Testing
import TrainingRecords

@Suite struct TrainingProgressTests {
  @Test func saysStepsLossSpeedAndTimeLeft() {
    var progress = TrainingProgress(totalSteps: 100, measure: .loss, isTerminal: true, now: 50)
    let text = progress.update(step: 25, value: 2, tokens: 5000, now: 60)
    #expect(
      text
        == "\r[######------------------] 25/100  2.5/s  30 s left  25.0 %  loss 2.0000  500 tokens/s\u{1B}[K")
    // The mean follows slowly.
    let later = progress.update(step: 26, value: 1, tokens: 0, notes: ["validation 1.5"], now: 61)
    #expect(later?.contains("loss 1.9000") == true && later?.contains("validation 1.5\u{1B}[K") == true)
  }

  @Test func aLogGetsFewPlainLines() {
    var progress = TrainingProgress(totalSteps: 1000, measure: .reward, isTerminal: false, now: 0)
    let lines = (1...1000).compactMap { step in
      progress.update(step: step, value: -0.5, tokens: 10, now: Double(step) / 20)
    }
    #expect(lines.count == 6)
    #expect(lines.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\u{1B}") })
    #expect(lines.last == "1000/1000  20.0/s  in 50 s  100.0 %  reward -0.5000  200 tokens/s\n")
  }

  @Test func aResumedRunCountsItsOwnSpeed() {
    var progress = TrainingProgress(totalSteps: 100, resumedStep: 80, measure: .loss, isTerminal: false, now: 0)
    let text = progress.update(step: 81, value: nil, tokens: 100, now: 10)
    #expect(text == "81/100  10.0 s each  3:10 left  81.0 %  10 tokens/s\n")
  }

  @Test func aLossThatIsNotFiniteIsSaid() {
    var progress = TrainingProgress(totalSteps: 10, measure: .loss, isTerminal: true, now: 0)
    #expect(progress.update(step: 1, value: .nan, tokens: 1, now: 1)?.contains("loss not finite") == true)
    #expect(progress.update(step: 2, value: 1, tokens: 1, now: 2)?.contains("loss 1.0000") == true)
  }

  @Test func aRunWithoutStepsIsDone() {
    var progress = TrainingProgress(totalSteps: 0, measure: .loss, isTerminal: false, now: 0)
    #expect(progress.update(step: 0, value: nil, tokens: 0, now: 0) == "0/0  0.0 %\n")
  }
}
