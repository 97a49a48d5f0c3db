import Corpora

/// A run on a directory: goes on where an earlier one was stopped, and keeps what is finished.
package final class CurationJob {
  private let run: CurationRun
  private let directory: CurationDirectory
  private let settings: String
  private let concurrency: Int
  private let batchSize: Int

  /// - Parameters:
  ///   - settings: a digest of everything that decides what comes out.
  ///   - concurrency: drafts at once.
  ///   - batchSize: outcomes that are written to the journal together: more where each costs little.
  package init(run: CurationRun, directory: CurationDirectory, settings: String, concurrency: Int, batchSize: Int) {
    self.run = run
    self.directory = directory
    self.settings = settings
    self.concurrency = concurrency
    self.batchSize = batchSize
  }

  /// All outcomes, in the order of the drafts.
  ///
  /// - Parameter progress: called after each, with how many are done, how many of these were found in the journal, and
  ///   what there is to say beside.
  package func outcomes(
    progress: (_ done: Int, _ resumed: Int, _ notes: [String]) -> Void
  ) async throws -> [CurationOutcome] {
    let journal = try WorkJournal<NumberedOutcome>(
      path: directory.journalPath, settings: settings, batchSize: batchSize)
    var known = journal.found
    let resumed = known.count
    var kept = known.count { if case .kept = $0.outcome { true } else { false } }
    func note() -> [String] { known.isEmpty ? [] : ["kept \(100 * kept / known.count) %"] }
    progress(known.count, resumed, note())
    do {
      try await run.run(except: Set(known.map(\.number)), concurrency: concurrency) { outcome in
        known.append(outcome)
        if case .kept = outcome.outcome { kept += 1 }
        try journal.append(outcome)
        progress(known.count, resumed, note())
      }
    } catch {
      // What is finished is kept, whatever ended the run.
      try journal.flush()
      throw error
    }
    try journal.flush()
    return known.sorted { $0.number < $1.number }.map(\.outcome)
  }
}
