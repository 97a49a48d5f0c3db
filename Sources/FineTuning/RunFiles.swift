package import Reports
package import TrainingRecords

/// The files of one run, held open by the rank that keeps them.
// SAFETY: the program opens it and hands it to the run's actor, which alone uses it until the run has ended.
package final class RunFiles: @unchecked Sendable {
  package let directory: RunDirectory
  private var recorder: RunRecorder
  private var store: CheckpointStore
  package private(set) var lastCheckpointStep: Int?

  /// Opens the files of a run, cut back to the checkpoint that it goes on from.
  package init(
    directory: consuming RunDirectory, store: consuming CheckpointStore, continuingAfter step: Int?,
    clock: RunRecorder.Clock
  ) throws(TrainingRecordsError) {
    recorder = try RunRecorder(directory: directory, continuingAfter: step, clock: clock)
    self.directory = directory
    self.store = store
    lastCheckpointStep = step
  }

  package func record(
    step: Int, values: [String: Double], texts: [String: String] = [:], distributions: [String: [Double]] = [:]
  ) throws(TrainingRecordsError) {
    try recorder.record(step: step, values: values, texts: texts, distributions: distributions)
  }

  /// Writes a checkpoint.
  ///
  /// - Parameters:
  ///   - best: what was measured, where it is the best so far.
  ///   - body: writes files into the directory it is given.
  package func checkpoint(step: Int, best: Double?, _ body: (String) throws -> Void) throws {
    try store.write(step: step, best: best.map { CheckpointManifest.Best(tag: "merit", value: $0) }) { writer in
      try body(writer.path)
    }
    lastCheckpointStep = step
  }

  /// Makes `report.html` of what is recorded so far.
  package func writeReport(_ origin: HTMLReport.Origin) throws(TrainingRecordsError) {
    try TrainingReport.write(folder: directory.path, origin: origin)
  }

  /// The checkpoint to take the result from: the best one, or the last where nothing was selected.
  package func result() throws(TrainingRecordsError) -> Checkpoint? {
    if let best = try store.best() { return best }
    return try store.latest { _ in }
  }
}
