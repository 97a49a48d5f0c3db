import BoundedJSON
package import Corpora
import RemoteInference

/// Answers that a judge gave earlier: the output of `persrm score`, or any file of saved `/score` answers with the
/// pairs' identifiers.
package struct RecordedAsker: PairAsker {
  private let answers: [String: [JudgedPair.Answer]]
  package let name: String

  /// - Parameters:
  ///   - bytes: JSON Lines; each an answer of `/score` with an `id`, the pair's.
  ///   - file: its name, for messages.
  /// - Throws: `field` for a line that is no answer, `duplicate` for two with one id.
  package init(_ bytes: [UInt8], file: String) throws(EvaluationError) {
    var answers: [String: [JudgedPair.Answer]] = [:]
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      let (id, judgement) = try Self.read(Array(line), file: file, line: number)
      if answers.updateValue(RemoteAsker.answers(of: judgement), forKey: id) != nil {
        throw .duplicate(file: file, id: id)
      }
    }
    if answers.isEmpty { throw .empty("answers in \(file)") }
    self.answers = answers
    name = file
  }

  private static func read(
    _ line: [UInt8], file: String, line number: Int
  ) throws(EvaluationError) -> (String, RemoteJudgement) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.value(line, limits: ResultsFile.lineLimits)
    } catch {
      throw .line(file: file, line: number, error)
    }
    let id = value["id"]?.string ?? value["id"]?.integer.map { "\($0)" }
    guard let id else { throw .field(file: file, line: number, field: "id", reason: "must be the pair's") }
    do throws(RemoteFault) {
      return (id, try RemoteJudgement(body: line))
    } catch {
      throw .field(file: file, line: number, field: "object", reason: "\(error)")
    }
  }

  /// - Throws: `missing` for a pair without an answer: leaving it out would make the judge look better than it is.
  package func answers(on pair: PreferencePair, query: String) async throws -> [JudgedPair.Answer] {
    guard let answers = answers[pair.id] else { throw EvaluationError.missing(id: pair.id) }
    return answers
  }
}
