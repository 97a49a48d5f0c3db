import Foundation
import Kernels
import Synchronization
import Testing

/// Parallel regions: each part once, none after the region's end, whatever else runs.
@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyPartRunsOnceInEveryRegion(threads: Int) {
    let parallel = ParallelFor(threads: threads)
    for region in 0..<5_000 {
      let parts = 1 + region % 37
      let mask = Atomic<UInt64>(0)
      let count = Atomic<Int>(0)
      parallel(parts: parts) { part in
        mask.bitwiseOr(1 << UInt64(part), ordering: .relaxed)
        count.add(1, ordering: .relaxed)
      }
      #expect(count.load(ordering: .relaxed) == parts)
      #expect(mask.load(ordering: .relaxed) == (1 << UInt64(parts)) - 1)
    }
  }

  @Test func callersThatMeetInOnePoolEachGetTheirOwnParts() async {
    let sums = await withTaskGroup(of: Int.self) { group in
      for caller in 0..<4 {
        group.addTask {
          let parallel = ParallelFor(threads: 2)
          let sum = Atomic<Int>(0)
          for _ in 0..<2_000 { parallel(parts: 5) { sum.add($0 + caller, ordering: .relaxed) } }
          return sum.load(ordering: .relaxed) - 2_000 * 5 * caller
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums == Array(repeating: 20_000, count: 4))
  }

  @Test func workersThatSleepAreWoken() {
    let parallel = ParallelFor(threads: 2)
    for _ in 0..<20 {
      let done = Atomic<Int>(0)
      parallel(parts: 64) { _ in done.add(1, ordering: .relaxed) }
      #expect(done.load(ordering: .relaxed) == 64)
      usleep(3_000)  // Longer than a worker looks for work.
    }
  }

  @Test func morePartsThanARegionHoldsRunAll() {
    let count = Atomic<Int>(0)
    ParallelFor(threads: 2)(parts: 200_001) { _ in count.add(1, ordering: .relaxed) }
    #expect(count.load(ordering: .relaxed) == 200_001)
  }
}
