import DataParallel
import Foundation
import Sockets
import Synchronization

/// Ranks as threads of this process, over sockets on loopback.
enum RankThreads {
  /// A port that nobody listens on, as far as the kernel knows.
  static func freePort() throws -> Int {
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    defer { listener.close() }
    return listener.address.port
  }

  static func meeting(
    rank: Int, size: Int, port: Int, token: String = "a token of tests", joinSeconds: Double = 10,
    timeoutSeconds: Double = 10
  ) -> RankMeeting {
    RankMeeting(
      rank: rank, size: size, host: "127.0.0.1", port: port, token: Array(token.utf8), joinSeconds: joinSeconds,
      timeoutSeconds: timeoutSeconds)
  }

  /// Runs `body` once per rank, each on a thread of its own, and waits for all.
  static func run<Value: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (Int) throws -> Value
  ) -> [Result<Value, any Error>] {
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
    let group = DispatchGroup()
    for rank in 0..<size {
      group.enter()
      let thread = Thread {
        let result = Result { try body(rank) }
        results.withLock { $0[rank] = result }
        group.leave()
      }
      thread.start()
    }
    group.wait()
    return results.withLock { results in (0..<size).compactMap { results[$0] } }
  }

  /// Runs `body` with a communicator per rank.
  static func communicate<Value: Sendable>(
    _ size: Int, timeoutSeconds: Double = 10, _ body: @escaping @Sendable (SocketCommunicator) throws -> Value
  ) throws -> [Result<Value, any Error>] {
    let port = try freePort()
    return run(size) { rank in
      try body(SocketCommunicator(meeting(rank: rank, size: size, port: port, timeoutSeconds: timeoutSeconds)))
    }
  }
}

/// Numbers whose sum depends on its order: of very different sizes.
enum RankNumbers {
  static func values(rank: Int, count: Int) -> [Float] {
    var state = UInt64(rank + 1) &* 0x9e37_79b9_7f4a_7c15
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let mantissa = Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
      return mantissa * Float(sign: .plus, exponent: Int(state >> 20 & 31) - 16, significand: 1)
    }
  }

  /// ((rank 0 + rank 1) + rank 2) + ...
  static func sum(size: Int, count: Int) -> [Float] {
    var sum = values(rank: 0, count: count)
    for rank in 1..<max(1, size) {
      let next = values(rank: rank, count: count)
      for index in 0..<count { sum[index] += next[index] }
    }
    return sum
  }
}
