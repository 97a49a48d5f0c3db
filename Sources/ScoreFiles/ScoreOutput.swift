import BoundedJSON
import DataFiles
import Glibc

/// The file of answers: continues an earlier run's, or refuses to.
///
/// A line is written with one system call once its answer is complete, in the input's order, so at any moment the
/// file is a whole number of lines and at most one half line, and a later run can go on from there. The disk is
/// waited for at the end and at most every `synchroniseSeconds` in between: a power cut costs that much work at most.
package struct ScoreOutput: ~Copyable {
  /// How long answers may be in the system's memory only.
  static let synchroniseSeconds = 5.0

  private let file: SystemFile
  private let isRegular: Bool
  private let now: () -> Double
  private var synchronisedAt: Double
  /// What the answers of an earlier run add to the summary, in order; the run goes on behind them.
  package let resumed: [ScoreOutcome]

  /// Writes to standard output, where nothing can be continued.
  ///
  /// - Parameter now: seconds on any clock that does not go back.
  package init(standardOutputWithClock now: @escaping () -> Double) {
    file = SystemFile(borrowing: STDOUT_FILENO, name: "standard output")
    isRegular = false
    resumed = []
    self.now = now
    synchronisedAt = now()
  }

  /// Opens a file, and checks each complete line in it against the input. A half line at its end is cut off. What is no
  /// regular file, such as a named pipe, is only written to.
  ///
  /// - Parameters:
  ///   - records: the whole input.
  ///   - scorerVersion: of the judge; a line that another one answered is refused.
  ///   - now: seconds on any clock that does not go back.
  /// - Throws: `cannotResume` where the file has something else in it; the file is then untouched.
  package init(
    path: String, records: [ComparisonRecord], scorerVersion: String, now: @escaping () -> Double
  ) throws(ScoreFileError) {
    let file = try ScoreFileError.wrapping { () throws(DataFileError) in try SystemFile(updating: path) }
    guard file.lockExclusively() else { throw .file(.inUse(path: path)) }
    let isRegular = file.isRegular
    var scanner = OutputScanner(path: path, records: records, scorerVersion: scorerVersion)
    if isRegular {
      while true {
        let piece = try ScoreFileError.wrapping { () throws(DataFileError) in try file.read(1 << 20) }
        if piece.isEmpty { break }
        try scanner.take(piece)
      }
      try scanner.checkTail()
      let bytes = scanner.completeBytes
      try ScoreFileError.wrapping { () throws(DataFileError) in try file.truncate(to: bytes) }
    }
    resumed = scanner.outcomes
    self.file = file
    self.isRegular = isRegular
    self.now = now
    synchronisedAt = now()
  }

  mutating func write(_ line: [UInt8]) throws(ScoreFileError) {
    try ScoreFileError.wrapping { () throws(DataFileError) in try file.write(line) }
    if now() - synchronisedAt >= Self.synchroniseSeconds { try synchronise() }
  }

  mutating func synchronise() throws(ScoreFileError) {
    if isRegular { try ScoreFileError.wrapping { () throws(DataFileError) in try file.synchronise() } }
    synchronisedAt = now()
  }
}

/// Reads an earlier run's answers and holds them against the input.
private struct OutputScanner {
  let path: String
  let records: [ComparisonRecord]
  let scorerVersion: String
  private(set) var outcomes: [ScoreOutcome] = []
  /// Bytes of the file up to the last line break.
  private(set) var completeBytes = 0
  private var tail: [UInt8] = []

  init(path: String, records: [ComparisonRecord], scorerVersion: String) {
    self.path = path
    self.records = records
    self.scorerVersion = scorerVersion
  }

  mutating func take(_ piece: [UInt8]) throws(ScoreFileError) {
    var start = 0
    while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = tail + piece[start..<end]
      tail = []
      try check(line)
      completeBytes += line.count + 1
      start = end + 1
    }
    tail += piece[start...]
    if tail.count > LineReader.lineBytesMax { throw refused("the line is longer than any answer") }
  }

  /// Whether what follows the last line break is the beginning of a line of ours, and may be cut off.
  func checkTail() throws(ScoreFileError) {
    let common = min(tail.count, AnswerLine.start.count)
    if tail.prefix(common) != AnswerLine.start.prefix(common) { throw refused("it ends with text that is no answer") }
  }

  private mutating func check(_ line: [UInt8]) throws(ScoreFileError) {
    guard outcomes.count < records.count else {
      throw refused("it has more answers than the input has comparisons (\(records.count))")
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.value(line, limits: ComparisonFile.lineLimits)
    } catch {
      throw refused("it is not JSON: \(error)")
    }
    do throws(AnswerLine.Disagreement) {
      outcomes.append(try AnswerLine(record: records[outcomes.count], scorerVersion: scorerVersion).outcome(of: value))
    } catch {
      throw refused(error.reason)
    }
  }

  private func refused(_ reason: String) -> ScoreFileError {
    .cannotResume(path: path, line: outcomes.count + 1, reason: reason)
  }
}
