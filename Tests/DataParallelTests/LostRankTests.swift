import DataParallel
import Sockets
import Synchronization
import Testing

/// What the others see of a rank that is gone, hangs or never comes. Each test also is a test that it ends.
@Suite(.serialized) struct LostRankTests {
  @Test(arguments: 0..<3)
  func aRankThatLeavesIsAnErrorOnAllOthers(leaving: Int) throws {
    let start = ContinuousClock.now
    let results = try RankThreads.communicate(3, timeoutSeconds: 30) { ranks in
      try ranks.barrier()
      // The communicator is let go without a word, as when its process dies.
      if ranks.rank == leaving { return }
      var values = [Float](repeating: 1, count: 2_000_000)
      try ranks.allReduceSum(&values)
    }
    #expect(ContinuousClock.now - start < .seconds(10))
    for (rank, result) in results.enumerated() where rank != leaving {
      switch result.error {
      case .lost(let lost, _)?: #expect(lost == leaving)
      case .aborted(by: 0, let reason)?: #expect(reason.contains("rank \(leaving) is lost"))
      default: Issue.record("rank \(rank): \(result)")
      }
    }
  }

  @Test func aRankThatHangsIsAnErrorOnAllOthersInTime() throws {
    let gate = Gate()
    let results = try RankThreads.communicate(3, timeoutSeconds: 1) { ranks in
      try ranks.barrier()
      if ranks.rank == 1 { gate.wait() }
      defer { if ranks.rank == 2 { gate.open() } }
      try ranks.barrier()
    }
    #expect(results[0].error == .timedOut(rank: 1, operation: "barrier as call 1", seconds: 1))
    for result in results.dropFirst() {
      guard case .aborted(by: 0, let reason)? = result.error else {
        Issue.record("\(result)")
        continue
      }
      #expect(reason == "barrier as call 1: nothing from rank 1 for 1.0 s")
    }
  }

  @Test func aHangingFirstRankIsAnErrorOnTheOthers() throws {
    let gate = Gate()
    let results = try RankThreads.communicate(2, timeoutSeconds: 1) { ranks in
      try ranks.barrier()
      if ranks.rank == 0 { return gate.wait() }
      defer { gate.open() }
      try ranks.barrier()
    }
    #expect(results[1].error == .timedOut(rank: 0, operation: "barrier as call 1", seconds: 3))
  }

  @Test func ranksThatNeverComeAreNamed() throws {
    let port = try RankThreads.freePort()
    let results = RankThreads.run(2) { rank in
      _ = try SocketCommunicator(RankThreads.meeting(rank: rank, size: 4, port: port, joinSeconds: 1.5))
    }
    guard case .rendezvous(let address, let reason)? = results[0].error else {
      Issue.record("\(results[0])")
      return
    }
    #expect(address == "127.0.0.1:\(port)")
    #expect(reason == "after 1.5 s still without ranks 2, 3 of 4")
    guard case .aborted(by: 0, let told)? = results[1].error else {
      Issue.record("\(results[1])")
      return
    }
    #expect(told.contains("still without ranks 2, 3 of 4"))
  }

