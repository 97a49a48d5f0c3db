import BoundedJSON
import DataFiles
private import Glibc
package import Reports

/// The directory an evaluation writes to.
package struct EvaluationDirectory: Sendable {
  /// Why a directory cannot be used.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    case finished(path: String)
    case system(path: String, reason: String)

    package var description: String {
      switch self {
      case .finished(let path): "\(path) holds a finished evaluation: give another --output, or --restart to replace it"
      case .system(let path, let reason): "\(path): \(reason)"
      }
    }
  }

  package let path: String

  package init(path: String) { self.path = path }

  package var journalPath: String { path + "/progress.jsonl" }
  package var resultsPath: String { path + "/results.jsonl" }
  package var summaryPath: String { path + "/summary.json" }
  package var reportPath: String { path + "/report.html" }

  /// Makes the directory where it is missing, and looks whether it may be written to.
  package func prepare(restart: Bool) throws {
    var parent = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      parent += parent.isEmpty && !part.isEmpty ? String(part) : "/\(part)"
      if parent == "/" || part.isEmpty { continue }
      if mkdir(parent, 0o777) != 0, errno != EEXIST {
        throw Fault.system(path: parent, reason: String(cString: strerror(errno)))
      }
    }
    if restart {
      for name in [journalPath, resultsPath, summaryPath, reportPath] where unlink(name) != 0 && errno != ENOENT {
        throw Fault.system(path: name, reason: String(cString: strerror(errno)))
      }
    } else if access(reportPath, F_OK) == 0 {
      throw Fault.finished(path: path)
    }
  }

  /// Writes the files of a finished evaluation, each as a whole or not at all, and removes the journal.
  package func finish(_ results: [JudgedPair], summary: EvaluationSummary, page: HTMLReport) throws {
    var lines: [UInt8] = []
    for result in results { lines += try ResultsFile.line(result) }
    try AtomicFile.write(lines, to: resultsPath)
    try AtomicFile.write(summary.bytes(), to: summaryPath)
    for figure in page.figures {
      try AtomicFile.write(Array(figure.csv.utf8), to: "\(path)/\(figure.labels.name).csv")
    }
    try AtomicFile.write(Array(page.html.utf8), to: reportPath)
    unlink(journalPath)
  }
}
