package import Compression

/// Why a file of lines cannot be read or written. Lines count from 1.
package enum DataFileError: Error, Sendable, Equatable {
  /// The system refused; `action` is what was tried ("open", "read", "write to", …) and `errno` its number. A full disk
  /// is number 28.
  case system(action: String, path: String, errno: Int32)
  /// The file is gzip, but damaged.
  case compression(path: String, CompressionError)
  /// A line longer than `bytesMax`.
  case lineTooLong(path: String, line: Int, bytesMax: Int)
  /// Another process is writing this file.
  case inUse(path: String)
  /// A journal that is to be continued ends with something that no journal of ours ends with.
  case notAJournal(path: String, line: Int)
}

extension DataFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let action, let path, let errno): "cannot \(action) \(path): \(SystemFile.message(errno))"
    case .compression(let path, let error): "\(path): \(error)"
    case .lineTooLong(let path, let line, let bytesMax): "\(path):\(line): the line is longer than \(bytesMax) bytes"
    case .inUse(let path): "\(path): another process is writing it"
    case .notAJournal(let path, let line):
      "\(path):\(line): cannot continue this file: it ends with text that is no half-written record; name another, or "
        + "remove it to start again"
    }
  }
}
