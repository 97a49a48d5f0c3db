import DataFiles

/// `metrics.jsonl` of a run, appended to step by step: the source of its report and of its TensorBoard files.
///
/// Theory of operation: each line is on the disk before `append` returns, so a checkpoint that is made after the lines
/// of its step never knows more than this file does. A run that is killed after step 137 and continues from the
/// checkpoint of step 120 has lines of steps that it will do again; opening the log cuts them off, in one atomic
/// replacement of the file, so that the file ends up as if nothing had happened (but for times). A last line that a
/// crash has torn is cut off, too.
///
/// The run's directory is locked, so nobody else writes the file meanwhile.
package struct MetricsLog: ~Copyable {
  private var journal: LineJournal
  /// Of the last line; 0 where there is none.
  package private(set) var lastStep: Int
  /// Of the last line: what earlier parts of a run have worked.
  package private(set) var lastWallSeconds: Double
  /// Lines of steps that a resumed run will do again, cut off when it was opened.
  package let linesCut: Int

  package var path: String { journal.path }

  /// Opens the log of a run, made where it is missing.
  ///
  /// - Parameter step: that of the checkpoint from which the run continues; 0 for a new run. Lines of later steps go.
  /// - Throws: `metrics` where a line is not one of ours or steps go back; `file`.
  package init(path: String, continuingAfter step: Int) throws(TrainingRecordsError) {
    let (state, lines) = try Self.examined(path, upTo: step)
    let journal = try TrainingRecordsError.wrapping { () throws(DataFileError) in
      if lines > state.kept { try Self.cut(path, to: state.kept) }
      return try LineJournal(path: path) { _, _ in }
    }
    self.init(journal: journal, state: state, linesCut: lines - state.kept)
  }

  private init(journal: consuming LineJournal, state: State, linesCut: Int) {
    self.journal = journal
    (lastStep, lastWallSeconds) = (state.lastStep, state.lastWallSeconds)
    self.linesCut = linesCut
  }

  /// Cuts off a torn line and looks at the others.
  private static func examined(
    _ path: String, upTo step: Int
  ) throws(TrainingRecordsError) -> (state: State, lines: Int) {
    var state = State()
    let lines = try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try LineJournal(path: path) { line, number in state.read(line, number, upTo: step) }.count
    }
    if let fault = state.fault { throw .metrics(path: path, line: fault.line, reason: fault.reason) }
    return (state, lines)
  }

  private struct State {
    var (kept, lastStep, lastWallSeconds) = (0, 0, 0.0)
    var stepMax = 0
    var fault: (line: Int, reason: String)?

    mutating func read(_ bytes: [UInt8], _ number: Int, upTo step: Int) {
      if fault != nil { return }
      do throws(MetricsLine.LineFault) {
        let line = try MetricsLine(json: bytes)
        if line.step < stepMax {
          fault = (number, "step \(line.step) stands after step \(stepMax)")
          return
        }
        stepMax = line.step
        guard line.step <= step else { return }
        (kept, lastStep, lastWallSeconds) = (number, line.step, line.wallSeconds)
      } catch {
        fault = (number, error.reason)
      }
    }
  }

  /// Replaces the file by its first lines.
  private static func cut(_ path: String, to count: Int) throws(DataFileError) {
    var reader = try LineReader(path: path)
    var writer = try LineWriter(path: path)
    while reader.lineNumber < count, let line = try reader.next() { try writer.write(line) }
    try writer.finish()
  }

  /// Adds a line and waits until the disk has it.
  ///
  /// On an error the file ends where it did before.
  ///
  /// - Precondition: the line's step is not below that of the line before; the rest as `MetricsLine.json` says.
  package mutating func append(_ line: MetricsLine) throws(TrainingRecordsError) {
    precondition(line.step >= lastStep, "steps do not go back")
    let json = line.json
    try TrainingRecordsError.wrapping { () throws(DataFileError) in try journal.append(json) }
    (lastStep, lastWallSeconds) = (line.step, line.wallSeconds)
  }

  /// The lines of a file, also while a run still writes it: a torn last line is left out.
  ///
  /// - Throws: `metrics` where a line before the last is not one of ours, `file`.
  package static func read(_ path: String) throws(TrainingRecordsError) -> [MetricsLine] {
    var reader = try TrainingRecordsError.wrapping { () throws(DataFileError) in try LineReader(path: path) }
    var lines: [MetricsLine] = []
    var torn: TrainingRecordsError?
    while let bytes = try TrainingRecordsError.wrapping({ () throws(DataFileError) in try reader.next() }) {
      if let torn { throw torn }
      do throws(MetricsLine.LineFault) {
        lines.append(try MetricsLine(json: bytes))
      } catch {
        torn = .metrics(path: path, line: reader.lineNumber, reason: error.reason)
      }
    }
    return lines
  }
}