  @Test func aFirstRankThatNeverComesIsAnError() throws {
    let port = try RankThreads.freePort()
    #expect {
      _ = try SocketCommunicator(RankThreads.meeting(rank: 1, size: 2, port: port, joinSeconds: 0.3))
    } throws: { error in
      guard case .rendezvous(_, let reason)? = error as? CommunicationError else { return false }
      return reason.hasPrefix("rank 1 could not reach rank 0 within 0.3 s: connect: ECONNREFUSED")
    }
  }

  @Test func whoDoesNotKnowTheTokenIsTurnedAway() throws {
    let port = try RankThreads.freePort()
    let results = RankThreads.run(2) { rank in
      _ = try SocketCommunicator(
        RankThreads.meeting(
          rank: rank, size: 2, port: port, token: rank == 0 ? "the right one" : "a wrong one", joinSeconds: 2))
    }
    guard case .rendezvous(_, let refused)? = results[1].error else {
      Issue.record("\(results[1])")
      return
    }
    #expect(refused == "rank 0 has another PERSRM_RANKS_TOKEN than rank 1")
    guard case .rendezvous(_, let reason)? = results[0].error else {
      Issue.record("\(results[0])")
      return
    }
    #expect(reason.hasPrefix("after 2.0 s still without rank 1 of 2; 1 connections turned away, the last 127.0.0.1:"))
    #expect(reason.hasSuffix("its PERSRM_RANKS_TOKEN is not ours"))
  }

  @Test func strangersDoNotKeepTheRanksFromMeeting() throws {
    let port = try RankThreads.freePort()
    let gates = [Gate(), Gate()]
    // Kept open, so that those who say nothing stay.
    let guests = Mutex<[Socket]>([])
    let results = RankThreads.run(4) { rank in
      if rank > 1 {
        // Callers that talk nonsense or say nothing at all, from as soon as the first rank listens.
        defer { gates[rank - 2].open() }
        var sockets: [Socket] = []
        let start = ContinuousClock.now
        while sockets.count < 20, .now < start + .seconds(5) {
          guard let socket = try? Socket.connect(host: "127.0.0.1", port: port) else { continue }
          if rank == 2 { _ = try? socket.write([UInt8]("GET / HTTP/1.1\r\nHost: example\r\n\r\n".utf8), from: 0) }
          if rank == 2 { _ = try? socket.write([UInt8](repeating: 7, count: 100), from: 0) }
          sockets.append(socket)
        }
        guests.withLock { $0 += sockets }
        return sockets.count == 20
      }
      // Rank 1 comes last.
      if rank == 1 { for gate in gates { gate.wait() } }
      let ranks = try SocketCommunicator(RankThreads.meeting(rank: rank, size: 2, port: port))
      let sums = try ranks.sums(of: [Double(rank + 1)])
      try ranks.finish()
      return sums == [3]
    }
    for result in results { #expect(try result.get()) }
  }

  @Test func twoRanksOfOneNumberAreRefused() throws {
    let port = try RankThreads.freePort()
    let results = RankThreads.run(3) { thread in
      let rank = min(thread, 1)
      _ = try SocketCommunicator(RankThreads.meeting(rank: rank, size: 3, port: port, joinSeconds: 5))
    }
    guard case .rendezvous(_, let reason)? = results[0].error else {
      Issue.record("\(results[0])")
      return
    }
    #expect(reason == "two processes say that they are rank 1 of 3")
    let told = results.dropFirst().map { $0.error.map { "\($0)" } ?? "" }
    #expect(told.contains { $0.contains("rank 0 gave up") && $0.contains("two processes say") })
    #expect(told.contains { $0.contains("another process has joined as rank 1 already") })
  }

  @Test func ranksThatDifferInTheirNumberAreRefused() throws {
    let port = try RankThreads.freePort()
    let results = RankThreads.run(2) { rank in
      _ = try SocketCommunicator(RankThreads.meeting(rank: rank, size: 2 + 2 * rank, port: port, joinSeconds: 5))
    }
    guard case .rendezvous(_, let reason)? = results[0].error, case .rendezvous(_, let told)? = results[1].error else {
      Issue.record("\(results)")
      return
    }
    #expect(reason == "rank 1 was started as one of 4 ranks, rank 0 as one of 2")
    #expect(told == "rank 1 is one of 4 ranks, rank 0 one of 2")
  }

  @Test func aPortOfAnotherProgramIsSaid() throws {
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    let port = listener.address.port
    let gate = Gate()
    let results = RankThreads.run(3) { thread in
      if thread == 2 {
        // Another program, which greets in its own way.
        while true {
          guard let socket = try listener.accept() else { continue }
          _ = try? socket.write([UInt8](repeating: 65, count: 64), from: 0)
          return gate.wait()
        }
      }
      defer { if thread == 1 { gate.open() } }
      _ = try SocketCommunicator(RankThreads.meeting(rank: thread, size: 2, port: port, joinSeconds: 2))
    }
    guard case .rendezvous(_, let first)? = results[0].error, case .rendezvous(_, let other)? = results[1].error else {
      Issue.record("\(results)")
      return
    }
    #expect(first.hasPrefix("port \(port) is taken by another program"))
    #expect(other.hasPrefix("another program listens there"))
  }
}
