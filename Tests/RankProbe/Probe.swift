import DataParallel
import Foundation
import Glibc

/// One rank of a run that does nothing but talk: what the tests start under real launchers, or kill.
///
///     RankProbe [--count NUMBERS] [--die RANK] [--hang RANK] [--differ RANK]
///
/// Prints one line, "rank 1 of 3 over ...: DIGEST", where the digest is that of all sums; it ends with status 1 and a
/// message where anything is not as it should be. `--die`: that rank kills itself between two calls. `--hang`: it does
/// nothing more until it is killed. `--differ`: it calls something else than the others.
@main struct Probe {
  static func main() {
    do {
      try run(Options(CommandLine.arguments.dropFirst()))
    } catch {
      write("RankProbe: \(error)\n", to: STDERR_FILENO)
      // Not through `finish`: a rank that failed just ends, and the launcher or the connection tells the others.
      exit(1)
    }
  }

  private struct Options {
    var count = 100_003
    var die: Int?
    var hang: Int?
    var differ: Int?

    init(_ arguments: ArraySlice<String>) throws {
      var rest = arguments
      while let flag = rest.popFirst() {
        guard let value = rest.popFirst().flatMap({ Int($0) }) else { throw Failure(reason: "\(flag) needs a number") }
        switch flag {
        case "--count": count = value
        case "--die": die = value
        case "--hang": hang = value
        case "--differ": differ = value
        default: throw Failure(reason: "unknown flag \(flag)")
        }
      }
    }
  }

  private struct Failure: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
  }

  private static func run(_ options: Options) throws {
    let ranks = try Ranks.fromEnvironment(ProcessInfo.processInfo.environment).connect()
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for count in [0, 1, 17, options.count] {
      var values = RankNumbers.values(rank: ranks.rank, count: count)
      try ranks.allReduceSum(&values)
      let expected = RankNumbers.sum(size: ranks.size, count: count)
      guard values.elementsEqual(expected, by: { $0.bitPattern == $1.bitPattern }) else {
        throw Failure(reason: "the sum of \(count) numbers is not the one in rank order")
      }
      for value in values { digest = (digest ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3 }
    }
    if options.die == ranks.rank { kill(getpid(), SIGKILL) }
    if options.hang == ranks.rank { while true { pause() } }
    if options.differ == ranks.rank { _ = try ranks.allGather([]) } else { try ranks.barrier() }
    for root in 0..<ranks.size {
      let own = [UInt8](repeating: UInt8(truncatingIfNeeded: ranks.rank), count: options.count + ranks.rank)
      let expected = [UInt8](repeating: UInt8(truncatingIfNeeded: root), count: options.count + root)
      guard try ranks.broadcast(own, from: root) == expected else {
        throw Failure(reason: "the broadcast from rank \(root) brought other bytes")
      }
    }
    let blobs = (0..<ranks.size).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 40_000 * $0) }
    guard try ranks.allGather(blobs[ranks.rank]) == blobs else { throw Failure(reason: "gathered other bytes") }
    guard try ranks.sums(of: [1, Double(ranks.rank)])[0] == Double(ranks.size) else {
      throw Failure(reason: "the sums in double precision are wrong")
    }
    try ranks.finish()
    let line = "rank \(ranks.rank) of \(ranks.size) over \(ranks.transport): \(String(digest, radix: 16))\n"
    write(line, to: STDOUT_FILENO)
  }

  /// In one piece, so that the lines of several ranks do not mix.
  private static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
