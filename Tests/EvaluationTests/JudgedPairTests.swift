import BoundedJSON
import Corpora
import Evaluation
import Testing

@Suite struct JudgedPairTests {
  @Test func outcomesFollowTheLabel() {
    let outcomes = [
      [Sample.answer(7, 4)], [Sample.answer(4, 7)], [Sample.answer(5, 5)], [Sample.failed(.malformed)],
      [Sample.failed(.truncated)], [Sample.failed(.error)], [],
    ].map { JudgedPair(Sample.pair("p"), answers: $0).outcome }
    #expect(outcomes == [.right, .wrong, .tie, .malformed, .truncated, .error, .error])
  }

  @Test func twoOrdersAreAveraged() {
    let pair = JudgedPair(
      Sample.pair("p"), answers: [Sample.answer(.ab, 8, 4, p: 0.9), Sample.answer(.ba, 5, 6, p: 0.4)])
    #expect(pair.margin == 1.5)
    #expect(pair.outcome == .right)
    #expect(pair.outcome(in: .ab) == .right)
    #expect(pair.outcome(in: .ba) == .wrong)
    #expect(pair.probabilityA == 0.65)
  }

  @Test func ordersThatCancelOutAreATie() {
    let pair = JudgedPair(Sample.pair("p"), answers: [Sample.answer(.ab, 8, 4), Sample.answer(.ba, 4, 8)])
    #expect(pair.outcome == .tie)
  }

  @Test func oneFailedOrderLeavesNoVerdict() {
    let pair = JudgedPair(
      Sample.pair("p"), answers: [Sample.answer(.ab, 8, 4, p: 0.9), Sample.failed(.ba, .truncated)])
    #expect(pair.outcome == .truncated)
    #expect(pair.margin == nil)
    #expect(pair.probabilityA == nil)
    #expect(pair.outcome(in: .ab) == .right)
  }

  @Test func theWinnerOfASingleOrderIsItsOwnEvenWhereScoresAreEqual() {
    // Likelihood names a winner where both scores are written the same.
    var answer = Sample.answer(10, 10)
    answer.winner = .b
    #expect(JudgedPair(Sample.pair("p", preferred: .b), answers: [answer]).outcome == .right)
  }

  @Test func lengthsAreWords() {
    let pair = JudgedPair(Sample.pair("p", preferred: .b, a: "one  two\nthree ", b: ""), answers: [])
    #expect(pair.wordsA == 3)
    #expect(pair.wordsB == 0)
    #expect(pair.extraWords == -3)
  }

  @Test func resultsSurviveTheirFile() throws {
    var results = Sample.random(20, authors: 3, rate: 0.7, seed: 1)
    results[3].probe = JudgedPair.Probe(kind: .injectedScores, source: "p9")
    results[4].answers[0].votes = [Sample.vote(3, 4), Sample.vote(nil, nil)]
    let bytes = try results.flatMap { try ResultsFile.line($0) }
    #expect(try ResultsFile.read(bytes, file: "results.jsonl") == results)
  }

  @Test func linesHaveTheNamesOthersRead() throws {
    let pair = JudgedPair(
      Sample.pair("p1", genre: "news", variant: "cross_genre"), answers: [Sample.answer(7.5, 4)],
      floors: ["length": -0.5])
    #expect(
      String(decoding: try ResultsFile.line(pair), as: UTF8.self) == """
        {"answers":[{"order":"ab","score_a":7.5,"score_b":4,"winner":"a"}],"author":"x","exemplars":1,\
        "floors":{"length":-0.5},"genre":"news","id":"p1","negative_author":"y","negative_kind":"random",\
        "preferred":"A","variant":"cross_genre","words_a":4,"words_b":4}

        """)
  }

  @Test func aFileCutAtAnyByteGivesItsWholeLines() throws {
    let results = Sample.random(3, authors: 2, rate: 0.5, seed: 2, both: false)
    let lines = try results.map { try ResultsFile.line($0) }
    let bytes = lines.flatMap { $0 }
    for cut in 0...bytes.count {
      let read = try ResultsFile.readInterrupted(Array(bytes[..<cut]), file: "r")
      let count = (0...3).last { lines.prefix($0).reduce(0) { $0 + $1.count } <= cut } ?? 0
      #expect(read.results == Array(results.prefix(count)))
      #expect(read.wholeBytes == lines.prefix(count).reduce(0) { $0 + $1.count })
    }
  }

  private static func line(_ change: (inout JudgedPair) -> Void) throws -> [UInt8] {
    var pair = JudgedPair(Sample.pair("p"), answers: [Sample.answer(7, 4)])
    change(&pair)
    return try ResultsFile.line(pair)
  }

  @Test func brokenLinesAreNamedWithLineAndField() throws {
    func message(_ bytes: [UInt8]) -> String {
      do throws(EvaluationError) {
        _ = try ResultsFile.read(bytes, file: "r.jsonl")
        return "read"
      } catch { return "\(error)" }
    }
    let good = try Self.line { _ in }
    #expect(message(good + Array("{\"id\":\n".utf8)).hasPrefix("r.jsonl:2: "))
    let text = String(decoding: good, as: UTF8.self)
    let renamed = text.split(separator: "\"author\"").joined(separator: "\"writer\"")
    #expect(message(Array(renamed.utf8)) == "r.jsonl:1: /author: is missing")
    #expect(message(good + good) == "r.jsonl: id \"p\" is there twice")
    #expect(
      message(try Self.line { $0.answers[0].winner = nil })
        == "r.jsonl:1: answers: order ab has neither a failure nor both scores and a winner")
    #expect(
      message(try Self.line { $0.answers[0].failure = .error })
        == "r.jsonl:1: answers: order ab has both a failure and a verdict")
    #expect(
      message(try Self.line { $0.answers.append($0.answers[0]) }) == "r.jsonl:1: answers: an order is there twice")
    #expect(
      message(try Self.line { $0.answers[0].probabilityA = 1.5 })
        == "r.jsonl:1: answers: probability_a must be from 0 to 1")
    #expect(message(Array("\n \r\n".utf8) + good) == "read")
  }
}
