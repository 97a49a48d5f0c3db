import DataParallel
import Foundation
import Sockets
import Synchronization

/// Something to wait for in a thread: closed until it is opened, then open for ever.
final class Gate: Sendable {
  private let condition = NSCondition()
  private let isOpen = Mutex(false)

  func open() {
    condition.lock()
    isOpen.withLock { $0 = true }
    condition.broadcast()
    condition.unlock()
  }

  func wait() {
    condition.lock()
    while !isOpen.withLock({ $0 }) { condition.wait() }
    condition.unlock()
  }
}

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
