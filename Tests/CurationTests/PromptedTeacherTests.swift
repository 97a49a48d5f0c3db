import Corpora
import Curation
import Judge
import Synchronization
import Testing

/// A language model as a teacher, played by a script.
@Suite struct PromptedTeacherTests {
  private let pair = InventedCorpus.pair(seed: 1)
  private let good =
    "<criteria>Short sentences.</criteria>\n<eval>Response A is closer.</eval>\n<scores>A: 8, B: 3.5</scores>"

  private func answer(_ text: String, isCut: Bool = false) async throws -> TeacherAnswer {
    let writer = ScriptedWriter { _ in WrittenText(text: text, isCut: isCut) }
    return try await PromptedTeacher(writer).judgement(of: pair, seed: 3)
  }

  @Test func readsAVerdictWithWordsAround() async throws {
    for text in [good, "Sure!\n\(good)\nI hope this helps.", "```\n\(good)\n```"] {
      guard case .judgement(let judgement) = try await answer(text) else {
        Issue.record("\(text)")
        continue
      }
      #expect(judgement.criteria == "Short sentences." && judgement.eval == "Response A is closer.")
      #expect(judgement.a.tenths == 80 && judgement.b.tenths == 35 && judgement.text == good)
    }
  }

  @Test(arguments: [
    "", "Response A.", "<criteria>x</criteria><eval>y</eval>",
    "<criteria>x</criteria><eval>y</eval><scores>A: 11, B: 2</scores>",
    "<criteria>x</criteria><eval>y</eval><scores>A: 1</scores>",
    "<criteria></criteria><eval>y</eval><scores>A: 1, B: 2</scores>",
    "<criteria>x<eval>y</eval></criteria><scores>A: 1, B: 2</scores>", "{\"a\":1}",
  ])
  func keepsTheWordsOfAMalformedAnswer(text: String) async throws {
    guard case .malformed(let raw, let detail) = try await answer(text) else {
      Issue.record("\(text)")
      return
    }
    #expect(raw == text && !detail.isEmpty)
  }

  @Test func anAnswerThatWasCutIsMalformedAndARefusalIsOne() async throws {
    guard case .malformed(_, let detail) = try await answer(good, isCut: true) else {
      Issue.record("cut")
      return
    }
    #expect(detail.contains("cut"))
    let refusing = ScriptedWriter { _ throws(WriterError) in throw WriterError.refused("filtered") }
    #expect(try await PromptedTeacher(refusing).judgement(of: pair, seed: 1) == .refused("filtered"))
    let stopped = ScriptedWriter { _ throws(WriterError) in throw WriterError.stopped("no money") }
    await #expect(throws: WriterError.stopped("no money")) {
      _ = try await PromptedTeacher(stopped).judgement(of: pair, seed: 1)
    }
  }

  @Test func showsTheTextsAndNotTheAnswer() async throws {
    let seen = Mutex<[WritingRequest]>([])
    let writer = ScriptedWriter { request in
      seen.withLock { $0.append(request) }
      return WrittenText(text: "")
    }
    _ = try await PromptedTeacher(writer, temperature: 0.25).judgement(of: pair, seed: 77)
    let request = try #require(seen.withLock { $0.first })
    #expect(request.isVerdict && request.temperature == 0.25 && request.seed == 77 && request.tokensMax > 300)
    for text in pair.exemplars + [pair.responseA, pair.responseB] { #expect(request.user.contains(text)) }
    for secret in [pair.author, pair.negativeAuthor ?? "?", pair.negativeKind, pair.id] {
      #expect(!(request.user + request.system).contains(secret), "\(secret)")
    }
  }
}
