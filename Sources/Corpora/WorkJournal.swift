import BoundedJSON
import DataFiles

/// What a long run has finished so far, on the disk: records that a later run with the same settings goes on from.
///
/// The first line is a digest of everything that decides what comes out, so that no journal ever holds the work of two
/// settings. Records are written in batches, since one that costs little is not worth a wait for the disk.
package final class WorkJournal<Record: Codable & Sendable> {
  /// Why a journal cannot be gone on from.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    /// It holds work begun with other settings.
    case otherSettings(path: String)
    case badRecord(path: String, line: Int, reason: String)

    package var description: String {
      switch self {
      case .otherSettings(let path):
        "\(path) was begun with other settings or other input: give the same ones, another --output, or --restart"
      case .badRecord(let path, let line, let reason): "\(path), line \(line): \(reason)"
      }
    }
  }

  private struct Header: Codable {
    let settings: String
  }

  private struct Batch: Codable {
    let records: [Record]
  }

  private var lines: LineJournal
  private let batchSize: Int
  private var batch: [Record] = []
  /// What was in the journal when it was opened.
  package let found: [Record]

  /// - Parameters:
  ///   - settings: a digest of everything that decides what comes out.
  ///   - batchSize: records that are written together, 1 or more.
  package init(path: String, settings: String, batchSize: Int = 1) throws {
    var found: [Record] = []
    var failure: Fault?
    lines = try LineJournal(path: path) { line, number in
      guard failure == nil else { return }
      do throws(JSONError) {
        if number == 1 {
          let header = try JSONReader.decode(Header.self, from: line, limits: RecordFile.lineLimits)
          if header.settings != settings { failure = .otherSettings(path: path) }
        } else {
          found += try JSONReader.decode(Batch.self, from: line, limits: RecordFile.batchLimits).records
        }
      } catch {
        failure = .badRecord(path: path, line: number, reason: error.description)
      }
    }
    self.found = found
    self.batchSize = batchSize
    if let failure { throw failure }
    if lines.count == 0 { try lines.append(JSONWriter.bytes(Header(settings: settings))) }
  }

  /// Adds a record; it is on the disk when its batch is full, or after `flush`.
  package func append(_ record: Record) throws {
    batch.append(record)
    if batch.count >= batchSize { try flush() }
  }

  /// Writes what has not been written yet, and waits until the disk has it.
  package func flush() throws {
    if batch.isEmpty { return }
    try lines.append(JSONWriter.bytes(Batch(records: batch)))
    batch = []
  }
}
