import BoundedJSON
import Corpora
import DataFiles

/// What a run on a directory has finished so far, on the disk.
final class CurationJournal {
  private struct Header: Codable {
    let settings: String
  }

  /// Several outcomes: cheap ones are not worth a wait for the disk each.
  private struct Batch: Codable {
    let outcomes: [NumberedOutcome]
  }

  /// A batch has the values of many traces.
  private static let batchLimits = JSONLimits(
    bytesMax: RecordFile.lineLimits.bytesMax, depthMax: RecordFile.lineLimits.depthMax, valuesMax: 1_000_000)

  private var lines: LineJournal
  /// What was in the journal when it was opened.
  let found: [NumberedOutcome]

  /// Opens a directory's journal, made where it is missing.
  ///
  /// - Parameter settings: a digest of everything that decides what comes out.
  init(_ directory: CurationDirectory, settings: String) throws {
    var found: [NumberedOutcome] = []
    var failure: CurationDirectory.Fault?
    let path = directory.journalPath
    lines = try LineJournal(path: path) { line, number in
      guard failure == nil else { return }
      do throws(JSONError) {
        if number == 1 {
          let header = try JSONReader.decode(Header.self, from: line, limits: RecordFile.lineLimits)
          if header.settings != settings { failure = .otherSettings(path: directory.path) }
        } else {
          found += try JSONReader.decode(Batch.self, from: line, limits: Self.batchLimits).outcomes
        }
      } catch {
        failure = .badRecord(path: path, line: number, reason: error.description)
      }
    }
    self.found = found
    if let failure { throw failure }
    if lines.count == 0 { try lines.append(JSONWriter.bytes(Header(settings: settings))) }
  }

  /// Adds outcomes, and waits until the disk has them.
  func append(_ outcomes: [NumberedOutcome]) throws {
    if !outcomes.isEmpty { try lines.append(JSONWriter.bytes(Batch(outcomes: outcomes))) }
  }
}
