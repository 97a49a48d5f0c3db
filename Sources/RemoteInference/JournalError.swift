import Glibc

/// Why a journal cannot be used. Lines count from 1.
package enum JournalError: Error, Sendable, Equatable {
  /// The system refused; `action` is what was tried ("open", "write to", …) and `errno` its number.
  case system(action: String, path: String, errno: Int32)
  /// Another process, or another journal of this one, has it open.
  case inUse(path: String)
  /// Not a file on a disk.
  case notAFile(path: String)
  /// A line that is not the last cannot be read, so the file was not only cut off.
  case badLine(path: String, line: Int, reason: String)
  /// A record that was whole when the journal was opened is not what it should be.
  case badAnswer(path: String, reason: String)
  /// A record would be, or a line is, longer than `bytesMax`.
  case tooLong(path: String, bytesMax: Int)
}

extension JournalError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let action, let path, let number):
      // SAFETY: the C string is read before any other call on this thread can replace it.
      "cannot \(action) \(path): \(strerror(number).map { String(cString: $0) } ?? "error \(number)")"
    case .inUse(let path): "\(path): another process is using this journal; wait for it, or name another file"
    case .notAFile(let path): "\(path): is not a regular file"
    case .badLine(let path, let line, let reason): "\(path):\(line): not a record of this journal: \(reason)"
    case .badAnswer(let path, let reason): "\(path): \(reason)"
    case .tooLong(let path, let bytesMax): "\(path): a record of more than \(bytesMax) bytes"
    }
  }
}
