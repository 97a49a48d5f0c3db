import Corpora
import FineTuning
import Foundation
import Judge
import LocalInference
import ModelFiles
import TestSupport
import Testing
import Tokenization
import Training

/// What a trace becomes for the default model's tokenizer.
@Suite struct TraceExamplesTests {
  private static let tokenizer = Result {
    try #require(
      FileManager.default.fileExists(atPath: DefaultModelFile.path), "the default model is missing: run `make model`")
    return try Tokenizer(LocalModel.tokenizerDefinition(of: ModelCheckpoint.open(path: DefaultModelFile.path)))
  }

  private func trace(a: Double = 8, b: Double = 3, criteria: String = "Short sentences.") -> Trace {
    Trace(
      pair: PreferencePair(
        id: "p1", query: "Write of the sea.", queryNeutral: "Write.", exemplars: ["It is cold. We wait."],
        responseA: "I wait. It rains.", responseB: "Oh, how it rains and rains, and how we all wait!",
        preferred: .a, author: "ann", negativeAuthor: "bob", negativeKind: "random"),
      criteria: criteria, eval: "Response A has 2 words per sentence, Response B 11; Response A is nearer.",
      scores: Trace.Scores(a: a, b: b), teacher: "test", order: .ab)
  }

  private func examples(_ set: (inout TraceExamples.Settings) -> Void = { _ in }) throws -> TraceExamples {
    var settings = TraceExamples.Settings()
    set(&settings)
    return try TraceExamples(Self.tokenizer.get(), settings: settings)
  }

  @Test(arguments: [true, false]) func promptsAreThoseOfServingTokenForToken(_ evidence: Bool) throws {
    let tokenizer = try Self.tokenizer.get()
    let chat = try ChatFormat(tokenizer)
    let comparison = Comparison(
      query: "Write.", exemplars: trace().pair.exemplars, responseA: trace().pair.responseA,
      responseB: trace().pair.responseB)
    let found = try examples { $0.evidence = evidence }.examples(trace(), showsSwapped: false)
    #expect(found.map(\.form) == [.reasoning, .verdict, .reasoning, .verdict])
    for (example, order) in zip(found, [SlotOrder.ab, .ab, .ba, .ba]) {
      let prompt = chat.tokens(PromptTemplate().prompt(comparison, order: order, evidence: evidence))
      #expect(example.promptTokens == prompt.count)
      #expect(Array(example.sequence.tokens.prefix(prompt.count)) == prompt)
    }
  }

  @Test func reasoningsAreWhatTheParserReadsAndEndTheTurn() throws {
    let tokenizer = try Self.tokenizer.get()
    let found = try examples { $0.forms = [.reasoning] }.examples(trace(), showsSwapped: false)
    for (example, preferred) in zip(found, [PreferencePair.Slot.a, .b]) {
      let answer = Array(example.sequence.tokens.dropFirst(example.promptTokens))
      #expect(tokenizer.endOfSequenceTokens.contains(try #require(answer.last)))
      let verdict = try VerdictParser().parse(String(decoding: tokenizer.decode(answer.dropLast()), as: UTF8.self))
      #expect((verdict.a > verdict.b) == (preferred == .a))
      #expect(verdict.eval.contains("Response \(preferred.rawValue) is nearer"))
      #expect(
        example.sequence.targetPositions
          == Array(example.promptTokens..<example.promptTokens + answer.count))
    }
  }

  @Test func verdictsCountTheDigitsOfTheirNumbersOnly() throws {
    let tokenizer = try Self.tokenizer.get()
    let found = try examples { $0.forms = [.verdict] }.examples(trace(a: 10, b: 3.4), showsSwapped: false)
    let digits = found.map { example in
      String(
        decoding: tokenizer.decode(example.sequence.targetPositions.map { example.sequence.tokens[$0] }),
        as: UTF8.self)
    }
    #expect(digits == ["103", "310"])
    for example in found {
      let text = String(
        decoding: tokenizer.decode(Array(example.sequence.tokens.dropFirst(example.promptTokens))), as: UTF8.self)
      #expect(text.hasPrefix("<criteria>-</criteria>\n<eval>-</eval>\n<scores>A: "))
    }
    // What rounds to the same number is held a point apart.
    let near = try examples { $0.forms = [.verdict] }.examples(trace(a: 7.4, b: 7.1), showsSwapped: false)
    #expect(
      String(decoding: tokenizer.decode(near[0].sequence.tokens.suffix(1)), as: UTF8.self) == "7"
        && near[0].sequence.targetPositions.count == 2)
    #expect(
      String(
        decoding: tokenizer.decode([near[0].sequence.tokens[near[0].sequence.targetPositions[0]]]), as: UTF8.self)
        == "8")
  }

  @Test func namesOfResponsesAndScoresDecide() throws {
    let tokenizer = try Self.tokenizer.get()
    let found = try examples { $0.forms = [.reasoning] }.examples(trace(a: 8, b: 3), showsSwapped: false)
    let deciding = found.map { example in
      zip(example.sequence.targetPositions, example.decides).filter(\.1).map {
        String(decoding: tokenizer.bytes(of: example.sequence.tokens[$0.0]), as: UTF8.self)
      }
    }
    // "Response A has 2 words per sentence, Response B 11; Response A is nearer", then the scores; A is spoken of
    // first in either order.
    #expect(deciding == [[" A", " B", " A", "8", "3"], [" A", " B", " B", "3", "8"]])
    let batches = SupervisedBatches(rowsMax: 4096, verdictWeight: 4, decisionWeight: 3)
    #expect(batches.weight(found) == Double(found.reduce(0) { $0 + $1.decides.count } + 2 * 5 * 2))
  }

  @Test func whatCannotBeLearntFromIsRefusedByName() throws {
    let examples = try examples()
    #expect(throws: TraceExamples.Refusal.tie) { try examples.examples(trace(a: 5, b: 5), showsSwapped: false) }
    #expect(throws: TraceExamples.Refusal.notAVerdict) {
      try examples.examples(trace(criteria: "a < b"), showsSwapped: false)
    }
    #expect(throws: TraceExamples.Refusal.onlyOneOrder) {
      try examples.examples(trace(criteria: "The former is short."), showsSwapped: false)
    }
    let short = try self.examples { $0.tokensMax = 100 }
    do throws(TraceExamples.Refusal) {
      _ = try short.examples(trace(), showsSwapped: false)
      Issue.record("a long trace passed")
    } catch {
      #expect(error.name == "too_long")
    }
  }

  @Test func whatSequencesShareIsLaidOutOnce() throws {
    let found = try examples().examples(trace(), showsSwapped: false)
    let batches = SupervisedBatches(rowsMax: 4096, verdictWeight: 4)
    let alone = found.reduce(0) { $0 + $1.sequence.tokens.count }
    #expect(batches.rows(found) < alone / 2)
    let weight = batches.weight(found)
    let parts = batches.microBatches([found, found], totalWeight: 2 * weight)
    #expect(parts.count == 1)
    let sum = (parts[0].objective as? CrossEntropy)?.weights.reduce(0, +) ?? 0
    #expect(abs(sum - 1) < 1e-5)
    #expect(SupervisedBatches(rowsMax: 1, verdictWeight: 4).microBatches([found, found], totalWeight: 1).count == 2)
  }
}
