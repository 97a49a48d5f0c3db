import DataParallel
import RankProbe
import Synchronization
import Testing

@Suite(.serialized) struct SocketCommunicatorTests {
  @Test(arguments: [2, 3, 5])
  func sumsInRankOrderToTheBit(size: Int) throws {
    // The last is more than one piece of a message, and not a whole number of them.
    let counts = [0, 1, 17, 300_001]
    let results = try RankThreads.communicate(size) { ranks in
      var sums: [[UInt32]] = []
      for count in counts {
        var values = RankNumbers.values(rank: ranks.rank, count: count)
        try ranks.allReduceSum(&values)
        sums.append(values.map(\.bitPattern))
      }
      try ranks.finish()
      return sums
    }
    let expected = counts.map { RankNumbers.sum(size: size, count: $0).map(\.bitPattern) }
    #expect(results.count == size)
    for result in results { #expect(try result.get() == expected) }
  }

  @Test func sumsAMillionNumbers() throws {
    let results = try RankThreads.communicate(2) { ranks in
      var values = [Float](repeating: Float(ranks.rank + 1) / 3, count: 1_000_000)
      try ranks.allReduceSum(&values)
      try ranks.finish()
      return values.allSatisfy { $0 == Float(1) / 3 + Float(2) / 3 }
    }
    for result in results { #expect(try result.get()) }
  }

  @Test func orderMattersForTheNumbersOfTheseTests() {
    let inOrder = RankNumbers.sum(size: 3, count: 1_000)
    let parts = (0..<3).map { RankNumbers.values(rank: $0, count: 1_000) }
    let otherwise = (0..<1_000).map { parts[0][$0] + (parts[1][$0] + parts[2][$0]) }
    #expect(inOrder != otherwise)
  }

  @Test(arguments: [2, 3, 5])
  func broadcastsFromEveryRank(size: Int) throws {
    let results = try RankThreads.communicate(size) { ranks in
      var heard: [[UInt8]] = []
      for root in 0..<size {
        let own = [UInt8](repeating: UInt8(ranks.rank + 1), count: [0, 1, 1_500_000, 3, 5][ranks.rank])
        heard.append(try ranks.broadcast(own, from: root))
      }
      try ranks.finish()
      return heard.map { [Int($0.first ?? 0), Int($0.last ?? 0), $0.count] }
    }
    let expected = [[0, 0, 0], [2, 2, 1], [3, 3, 1_500_000], [4, 4, 3], [5, 5, 5]]
    for result in results { #expect(try result.get() == Array(expected.prefix(size))) }
  }

  @Test(arguments: [2, 3, 5])
  func gathersWhatEachRankHas(size: Int) throws {
    let results = try RankThreads.communicate(size) { ranks in
      let own = [UInt8](repeating: UInt8(ranks.rank), count: ranks.rank == 1 ? 0 : 100_000 * ranks.rank + 1)
      let gathered = try ranks.allGather(own)
      let sums = try ranks.sums(of: [Double(ranks.rank), 0.25])
      let flags = [try ranks.any(ranks.rank == size - 1), try ranks.any(false)]
      try ranks.barrier()
      try ranks.finish()
      return (0..<size).allSatisfy {
        gathered[$0] == [UInt8](repeating: UInt8($0), count: $0 == 1 ? 0 : 100_000 * $0 + 1)
      } && sums == [Double(size * (size - 1) / 2), 0.25 * Double(size)] && flags == [true, false]
    }
    for result in results { #expect(try result.get()) }
  }

  @Test func aBarrierHoldsUntilAllAreThere() throws {
    let arrivals = Atomic<Int>(0)
    let results = try RankThreads.communicate(3) { ranks in
      for round in 1...100 {
        arrivals.add(1, ordering: .sequentiallyConsistent)
        try ranks.barrier()
        if arrivals.load(ordering: .sequentiallyConsistent) < 3 * round { return false }
      }
      return true
    }
    for result in results { #expect(try result.get()) }
  }

  @Test func ranksThatCallDifferentThingsAreToldWhich() throws {
    let results = try RankThreads.communicate(3) { ranks in
      var values = [Float](repeating: 1, count: ranks.rank == 2 ? 5 : 4)
      try ranks.allReduceSum(&values)
    }
    #expect(
      results[0].error
        == .mismatch(
          rank: 2, theirs: "allReduceSum of 5 numbers as call 0", ours: "allReduceSum of 4 numbers as call 0"))
    for result in results.dropFirst() {
      guard case .aborted(by: 0, let reason)? = result.error else {
        Issue.record("\(result)")
        continue
      }
      #expect(reason.contains("rank 2 calls allReduceSum of 5 numbers as call 0"))
    }
  }

  @Test func settingsThatDifferAreAnErrorOnAllRanks() throws {
    let results = try RankThreads.communicate(3) { ranks in
      try ranks.requireEqual([ranks.rank == 1 ? 1 : 0], naming: "the seed")
    }
    for result in results {
      #expect(result.error == .mismatch(rank: 1, theirs: "with the seed of its own", ours: "with that of rank 0"))
    }
  }

  @Test func nothingIsDoneAfterAnErrorOrTheEnd() throws {
    let results = try RankThreads.communicate(2) { ranks in
      if ranks.rank == 1 {
        try? ranks.barrier()
      } else {
        _ = try? ranks.allGather([])
      }
      try ranks.barrier()
    }
    for result in results { #expect(result.error == .ended) }
    let finished = try RankThreads.communicate(2) { ranks in
      try ranks.finish()
      try ranks.barrier()
    }
    for result in finished { #expect(result.error == .ended) }
  }
}

extension Result where Failure == any Error {
  /// The error of communication, if that is what it is.
  var error: CommunicationError? {
    if case .failure(let error) = self { error as? CommunicationError } else { nil }
  }
}
