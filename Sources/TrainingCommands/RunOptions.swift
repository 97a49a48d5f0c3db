package import ArgumentParser
package import FineTuning
import Foundation
package import TrainingRecords

/// The flags of a run's folder: where it is, how it goes on, what it keeps.
package struct RunOptions: ParsableArguments {
  package init() {}

  @Option(help: "The run's folder: settings, metrics, checkpoints, the adapter, a report. Made where it is missing.")
  package var output: String

  @Flag(help: "Go on with the run that is in the folder, or begin one where it is empty.")
  package var resume = false

  @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "steps"))
  package var checkpointEvery = 25

  @Option(help: ArgumentHelp("Checkpoints kept, beside the best one.", valueName: "count"))
  package var keep = 2

  package func validate() throws {
    for (name, value) in [("checkpoint-every", checkpointEvery), ("keep", keep)] where value < 1 {
      throw ValidationError("--\(name) must be 1 or more, not \(value)")
    }
  }

  /// Opens the run's folder, cut back to its newest whole checkpoint.
  ///
  /// - Parameters:
  ///   - mayChange: settings that decide nothing a step computes.
  ///   - warn: told of what is odd but no error.
  /// - Returns: the files, and the folder of the checkpoint to go on from.
  /// - Throws: `TrainingRecordsError`.
  package func open(
    _ settings: RunSettings, mayChange: Set<String>, warn: (String) -> Void
  ) throws(TrainingRecordsError) -> (files: RunFiles, checkpoint: Checkpoint?) {
    let directory = try RunDirectory(path: output, settings: settings, resume: resume, mayChange: mayChange)
    for remark in directory.remarks { warn(remark) }
    let store = CheckpointStore(path: directory.checkpointsPath, keep: keep)
    let latest = try store.latest { warn("\($0)") }
    let files = try RunFiles(
      directory: directory, store: store, continuingAfter: latest?.step,
      clock: RunRecorder.Clock(
        time: { Date().timeIntervalSince1970 }, uptime: { ProcessInfo.processInfo.systemUptime }))
    return (files, latest)
  }
}
