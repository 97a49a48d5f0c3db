package import BoundedJSON
import DataFiles

/// What a line of a JSON Lines file holds. Fields that it does not name are other people's and are passed over.
package protocol FileRecord: Codable, Sendable {
  /// Several of them, for messages: "pairs".
  static var noun: String { get }
  /// What is wrong with the values, though each has its type; nil where they may be used.
  var fault: RecordFault? { get }
}

/// The field of a record that has a value it may not have.
package struct RecordFault: Sendable, Equatable {
  /// As in the file, with an index where it is in a list: `exemplars/2`.
  package var field: String
  /// Goes on after the field's name.
  package var detail: String

  package init(field: String, detail: String) {
    self.field = field
    self.detail = detail
  }

  static func empty(_ field: String) -> RecordFault { RecordFault(field: field, detail: "must not be empty") }

  /// The first of some fields that has no character but white space.
  static func firstBlank(_ fields: [(name: String, text: String)]) -> RecordFault? {
    fields.first { isBlank($0.text) }.map { .empty($0.name) }
  }

  static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}

/// Reads records line by line, gzip by content, and says of each mistake which file, line and field it is in.
package struct RecordReader<Record: FileRecord>: ~Copyable {
  private var lines: LineReader

  /// - Parameter path: `-` is standard input.
  package init(path: String) throws(CorpusError) {
    lines = try CorpusError.wrapping { () throws(DataFileError) in try LineReader(path: path) }
  }

  package var path: String { lines.path }
  /// Of the record last returned, from 1; blank lines count.
  package var lineNumber: Int { lines.lineNumber }

  /// The next record; nil after the last. Blank lines are passed over.
  package mutating func next() throws(CorpusError) -> Record? {
    while true {
      guard let line = try CorpusError.wrapping({ () throws(DataFileError) in try lines.next() }) else { return nil }
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let record = try Self.record(of: line, path: path, line: lineNumber)
      if let fault = record.fault {
        throw .badField(path: path, line: lineNumber, field: fault.field, detail: fault.detail)
      }
      return record
    }
  }

  private static func record(of bytes: [UInt8], path: String, line: Int) throws(CorpusError) -> Record {
    do throws(JSONError) {
      return try JSONReader.decode(Record.self, from: bytes, limits: RecordFile.lineLimits)
    } catch {
      throw .badJSON(path: path, line: line, error)
    }
  }
}

/// Writes records, one JSON object a line, gzip where the name ends in `.gz`. The file takes its place when finished.
package struct RecordWriter<Record: FileRecord>: ~Copyable {
  private var lines: LineWriter

  package init(path: String) throws(CorpusError) {
    lines = try CorpusError.wrapping { () throws(DataFileError) in try LineWriter(path: path) }
  }

  /// Records written so far.
  package var count: Int { lines.count }

  /// - Precondition: the record has no fault; a reader would refuse it.
  package mutating func write(_ record: Record) throws(CorpusError) {
    precondition(record.fault == nil, "a record of ours has no fault")
    let bytes = try RecordFile.bytes(of: record, path: lines.path)
    do throws(DataFileError) { try lines.write(bytes) } catch { throw .file(error) }
  }

  package consuming func finish() throws(CorpusError) {
    do throws(DataFileError) { try lines.finish() } catch { throw .file(error) }
  }
}

/// Whole files of records, for what fits in memory.
package enum RecordFile {
  /// The most records read into memory at once.
  package static let recordsMax = 1_000_000
  /// One line: no wider than a `LineReader` lets it be, and a flat object.
  package static let lineLimits = JSONLimits(bytesMax: LineReader.lineBytesMax, depthMax: 64, valuesMax: 65_536)
  /// A line of a journal has the values of many records.
  static let batchLimits = JSONLimits(bytesMax: LineReader.lineBytesMax, depthMax: 64, valuesMax: 1_000_000)

  /// All records, or the first `limit`.
  ///
  /// - Throws: the first thing that is wrong; `empty` where there is no record.
  package static func read<Record: FileRecord>(
    _ type: Record.Type = Record.self, path: String, limit: Int? = nil
  ) throws(CorpusError) -> [Record] {
    var reader = try RecordReader<Record>(path: path)
    var records: [Record] = []
    while records.count < limit ?? .max, let record = try reader.next() {
      if records.count == recordsMax { throw .tooMany(path: reader.path, noun: Record.noun, max: recordsMax) }
      records.append(record)
    }
    if records.isEmpty { throw .empty(path: reader.path, noun: Record.noun) }
    return records
  }

  /// Replaces a file by one with these records.
  package static func write<Record: FileRecord>(_ records: [Record], to path: String) throws(CorpusError) {
    var writer = try RecordWriter<Record>(path: path)
    for record in records { try writer.write(record) }
    try writer.finish()
  }

  /// A record as a line, without its line break.
  package static func bytes(of record: some FileRecord, path: String) throws(CorpusError) -> [UInt8] {
    do throws(JSONError) {
      return try JSONWriter.bytes(record)
    } catch {
      throw .notEncodable(path: path, reason: error.description)
    }
  }
}

extension PreferencePair: FileRecord {
  package static var noun: String { "pairs" }

  package var fault: RecordFault? {
    let texts = exemplars.enumerated().map { (name: "exemplars/\($0.offset)", text: $0.element) }
    if exemplars.isEmpty { return .empty("exemplars") }
    return RecordFault.firstBlank(
      [
        ("id", id), ("query", query), ("response_a", responseA), ("response_b", responseB), ("author", author),
        ("negative_kind", negativeKind),
      ] + texts)
  }
}
