package import Corpora
import Judge
import Stylometry

/// Who judges pairs for a model to learn from.
package protocol PairTeacher: Sendable {
  /// For files and reports.
  var name: String { get }
  /// The judgement of a pair; equal pairs and seeds have equal ones where the teacher can give them.
  func judgement(of pair: PreferencePair, seed: UInt64) async throws(WriterError) -> TeacherAnswer
}

/// What became of a question to a teacher.
package enum TeacherAnswer: Sendable, Equatable {
  case judgement(TaughtJudgement)
  /// A judgement whose words do not lead to its scores, as its teacher says itself.
  case notBorneOut(TaughtJudgement)
  /// An answer that is no judgement; the raw words, and what is wrong with them.
  case malformed(raw: String, detail: String)
  case refused(String)
}

extension StylometricTeacher: PairTeacher {
  package var name: String { Self.name }

  package func judgement(of pair: PreferencePair, seed: UInt64) async throws(WriterError) -> TeacherAnswer {
    let (judgement, isBorneOut) = judge(pair, seed: seed)
    return isBorneOut ? .judgement(judgement) : .notBorneOut(judgement)
  }
}

/// A language model as a teacher: asked with the judge's own prompt.
package struct PromptedTeacher: PairTeacher {
  private let writer: any TextWriter
  private let temperature: Double

  package init(_ writer: any TextWriter, temperature: Double = 0.7) {
    self.writer = writer
    self.temperature = temperature
  }

  package var name: String { writer.name }

  package func judgement(of pair: PreferencePair, seed: UInt64) async throws(WriterError) -> TeacherAnswer {
    let comparison = Comparison(
      query: pair.queryNeutral ?? pair.query, exemplars: pair.exemplars, responseA: pair.responseA,
      responseB: pair.responseB)
    let request = WritingPrompts.teaching(
      PromptTemplate().prompt(comparison, order: .ab, evidence: true), seed: seed, temperature: temperature)
    let written: WrittenText
    do throws(WriterError) {
      written = try await writer.write(request)
    } catch .refused(let reason) {
      return .refused(reason)
    }
    if written.isCut { return .malformed(raw: written.text, detail: "the answer was cut at the token limit") }
    do throws(VerdictParser.Failure) {
      let verdict = try VerdictParser().parse(Self.verdict(in: written.text))
      return .judgement(TaughtJudgement(criteria: verdict.criteria, eval: verdict.eval, a: verdict.a, b: verdict.b))
    } catch {
      return .malformed(raw: written.text, detail: "\(error)")
    }
  }

  /// From the first opening tag to the last closing one: models like to say a word before and after.
  private static func verdict(in text: String) -> String {
    guard let start = text.firstRange(of: "<criteria>")?.lowerBound else { return text }
    let rest = text[start...]
    guard let end = rest.ranges(of: "</scores>").last?.upperBound else { return String(rest) }
    return String(rest[..<end])
  }
}
