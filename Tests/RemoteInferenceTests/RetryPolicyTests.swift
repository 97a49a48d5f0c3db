import RemoteInference
import Testing

/// Pauses: bounded, doubling, spread, the same in every run; and what servers may write in `Retry-After`.
@Suite struct RetryPolicyTests {
  let policy = RetryPolicy(pauseFirst: .seconds(1), pauseMax: .seconds(20), seed: 9)

  @Test func pausesGrowToTheirBoundAndAreSpreadOverIt() {
    for (attempts, bound) in [(1, 1.0), (2, 2), (3, 4), (5, 16), (6, 20), (40, 20), (Int.max, 20)] {
      let pauses = (0..<400).map {
        policy.pause(afterAttempts: attempts, retryAfter: nil, request: UInt64($0)) / .seconds(1)
      }
      #expect(pauses.allSatisfy { $0 >= 0 && $0 < bound })
      let mean = pauses.reduce(0, +) / 400
      #expect(abs(mean / bound - 0.5) < 0.06, "mean \(mean) of \(bound)")
    }
  }

  @Test func aPauseDependsOnRequestAttemptAndSeedOnly() {
    let pause = policy.pause(afterAttempts: 3, retryAfter: nil, request: 5)
    #expect(pause == policy.pause(afterAttempts: 3, retryAfter: nil, request: 5))
    #expect(pause != policy.pause(afterAttempts: 3, retryAfter: nil, request: 6))
    #expect(pause != RetryPolicy(pauseFirst: .seconds(1)).pause(afterAttempts: 3, retryAfter: nil, request: 5))
  }

  @Test func theServersTimeIsTheLeast() {
    for request in 0..<100 {
      let pause = policy.pause(afterAttempts: 9, retryAfter: .seconds(30), request: UInt64(request))
      #expect(pause >= .seconds(30) && pause < .seconds(31))
    }
  }

  @Test(arguments: [
    ("7", 7.0), ("0", 0), ("1.5", 1.5), ("999999999", 86_400), ("Tue, 14 Nov 2023 22:13:30 GMT", 10),
    ("Tue, 14 Nov 2023 22:13:00 GMT", 0), ("Tuesday, 14-Nov-23 22:13:30 GMT", 10),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
  ]) func readsSecondsAndDates(text: String, seconds: Double) {
    #expect(RetryAfter.duration(in: ["retry-after": text], wallSeconds: 1_700_000_000) == .seconds(seconds))
  }

  @Test func prefersMilliseconds() {
    let fields = ["retry-after": "7", "retry-after-ms": "250"]
    #expect(RetryAfter.duration(in: fields, wallSeconds: 0) == .milliseconds(250))
  }

  @Test(arguments: ["", "-1", "soon", "nan", "inf", "Tue, 14 Nov 2023"]) func ignoresWhatItCannotRead(text: String) {
    #expect(RetryAfter.duration(in: ["retry-after": text], wallSeconds: 0) == nil)
  }
}
