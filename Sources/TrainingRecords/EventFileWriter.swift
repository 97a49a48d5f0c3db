import DataFiles
private import Glibc
private import Synchronization

/// Writes what `metrics.jsonl` says as a TensorBoard event file, under the same tags.
///
/// Theory of operation: TensorBoard reads all `events.out.tfevents.*` of a folder, in the order of their names, and
/// shows them as one run. A resumed run begins a file of its own, for another program may be reading the old one, and
/// the old one may end with half a record. Its steps may go back behind what the killed part had written, so its
/// second record is a session log that says START at the first step to come: TensorBoard then forgets what it has of
/// that step and later ones. Nothing that was written is ever changed.
///
/// What cannot be written here is no reason to stop a run, for `metrics.jsonl` has it all: see `RunRecorder`.
package struct EventFileWriter: ~Copyable {
  private let file: SystemFile
  private static let filesOpened = Atomic(0)

  package var path: String { file.path }

  /// Begins a file in a folder.
  ///
  /// - Parameters:
  ///   - folder: is there.
  ///   - resumedStep: of the checkpoint that the run continues from; nil for a new run.
  ///   - time: seconds since 1970.
  package init(folder: String, resumedStep: Int?, time: Double) throws(TrainingRecordsError) {
    let number = Self.filesOpened.wrappingAdd(1, ordering: .relaxed).oldValue
    let name = try Self.name(folder: folder, seconds: Int(max(time, 0)), number: number)
    var start = TensorBoardEvent.fileVersion(time: time)
    if let resumedStep { start += TensorBoardEvent.sessionStart(time: time, step: resumedStep + 1) }
    let path = "\(folder)/\(name)"
    file = try TrainingRecordsError.wrapping { () throws(DataFileError) in
      let file = try SystemFile(updating: path)
      try file.write(start)
      return file
    }
  }

  private static let prefix = "events.out.tfevents."

  /// `events.out.tfevents.<seconds>.<host>.<process>.<number>`, after every name that is there: where the clock went
  /// back, or two files begin in one second, the seconds are counted on.
  private static func name(folder: String, seconds: Int, number: Int) throws(TrainingRecordsError) -> String {
    let names = try TrainingRecordsError.wrapping { () throws(DataFileError) in try SystemFolder.names(in: folder) }
    let last = names.filter { $0.hasPrefix(prefix) }.compactMap { name in
      Int(name.dropFirst(prefix.count).prefix { $0 != "." })
    }.max()
    let host = hostName().map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") ? $0 : "-" }
    let digits = String(max(seconds, last.map { $0 + 1 } ?? 0))
    let padded = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    return "\(prefix)\(padded).\(String(host)).\(getpid()).\(number)"
  }

  /// The machine's name, "unknown" where it has none.
  static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Adds what a line says. Numbers become Float32; NaN and infinity stay what they are.
  ///
  /// The record goes out in one system call; whoever reads along may see part of it, and waits for the rest.
  package mutating func append(_ line: MetricsLine) throws(TrainingRecordsError) {
    guard let record = TensorBoardEvent.summary(line) else { return }
    try TrainingRecordsError.wrapping { () throws(DataFileError) in try file.write(record) }
  }
}
