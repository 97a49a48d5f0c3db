import Benchmarking
import Synchronization
import Testing

/// Medians, quantiles and the timing loop, on a clock of the test's own.
@Suite struct MeasurementTests {
  @Test func theMedianOfAnEvenCountLiesBetweenTheMiddleTwo() throws {
    #expect(try #require(Measurement([4, 1, 3, 2])).median == 2.5)
    #expect(try #require(Measurement([9, 1, 5])).median == 5)
    #expect(try #require(Measurement([7])).median == 7)
  }

  @Test func p99IsTheSlowEndWhicheverWayGoodLies() throws {
    let measurement = try #require(Measurement((0...100).map(Double.init)))
    #expect(measurement.p99(.higher) == 1)
    #expect(measurement.p99(.lower) == 99)
    #expect(measurement.p99(.none) == 99)
  }

  @Test func quantilesDoNotDependOnTheOrderOfTheRepeats() throws {
    let values = [3.0, 8, 1, 9, 4, 4]
    let shuffled = try #require(Measurement([9, 4, 1, 4, 8, 3]))
    for share in [0, 0.1, 0.5, 0.95, 1] {
      #expect(try #require(Measurement(values)).quantile(share) == shuffled.quantile(share))
    }
    #expect(shuffled.quantile(0) == 1)
    #expect(shuffled.quantile(1) == 9)
  }

  @Test(arguments: [[], [.nan], [1, .infinity]] as [[Double]])
  func anUnknownSpeedIsNotANumber(_ values: [Double]) { #expect(Measurement(values) == nil) }

  @Test func warmUpsRunAndAreNotCounted() {
    let clock = Atomic<Int>(0)
    nonisolated(unsafe) var (runs, preparations) = (0, 0)
    let seconds = Stopwatch(warmUps: 2, repeats: 3, now: { Double(clock.load(ordering: .relaxed)) }).seconds(
      prepare: {
        preparations += 1
        clock.add(1000, ordering: .relaxed)
      },
      {
        runs += 1
        clock.add(runs, ordering: .relaxed)
      })
    #expect(seconds == [3, 4, 5])
    #expect(preparations == 5)
  }
}
