import DataFiles
private import Glibc

/// The folder of one run, what `--output` names:
///
/// ```
/// settings.json            what the run was started with
/// metrics.jsonl            what every step measured
/// events.out.tfevents.…    the same for TensorBoard, one file for each start
/// checkpoints/step-000120  from which the run can be continued
/// adapter/                 what was trained, when it is done
/// report.html              the curves, made of metrics.jsonl and settings.json
/// run.lock                 held while a process trains
/// ```
///
/// Theory of operation: the lock is the kernel's (`flock`), so it is gone with the process that held it, however that
/// ended; the text in `run.lock` only says who. A folder becomes a run's by `settings.json`, written whole; one that a
/// process left before that counts as empty. With several processes (data parallel) only the first opens it.
package struct RunDirectory: ~Copyable {
  package let path: String
  /// The run was here before: there may be checkpoints, and there are settings.
  package let isResumed: Bool
  /// What is not as it was but does not make another run, each in words.
  package let remarks: [String]
  private let lock: SystemFile

  package var settingsPath: String { "\(path)/settings.json" }
  package var metricsPath: String { "\(path)/metrics.jsonl" }
  package var checkpointsPath: String { "\(path)/checkpoints" }
  package var adapterPath: String { "\(path)/adapter" }
  /// The result of a run that trained every weight: a Hugging Face directory.
  package var modelPath: String { "\(path)/model" }
  package var reportPath: String { "\(path)/report.html" }

  /// Makes or opens the folder of a run, and holds it until this value ends.
  ///
  /// - Parameters:
  ///   - path: made where it is missing, with the folders above it.
  ///   - resume: continue what is there. On an empty folder a new run begins, so that a job that is queued again after
  ///     it was stopped needs one command line only.
  ///   - mayChange: settings that may differ from the first start; the new ones are written.
  /// - Throws: `inUse`; `notEmpty` without `resume`; with it, `notARun` and `settingsDiffer`; `settings`, `file`.
  package init(
    path: String, settings: RunSettings, resume: Bool, mayChange: Set<String> = []
  ) throws(TrainingRecordsError) {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let lockName = "run.lock"
    let names = try Self.prepared(path)
    let isOurs = names.contains("settings.json")
    if let entry = names.first(where: { $0 != lockName && $0 != "settings.json.partial" }) {
      // Looked at before the lock is made: a folder of somebody else's stays as it was.
      guard resume else {
        if isOurs, let holder = Self.holder("\(path)/\(lockName)") { throw .inUse(path: path, holder: holder) }
        throw .notEmpty(path: path, entry: isOurs ? "settings.json" : entry)
      }
      if !isOurs { throw .notARun(path: path, entry: entry) }
    }
    let lock = try Self.locked("\(path)/\(lockName)", of: path)
    let (isResumed, remarks) = try Self.settled(settings, in: path, resume: resume, mayChange: mayChange)
    self.init(path: path, isResumed: isResumed, remarks: remarks, lock: lock)
  }

  private init(path: String, isResumed: Bool, remarks: [String], lock: consuming SystemFile) {
    self.path = path
    self.isResumed = isResumed
    self.remarks = remarks
    self.lock = lock
  }

  /// Compares the settings with those that are there, and writes them.
  private static func settled(
    _ settings: RunSettings, in path: String, resume: Bool, mayChange: Set<String>
  ) throws(TrainingRecordsError) -> (isResumed: Bool, remarks: [String]) {
    let settingsPath = "\(path)/settings.json"
    // Looked at once more, for another process may have had the lock and gone since.
    let isResumed = SystemFolder.fileBytes(settingsPath) != nil
    if isResumed, !resume { throw .notEmpty(path: path, entry: "settings.json") }
    var remarks: [String] = []
    if isResumed {
      let earlier = try RunSettings(path: settingsPath)
      let (refused, noted) = settings.differences(from: earlier, mayChange: mayChange)
      if !refused.isEmpty { throw .settingsDiffer(path: path, refused) }
      remarks = noted.map { "\($0.name) was \($0.was ?? "not set") and is now \($0.now ?? "not set")" }
    }
    let json = try settings.json(path: settingsPath)
    try TrainingRecordsError.wrapping { () throws(DataFileError) in try AtomicFile.write(json, to: settingsPath) }
    return (isResumed, remarks)
  }

  deinit {
    // `try?`: only the text is lost; the lock goes with the descriptor.
    try? lock.truncate(to: 0)
  }

  private static func prepared(_ path: String) throws(TrainingRecordsError) -> [String] {
    try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try SystemFolder.make(path)
      return try SystemFolder.names(in: path)
    }
  }

  private static func locked(_ lockPath: String, of path: String) throws(TrainingRecordsError) -> SystemFile {
    let text = Array("process \(getpid()) on \(EventFileWriter.hostName())\n".utf8)
    let file = try TrainingRecordsError.wrapping { () throws(DataFileError) in try SystemFile(updating: lockPath) }
    guard file.lockExclusively() else { throw .inUse(path: path, holder: written(lockPath)) }
    try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try file.truncate(to: 0)
      try file.write(text)
    }
    return file
  }

  /// Who holds a lock; nil where nobody does.
  private static func holder(_ lockPath: String) -> String? {
    guard SystemFolder.fileBytes(lockPath) != nil else { return nil }
    // `try?`: whoever cannot open the lock cannot tell who holds it.
    guard let file = try? SystemFile(updating: lockPath), !file.lockExclusively() else { return nil }
    return written(lockPath)
  }

  private static func written(_ lockPath: String) -> String {
    // `try?`: the text is a courtesy.
    guard let file = try? SystemFile(reading: lockPath), let bytes = try? file.read(200) else { return "" }
    let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix { $0.value >= 0x20 && $0.value < 0x7F }
    return String(String.UnicodeScalarView(text))
  }
}
