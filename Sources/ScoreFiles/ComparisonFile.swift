package import BoundedJSON
import DataFiles
import ScoringAPI

/// Reads a JSON Lines file of comparisons, plain or gzip, or standard input.
///
/// The whole file is read and checked before anything is judged: a mistake on the last line is found in a second, not
/// after a night, and the number of comparisons is known to the progress bar. Each text is held once.
package struct ComparisonFile: Sendable {
  /// The most comparisons of one run: at ten kilobytes each they take as many gigabytes.
  package static let recordsMax = 1_000_000
  /// One line: no wider than `LineReader` lets it be, and flat.
  package static let lineLimits = JSONLimits(bytesMax: LineReader.lineBytesMax, depthMax: 64, valuesMax: 65_536)

  package var fields: ComparisonFields
  /// Read only the first so many; nil reads all.
  package var limit: Int?

  package init(fields: ComparisonFields = ComparisonFields(), limit: Int? = nil) {
    self.fields = fields
    self.limit = limit
  }

  /// The comparisons in their order. Blank lines are passed over.
  ///
  /// - Parameter path: `-` is standard input.
  /// - Throws: the first thing that is wrong, with its line and field.
  package func read(path: String) throws(ScoreFileError) -> [ComparisonRecord] {
    var reader = try ScoreFileError.wrapping { () throws(DataFileError) in try LineReader(path: path) }
    var records: [ComparisonRecord] = []
    while records.count < limit ?? .max,
      let line = try ScoreFileError.wrapping({ () throws(DataFileError) in try reader.next() })
    {
      if Self.isBlank(line) { continue }
      if records.count == Self.recordsMax { throw .tooMany(path: reader.path, max: Self.recordsMax) }
      records.append(try record(of: line, index: records.count, line: reader.lineNumber, path: reader.path))
    }
    if records.isEmpty { throw .empty(path: reader.path) }
    return records
  }

  /// One comparison from a file that holds a single JSON object, over as many lines as it likes.
  package func readOne(path: String) throws(ScoreFileError) -> ComparisonRecord {
    var reader = try ScoreFileError.wrapping { () throws(DataFileError) in try LineReader(path: path) }
    var document: [UInt8] = []
    while let line = try ScoreFileError.wrapping({ () throws(DataFileError) in try reader.next() }) {
      document += line + [UInt8(ascii: "\n")]
      if document.count > LineReader.lineBytesMax {
        throw .file(.lineTooLong(path: reader.path, line: 1, bytesMax: LineReader.lineBytesMax))
      }
    }
    return try record(of: document, index: 0, line: 1, path: reader.path)
  }

  private func record(
    of document: [UInt8], index: Int, line: Int, path: String
  ) throws(ScoreFileError) -> ComparisonRecord {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.value(document, limits: Self.lineLimits)
    } catch {
      throw .badJSON(path: path, line: line, error)
    }
    do throws(APIError) {
      return ComparisonRecord(
        index: index, line: line, id: try fields.id(of: value), request: try fields.request(of: value),
        preferred: try fields.preferred(of: value))
    } catch {
      // The first fault is enough to find the line; the next run finds the next.
      let fault = error.fields.first ?? FieldError(pointer: "", detail: "is not a comparison")
      throw .badComparison(path: path, line: line, fault)
    }
  }

  private static func isBlank(_ line: [UInt8]) -> Bool {
    line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
  }
}
