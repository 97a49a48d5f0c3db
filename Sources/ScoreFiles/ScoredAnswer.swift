package import BoundedJSON
import Digests
package import Judge
import ScoringAPI

/// What became of one comparison, in the words of the service, and what a summary needs to know of it.
package struct ScoredAnswer: Sendable, Equatable {
  /// The members of the service's own answer to `POST /score`.
  package var members: [String: JSONValue]
  /// Nil where there is no verdict.
  package var winner: Winner?
  /// Why there is no verdict; nil where there is one.
  package var failureKind: String?

  package init(members: [String: JSONValue], winner: Winner?, failureKind: String?) {
    self.members = members
    self.winner = winner
    self.failureKind = failureKind
  }
}

/// One line of an output: an answer and the comparison it belongs to.
///
/// Beside the answer's own members it has `index`, `id` (null where the input has none), `preferred` ("A", "B" or
/// null), `correct` (true, false, or null where `preferred` is), and `request_sha256`, which tells a later run
/// whether the line answers the same question, asked in the same way.
struct AnswerLine {
  let record: ComparisonRecord
  let scorerVersion: String
  let requestDigest: String

  /// - Parameter scorerVersion: as in the answer; an answer depends on it, the texts and the options, and nothing else.
  init(record: ComparisonRecord, scorerVersion: String) {
    self.record = record
    self.scorerVersion = scorerVersion
    let (comparison, options) = (record.request.comparison, record.request.options)
    let settings = [
      scorerVersion, options.method.rawValue, options.order.rawValue, "\(options.samples)",
      "\(options.sampling.temperature)", "\(options.sampling.seed)", "\(options.minTokens)", "\(options.maxTokens)",
      "\(options.constrained)",
    ]
    let parts =
      settings + [comparison.query] + comparison.exemplars + comparison.responses
    var hasher = SHA256()
    // Each part after its length, so that no two lists of parts are the same bytes.
    for part in parts { hasher.update(Array("\(part.utf8.count):\(part)".utf8)) }
    requestDigest = Hexadecimal.text(hasher.finish())
  }

  /// How a known answer compares: a tie and a missing verdict are wrong; nil where nothing is known.
  func isCorrect(_ winner: Winner?) -> Bool? { record.preferred.map { $0 == winner } }

  /// The line with its line break. Members are sorted by name, so `correct` comes first.
  func bytes(_ answer: ScoredAnswer) throws(ScoreFileError) -> [UInt8] {
    var members = answer.members
    // The answer's own identifier gives way to the line's, which is the same in every run.
    members["id"] = record.id ?? .null
    members["index"] = .integer(Int64(record.index))
    members["preferred"] = preferred
    members["correct"] = isCorrect(answer.winner).map { .bool($0) } ?? .null
    members["request_sha256"] = .string(requestDigest)
    do throws(JSONError) {
      return try JSONWriter.bytes(JSONValue.object(members)) + [UInt8(ascii: "\n")]
    } catch {
      throw .answerNotEncodable(index: record.index, reason: error.description)
    }
  }

  /// What every line begins with, which tells a half-written line of ours from somebody else's text.
  static let start = Array(#"{"correct":"#.utf8)

  private var preferred: JSONValue {
    switch record.preferred {
    case .a: .string("A")
    case .b: .string("B")
    default: .null
    }
  }

  /// Checks that a line of an earlier run answers this question, and takes out what the summary needs.
  ///
  /// - Throws: what does not agree, as the rest of a sentence.
  func outcome(of value: JSONValue) throws(Disagreement) -> ScoreOutcome {
    guard value["index"]?.integer == Int64(record.index), let wellFormed = value["well_formed"]?.bool else {
      throw Disagreement(reason: "it is not answer \(record.index) of an earlier run")
    }
    guard value["id"] ?? .null == record.id ?? .null, value["preferred"] ?? .null == preferred else {
      throw Disagreement(reason: "it answers another comparison than line \(record.line) of the input")
    }
    guard value["scorer_version"]?.string == scorerVersion else {
      throw Disagreement(reason: "another model, or another version of the program, gave this answer")
    }
    guard value["request_sha256"]?.string == requestDigest else {
      throw Disagreement(reason: "it was asked with other texts or other options than now")
    }
    let winner = value["winner"]?.string.flatMap(Winner.init(rawValue:))
    let failureKind = wellFormed ? nil : value["failure_kind"]?.string ?? "unknown"
    return ScoreOutcome(winner: winner, failureKind: failureKind, isCorrect: isCorrect(winner))
  }

  /// Why a line of an earlier run is not this one's.
  struct Disagreement: Error {
    let reason: String
  }
}
