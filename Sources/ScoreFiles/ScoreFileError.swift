package import BoundedJSON
package import DataFiles
package import ScoringAPI

/// Why a file of comparisons or of answers cannot be used. Lines count from 1.
package enum ScoreFileError: Error, Sendable, Equatable {
  /// A file cannot be read or written.
  case file(DataFileError)
  /// A line is not JSON, or not JSON that is safe to read.
  case badJSON(path: String, line: Int, JSONError)
  /// A line is not a comparison.
  case badComparison(path: String, line: Int, FieldError)
  /// More comparisons than `max`.
  case tooMany(path: String, max: Int)
  /// There is no comparison in the input.
  case empty(path: String)
  /// The output file exists and cannot be continued with this input.
  case cannotResume(path: String, line: Int, reason: String)
  /// An answer cannot be written as JSON.
  case answerNotEncodable(index: Int, reason: String)
}

extension ScoreFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .badJSON(let path, let line, let error):
      "\(path):\(line): \(error.pointer.isEmpty ? "" : error.pointer + " ")cannot be read as JSON: \(error)"
    case .badComparison(let path, let line, let fault):
      "\(path):\(line): \(fault.pointer.isEmpty ? "the comparison" : String(fault.pointer.dropFirst())) \(fault.detail)"
    case .tooMany(let path, let max): "\(path): more than \(max) comparisons; use --limit, or split the file"
    case .empty(let path): "\(path): no comparisons in it"
    case .cannotResume(let path, let line, let reason):
      "\(path):\(line): cannot continue this output: \(reason); name another --output, or remove it to start again"
    case .answerNotEncodable(let index, let reason): "answer \(index) cannot be written: \(reason)"
    }
  }
}

extension ScoreFileError {
  /// Runs what works on a file, its errors those of this module.
  static func wrapping<Value: ~Copyable>(_ work: () throws(DataFileError) -> Value) throws(ScoreFileError) -> Value {
    do throws(DataFileError) { return try work() } catch { throw .file(error) }
  }
}
