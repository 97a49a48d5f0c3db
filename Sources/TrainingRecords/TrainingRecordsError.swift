package import DataFiles

/// Why a run's records cannot be kept, read or continued.
package enum TrainingRecordsError: Error, Sendable, Equatable {
  /// A setting of a run that is to be continued is not what it was; values are as JSON, nil where there is none.
  package struct Difference: Sendable, Equatable {
    package var name: String
    package var was: String?
    package var now: String?

    package init(name: String, was: String?, now: String?) {
      self.name = name
      self.was = was
      self.now = now
    }
  }

  /// A file could not be read or written.
  case file(DataFileError)
  /// A line of `metrics.jsonl` is not one of ours. Lines count from 1.
  case metrics(path: String, line: Int, reason: String)
  /// The folder of a new run is not empty; `entry` is something in it.
  case notEmpty(path: String, entry: String)
  /// A run is to be continued in a folder that holds none.
  case notARun(path: String, entry: String)
  /// `settings.json` cannot be understood.
  case settings(path: String, reason: String)
  /// The run was started with other settings; never empty.
  case settingsDiffer(path: String, [Difference])
  /// Another process trains into this folder; `holder` is what it wrote of itself.
  case inUse(path: String, holder: String)
  /// A checkpoint is not whole.
  case checkpoint(path: String, reason: String)
  /// There are checkpoints, and none of them is whole; one reason each, the newest first.
  case noWholeCheckpoint(path: String, reasons: [String])
}

extension TrainingRecordsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .metrics(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .notEmpty(let path, let entry):
      "\(path) is not empty (it holds \(entry)): name another folder, or continue the run in it with --resume"
    case .notARun(let path, let entry):
      "\(path) holds no run to continue: there is \(entry), but no settings.json"
    case .settings(let path, let reason): "\(path): \(reason)"
    case .settingsDiffer(let path, let differences):
      "cannot continue the run in \(path) with other settings: "
        + differences.map { "\($0.name) was \($0.was ?? "not set") and is now \($0.now ?? "not set")" }
        .joined(separator: "; ")
    case .inUse(let path, let holder):
      "\(path): another process trains into this folder" + (holder.isEmpty ? "" : " (\(holder))")
    case .checkpoint(let path, let reason): "\(path): \(reason)"
    case .noWholeCheckpoint(let path, let reasons):
      "no checkpoint in \(path) is whole: " + reasons.joined(separator: "; ")
    }
  }
}

extension TrainingRecordsError {
  /// What `body` does, its errors as ours.
  static func wrapping<Value: ~Copyable>(
    _ body: () throws(DataFileError) -> Value
  ) throws(TrainingRecordsError) -> Value {
    do throws(DataFileError) {
      return try body()
    } catch {
      throw .file(error)
    }
  }
}
