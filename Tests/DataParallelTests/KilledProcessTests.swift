import Foundation
import Testing

/// Ranks as processes of their own, one of which is killed outright: no code of it runs any more.
@Suite(.serialized) struct KilledProcessTests {
  /// The program beside the tests.
  private static let probe = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("RankProbe")

  /// What each rank wrote, and how it ended.
  private func run(_ size: Int, _ arguments: [String]) throws -> [(text: String, process: Process)] {
    let port = try RankThreads.freePort()
    var started: [(pipe: Pipe, process: Process)] = []
    for rank in 0..<size {
      let process = Process()
      let pipe = Pipe()
      process.executableURL = Self.probe
      process.arguments = ["--count", "20000"] + arguments
      process.environment = [
        "RANK": "\(rank)", "WORLD_SIZE": "\(size)", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        "PERSRM_RANKS_TIMEOUT": "20", "PERSRM_RANKS_JOIN_TIMEOUT": "20",
      ]
      process.standardOutput = pipe
      process.standardError = pipe
      try process.run()
      started.append((pipe, process))
    }
    return started.map { pipe, process in
      let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (text, process)
    }
  }

  @Test func processesAgree() throws {
    let ranks = try run(3, [])
    let digests = ranks.map { $0.text.split(separator: " ").last.map(String.init) ?? "" }
    #expect(ranks.allSatisfy { $0.process.terminationStatus == 0 }, "\(ranks.map(\.text))")
    #expect(Set(digests).count == 1 && !digests.contains(""))
  }

  @Test(arguments: 0..<3)
  func aKilledProcessIsNamedByAllOthers(killed: Int) throws {
    for (rank, outcome) in try run(3, ["--die", "\(killed)"]).enumerated() {
      if rank == killed {
        #expect(outcome.process.terminationReason == .uncaughtSignal)
      } else {
        #expect(outcome.process.terminationStatus == 1)
        #expect(outcome.text.contains("rank \(killed) is lost"))
      }
    }
  }
}
