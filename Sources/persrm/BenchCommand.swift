import ArgumentParser
import Benchmarking
import Commands
import Foundation

/// `persrm bench`: how fast this build is on this machine.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast this build is on this machine.",
    discussion: """
      Each prints a table: medians of repeats, and the share of what the machine allows, which is measured first.

      Example:
        persrm bench engine --json engine.json
        persrm bench engine --baseline Benchmarks/engine.json
      """,
    subcommands: [
      BenchKernelsCommand.self, BenchEngineCommand.self, BenchScoreCommand.self, BenchProfileCommand.self,
      BenchTrainCommand.self,
    ])
}

/// The flags that every benchmark has, and what is done with a record.
struct BenchOptions: ParsableArguments {
  @Option(help: "Repeats of each measurement; the table shows medians. (default: kernels 25, profile 1, others 3)")
  var repeats: Int?

  @Option(help: ArgumentHelp("Write the record to this file too.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Compare with an earlier record; exit with status 1 where a row is more than 10 % worse.", valueName: "file"))
  var baseline: String?

  func validate() throws {
    if let repeats, !(1...Stopwatch.repeatsMax).contains(repeats) {
      throw ValidationError("--repeats must be in 1...\(Stopwatch.repeatsMax), not \(repeats)")
    }
  }

  /// Progress on standard error.
  func makeProgress() -> BenchmarkProgress {
    BenchmarkProgress(isTerminal: isatty(STDERR_FILENO) == 1) { FileHandle.standardError.write(Data($0.utf8)) }
  }

  /// The baseline, read before anything is measured, so that a mistake is found at once.
  func readBaseline() throws -> BenchmarkRecord? {
    guard let baseline else { return nil }
    do {
      return try BenchmarkRecord(bytes: [UInt8](Data(contentsOf: URL(filePath: baseline))))
    } catch let error as BenchmarkError {
      throw ValidationError("--baseline \(baseline): \(error)")
    } catch {
      throw ValidationError("--baseline \(baseline): \(error.localizedDescription)")
    }
  }

  /// Measures the machine.
  func machine(threads: Int) -> Machine {
    let progress = makeProgress()
    progress.step(0, of: 1, "the machine")
    defer { progress.end() }
    return MachineProbe(threads: threads).measure()
  }

  /// Everything but the rows.
  func origin(machine: Machine, model: String, precision: String?, threads: Int?) -> BenchmarkRecord.Origin {
    BenchmarkRecord.Origin(
      date: Date().formatted(.iso8601), commit: BuildInfo.commit, version: BuildInfo.version, machine: machine,
      model: model, precision: precision, threads: threads)
  }

  /// Prints a record, saves it, and holds it against the baseline.
  ///
  /// - Throws: `ExitCode.failure` where a row has become too slow.
  func report(_ record: BenchmarkRecord, baseline: BenchmarkRecord?) throws {
    print(record.table)
    if let json { try Data(record.bytes).write(to: URL(filePath: json), options: .atomic) }
    guard let baseline else { return }
    let comparison = try BaselineComparison(record, against: baseline)
    print("\n" + comparison.text)
    if !comparison.regressions.isEmpty { throw ExitCode.failure }
  }
}
