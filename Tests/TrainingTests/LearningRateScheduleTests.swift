import Testing
import Training

/// Rates against numbers worked out by hand.
@Suite struct LearningRateScheduleTests {
  private func expect(_ schedule: LearningRateSchedule, _ rates: [Double]) {
    for (step, rate) in rates.enumerated() {
      #expect(abs(schedule.rate(step: step) - rate) < 1e-12, "step \(step)")
    }
  }

  @Test func constantStaysAtItsPeakBehindTheWarmUp() {
    let schedule = LearningRateSchedule(shape: .constant, peak: 2, warmupSteps: 4, totalSteps: 6, floorShare: 0.5)
    expect(schedule, [0.5, 1, 1.5, 2, 2, 2, 2])
  }

  @Test func linearFallsInEqualStepsToItsFloor() {
    let schedule = LearningRateSchedule(shape: .linear, peak: 10, warmupSteps: 2, totalSteps: 6, floorShare: 0.2)
    // Of the four steps behind the warm-up each takes a quarter of 10 - 2; beyond the end it stays.
    expect(schedule, [5, 10, 10, 8, 6, 4, 2, 2])
  }

  @Test func cosineGoesThroughItsHalves() {
    let half = 0.5 * 2.0.squareRoot()
    let schedule = LearningRateSchedule(shape: .cosine, peak: 1, totalSteps: 4)
    // Cosines of 0, 45, 90, 135 and 180 degrees.
    expect(schedule, [1, 0.5 + 0.5 * half, 0.5, 0.5 - 0.5 * half, 0, 0])
  }

  @Test func cosineEndsAtItsFloor() {
    let schedule = LearningRateSchedule(shape: .cosine, peak: 1, warmupSteps: 1, totalSteps: 4, floorShare: 0.1)
    // Cosines of 0, 60, 120 and 180 degrees are 1, 1/2, -1/2 and -1: shares of 1, 3/4, 1/4 and 0 of the way down.
    expect(schedule, [1, 1, 0.775, 0.325, 0.1, 0.1])
  }

  @Test func aRunOfWarmUpOnlyEndsAtThePeak() {
    for shape in LearningRateSchedule.Shape.allCases {
      expect(LearningRateSchedule(shape: shape, peak: 3, warmupSteps: 3, totalSteps: 3), [1, 2, 3])
    }
  }

  @Test func faultsNameTheFlag() {
    func fault(
      peak: Double = 1, warmup: Int = 0, total: Int = 5, floor: Double = 0
    ) -> String? {
      LearningRateSchedule(peak: peak, warmupSteps: warmup, totalSteps: total, floorShare: floor).fault
    }
    #expect(fault() == nil)
    #expect(fault(warmup: 5, floor: 1) == nil)
    for peak in [0, -1, .nan, .infinity] { #expect(fault(peak: peak)?.hasPrefix("--learning-rate ") == true) }
    for warmup in [-1, 6] { #expect(fault(warmup: warmup)?.hasPrefix("--warmup-steps ") == true) }
    for floor in [-0.1, 1.1, .nan] { #expect(fault(floor: floor)?.hasPrefix("--learning-rate-floor ") == true) }
  }
}
