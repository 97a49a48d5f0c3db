package import DataFiles

/// Why a WordNet database cannot be used.
package enum LexiconError: Error, Sendable, Equatable {
  /// There is no WordNet at `path`.
  case notInstalled(path: String)
  /// A file cannot be read.
  case file(DataFileError)
  /// A line is not what the database's format says. Lines count from 1.
  case malformed(path: String, line: Int, reason: String)
  /// A file has more than `max` lines.
  case tooLarge(path: String, max: Int)
}

extension LexiconError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notInstalled(let path):
      "no WordNet at \(path): install the Debian package wordnet-base (apt-get install wordnet-base), or name the "
        + "folder that has index.verb and data.verb"
    case .file(let error): error.description
    case .malformed(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .tooLarge(let path, let max): "\(path): more than \(max) lines"
    }
  }
}
