package import BoundedJSON

/// What is wrong with a file of results, a calibration, a benchmark's rows, or a question asked of them.
package enum EvaluationError: Error, Sendable, Equatable {
  /// A line of a file is not what it should be; lines count from 1.
  case line(file: String, line: Int, JSONError)
  /// A field of a line has a value that cannot be.
  case field(file: String, line: Int, field: String, reason: String)
  /// A file that is one JSON document is not what it should be.
  case document(file: String, JSONError)
  /// A value of a document cannot be.
  case value(file: String, field: String, reason: String)
  /// Two lines have the same name.
  case duplicate(file: String, id: String)
  /// Two sets of results are not of the same pairs; the first few names that only one has.
  case differentPairs(onlyFirst: [String], onlySecond: [String])
  /// Two sets of results do not mean the same by a pair.
  case differentPair(id: String, field: String)
  /// A comparison that was to be judged has no result.
  case missing(id: String)
  /// There is nothing to measure.
  case empty(String)
}

extension EvaluationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .line(let file, let line, let error): return "\(file):\(line): \(Self.text(error))"
    case .field(let file, let line, let field, let reason): return "\(file):\(line): \(field): \(reason)"
    case .document(let file, let error): return "\(file): \(Self.text(error))"
    case .value(let file, let field, let reason): return "\(file): \(field): \(reason)"
    case .duplicate(let file, let id): return "\(file): id \"\(id)\" is there twice"
    case .differentPairs(let first, let second):
      func list(_ ids: [String], _ side: String) -> [String] {
        ids.isEmpty
          ? [] : ["only the \(side) has \(ids.prefix(3).joined(separator: ", "))\(ids.count > 3 ? ", …" : "")"]
      }
      return "the two sets are not of the same pairs: "
        + (list(first, "first") + list(second, "second")).joined(separator: "; ")
    case .differentPair(let id, let field): return "pair \"\(id)\" has another \(field) in the second set"
    case .missing(let id): return "no result for \"\(id)\""
    case .empty(let what): return "no \(what)"
    }
  }

  private static func text(_ error: JSONError) -> String {
    error.pointer.isEmpty ? "\(error)" : "\(error.pointer): \(error)"
  }
}
