import BoundedJSON
import Randomness
import Corpora
package import Reports

/// What a benchmark says of a judge: its own numbers, and the files its own programs write.
package struct BenchmarkScore: Sendable, Equatable {
  package struct File: Sendable, Equatable {
    /// Relative to the output directory.
    package var name: String
    package var bytes: [UInt8]
  }

  package var table: DataTable
  /// What the benchmark's own program prints, word for word; empty where it prints nothing worth matching.
  package var printed: [String] = []
  package var files: [File] = []
}

/// What the benchmarks of this folder share.
///
/// None but Personalized-RewardBench knows a writer, and our judge asks for exemplars: the caller gives one, the same
/// for all rows. What comes out says how the judge does at a question it was not made for, and is no more than a sanity
/// check; it is here because people ask.
enum BenchmarkPairs {
  /// A pair of a row, the better response in a slot drawn by seed and id. Its `author` is the row, so that intervals
  /// take the comparisons of one row together.
  static func pair(
    id: String, row: String, query: String, exemplars: [String], chosen: String, rejected: String, subset: String,
    seed: UInt64
  ) -> PreferencePair {
    var random = SeededRandom(seed: seed, name: id)
    let isA = random.below(2) == 0
    return PreferencePair(
      id: id, query: query, queryNeutral: query, exemplars: exemplars, responseA: isA ? chosen : rejected,
      responseB: isA ? rejected : chosen, preferred: isA ? .a : .b, author: row, genre: subset, negativeKind: subset)
  }

  /// Results by id.
  ///
  /// - Throws: `missing` where one of `ids` has none.
  static func results(_ results: [JudgedPair], of ids: [String]) throws(EvaluationError) -> [JudgedPair] {
    let byID = Dictionary(results.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var found: [JudgedPair] = []
    for id in ids {
      guard let result = byID[id] else { throw .missing(id: id) }
      found.append(result)
    }
    return found
  }

  static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Lines of JSON.
  static func lines(_ values: [JSONValue]) throws(EvaluationError) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in values {
      do throws(JSONError) { bytes += try JSONWriter.bytes(value) + [0x0A] } catch {
        throw .document(file: "output", error)
      }
    }
    return bytes
  }

  /// An object of numbers, texts and nulls.
  static func object(
    _ numbers: [String: Double], _ texts: [(name: String, value: String)], nulls: [String] = []
  ) -> JSONValue {
    var members: [String: JSONValue] = numbers.mapValues { .number($0) }
    for text in texts { members[text.name] = .string(text.value) }
    for name in nulls { members[name] = .null }
    return .object(members)
  }

  static func json(_ number: Double?) -> JSONValue { number.map { .number($0) } ?? .null }

  /// A name that is no path.
  static func fileName(_ model: String) -> String {
    String(model.map { $0 == "/" || $0 == "\\" || $0 == "\0" ? "_" : $0 })
  }
}

extension JudgedPair {
  /// Mean score of the preferred response and of the other over all orders; nil where there is a failure.
  var preferredScores: (preferred: Double, other: Double)? {
    guard failure == nil, !answers.isEmpty else { return nil }
    let (a, b) = (answers.compactMap(\.scoreA), answers.compactMap(\.scoreB))
    guard a.count == answers.count, b.count == answers.count else { return nil }
    let (meanA, meanB) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
    return preferred == .a ? (meanA, meanB) : (meanB, meanA)
  }
}
