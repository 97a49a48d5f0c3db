import Engine
import Judge
import LocalInference
import Testing

/// Invariant: the share of the digit 1 is divided between 1 and 10 whichever digit is the likeliest.
@Suite struct ScoreQuestionTests {
  private static let tables = Result { VerdictTokens(try DefaultModel.tokenizer.get()) }

  /// Asks one number of a model that gives the digits these shares, and of the digit 1 gives 10 another.
  private func ask(
    index: Int = 0, after written: [Int] = [], shares: [Character: Float], ten: Float = 0
  ) throws -> (question: ScoreQuestion, written: String) {
    let tables = try Self.tables.get()
    var question = ScoreQuestion(tables, index: index, after: written)
    #expect(question.distribution == nil)
    var text = ""
    while !question.isComplete {
      #expect(question.takeForcedTokens().isEmpty && question.distribution == nil)
      guard case .few(let few) = question.choices() else {
        Issue.record("a number has few choices")
        break
      }
      let spellings = few.map { String(decoding: tables.bytes(of: $0), as: UTF8.self) }
      #expect(!spellings.contains("."))
      let isFirst = text.isEmpty
      let probabilities = spellings.map { spelling in
        isFirst ? shares[Character(spelling), default: 0] : spelling == "0" ? ten : 1 - ten
      }
      let likeliest = try #require(zip(few, probabilities).max { $0.1 < $1.1 }).0
      text += String(
        decoding: tables.bytes(of: question.accept(likeliest, probabilities: probabilities)), as: UTF8.self)
    }
    return (question, text)
  }

  @Test func theShareOfOneIsDividedWhicheverDigitIsLikeliest() throws {
    let shares: [Character: Float] = ["8": 0.4, "1": 0.3, "9": 0.3]
    let (question, written) = try ask(shares: shares, ten: 0.75)
    #expect(written.first == "1" && written.count > 1)
    let probabilities = try #require(question.distribution).probabilities
    #expect(abs(probabilities[9] - 0.225) < 1e-6 && abs(probabilities[0] - 0.075) < 1e-6)
    #expect(abs(probabilities[7] - 0.4) < 1e-6 && abs(probabilities.reduce(0, +) - 1) < 1e-9)
    #expect(try ask(shares: shares, ten: 0).question.distribution?.meanTenths == 62)
    #expect(try ask(shares: shares, ten: 1).question.distribution?.meanTenths == 89)
  }

  @Test func aShareTooSmallToMoveAScoreIsNotDivided() throws {
    let (question, written) = try ask(shares: ["8": 0.996, "1": 0.004], ten: 1)
    #expect(written == "8" && question.distribution?.likeliest == 8)
    #expect(9 * ScoreQuestion.dividedShareMin < 0.05)
  }

  @Test(arguments: [[], [7], [10]])
  func theChoicesAreThoseOfTheGrammarBehindWhatIsWritten(written: [Int]) throws {
    let tables = try Self.tables.get()
    var question = ScoreQuestion(tables, index: written.count, after: written)
    let start = "<criteria>-</criteria>\n<eval>-</eval>\n<scores>A: " + written.map { "\($0), B: " }.joined()
    #expect(ScoreQuestion.opening(index: written.count, after: written) == Array(start.utf8))
    guard case .few(let digits) = question.choices() else {
      Issue.record("a number has few choices")
      return
    }
    #expect(digits.map { String(decoding: tables.bytes(of: $0), as: UTF8.self) }.sorted() == (1...9).map(String.init))
    question.accept(digits[0], probabilities: digits.map { _ in 1 / 9 })
    guard case .few(let ends) = question.choices() else {
      Issue.record("1 goes on or ends")
      return
    }
    let end = written.isEmpty ? ", B: " : "</scores>"
    let expected = [Array("0".utf8), tables.bytes(of: try #require(tables.encode(Array(end.utf8)).first))]
    #expect(Set(ends.map(tables.bytes)) == Set(expected))
  }

  @Test func theWholeVerdictHasTheGrammarsForm() throws {
    for numbers in [[1, 10], [10, 1], [4, 7]] {
      let verdict = try VerdictParser().parse(String(decoding: ScoreQuestion.whole(numbers), as: UTF8.self))
      #expect(verdict.a.tenths == 10 * numbers[0] && verdict.b.tenths == 10 * numbers[1])
    }
  }
}
