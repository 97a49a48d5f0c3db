import BoundedJSON
import Corpora
import DataFiles
private import Glibc
package import Reports

/// The directory a run writes to: its journal while it runs, its files when it is done.
///
/// A run that finds the journal (`WorkJournal`) of one with the same settings goes on where that one was stopped; one
/// that finds another refuses.
package struct CurationDirectory: Sendable {
  /// Why a directory cannot be used.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    /// It holds finished work.
    case finished(path: String)
    case cannotRemove(path: String, reason: String)

    package var description: String {
      switch self {
      case .finished(let path): "\(path) holds finished work: give another --output, or --restart to replace it"
      case .cannotRemove(let path, let reason): "\(path) cannot be removed: \(reason)"
      }
    }
  }

  package let path: String

  /// - Parameter path: an existing directory.
  package init(path: String) { self.path = path }

  package var journalPath: String { path + "/progress.jsonl" }
  package var pairsPath: String { path + "/pairs.jsonl.gz" }
  package var tracesPath: String { path + "/traces.jsonl.gz" }
  package var droppedPath: String { path + "/dropped.jsonl.gz" }
  package var reportPath: String { path + "/report.html" }
  package var summaryPath: String { path + "/report.json" }

  /// Removes what a run writes here, answers of a service excepted: they were paid for.
  package func clear() throws {
    for name in [journalPath, pairsPath, tracesPath, droppedPath, reportPath, summaryPath]
    where unlink(name) != 0 && errno != ENOENT {
      throw Fault.cannotRemove(path: name, reason: String(cString: strerror(errno)))
    }
  }

  /// Writes the files of a finished run, each as a whole or not at all, and then removes the journal.
  ///
  /// - Parameter outcomes: in the order of their numbers.
  package func finish(_ outcomes: [CurationOutcome], summary: CurationSummary, page: HTMLReport) throws {
    try RecordFile.write(outcomes.compactMap(\.pair), to: pairsPath)
    try RecordFile.write(outcomes.compactMap { if case .kept(let trace) = $0 { trace } else { nil } }, to: tracesPath)
    try RecordFile.write(
      outcomes.compactMap { if case .dropped(let trace) = $0 { trace } else { nil } }, to: droppedPath)
    try AtomicFile.write(JSONWriter.bytes(summary, indented: true) + [UInt8(ascii: "\n")], to: summaryPath)
    for figure in page.figures { try AtomicFile.write(Array(figure.csv.utf8), to: "\(path)/\(figure.labels.name).csv") }
    // Last: who sees it may read the others.
    try AtomicFile.write(Array(page.html.utf8), to: reportPath)
    unlink(journalPath)
  }
}
