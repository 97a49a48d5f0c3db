import Judge
import Testing

@Suite struct VerdictParserTests {
  private func parse(_ text: String) throws(VerdictParser.Failure) -> VerdictParser.Verdict {
    try VerdictParser().parse(text)
  }

  private let whole = "<criteria>c</criteria>\n<eval>e</eval>\n<scores>A: 7.5, B: 10</scores>"

  @Test func readsAVerdict() throws {
    let verdict = try parse(whole)
    #expect(verdict.criteria == "c" && verdict.eval == "e")
    #expect(verdict.a.points == 7.5 && verdict.b.points == 10 && verdict.a < verdict.b)
  }

  @Test(arguments: [
    " \n<criteria> c \n</criteria><eval>\te</eval>\r\n\r\n<scores>\nA:7.5 ,B : 10 \n</scores>\n\n",
    "<criteria>c</criteria><eval>e</eval><scores>A:7.5,B:10.0</scores>",
  ])
  func allowsWhiteSpaceAroundSectionsAndInsideScores(text: String) throws {
    #expect(try parse(text) == parse(whole))
  }

  @Test func allowsLessThanSignsThatBeginNoTag() throws {
    let verdict = try parse("<criteria>a < b <i>c</i> <evals></criteria><eval><<e</eval><scores>A: 1, B: 2</scores>")
    #expect(verdict.criteria == "a < b <i>c</i> <evals>" && verdict.eval == "<<e")
  }

  @Test(
    arguments: [
      ("", .expectedTag("<criteria>")),
      ("7.5", .expectedTag("<criteria>")),
      ("Sure! <criteria>c</criteria>", .expectedTag("<criteria>")),
      ("<CRITERIA>c</CRITERIA>", .expectedTag("<criteria>")),
      ("<criteria>c", .unclosed("criteria")),
      ("<criteria> \n</criteria>", .emptySection("criteria")),
      ("<criteria>c<eval>e</eval></criteria>", .tagInside("<eval>")),
      ("<criteria>c<criteria>c</criteria>", .tagInside("<criteria>")),
      ("<criteria>c</eval>", .tagInside("</eval>")),
      ("<criteria>c</criteria> so <eval>e</eval>", .expectedTag("<eval>")),
      ("<eval>e</eval><criteria>c</criteria>", .expectedTag("<criteria>")),
      ("<criteria>c</criteria><eval></eval>", .emptySection("eval")),
      ("<criteria>c</criteria><eval>e</eval>", .expectedTag("<scores>")),
      ("<criteria>c</criteria><eval>e</eval><criteria>c</criteria>", .expectedTag("<scores>")),
    ] as [(String, VerdictParser.Failure)])
  func refusesWhatIsNotTheForm(text: String, failure: VerdictParser.Failure) {
    #expect(throws: failure) { try parse(text) }
  }

  @Test(arguments: [
    "", "A: 7", "A: 7, B:", "7, 5", "A: 7 B: 5", "B: 5, A: 7", "A: 0, B: 5", "A: 0.5, B: 5", "A: 11, B: 5",
    "A: 10.1, B: 5",
    "A: 7.55, B: 5", "A: 07, B: 5", "A: 7., B: 5", "A: -7, B: 5", "A: +7, B: 5", "A: 7/10, B: 5", "A: ٧, B: 5",
    "a: 7, b: 5",
    "A: 1e1, B: 5", "A: 7, B: 5, C: 3", "A: 7, B: 5.", "A: seven, B: 5", "A: 100, B: 5", "A: N, B: N",
    "A: 7\u{A0}, B: 5",
  ])
  func refusesScoresThatAreNotTwoNumbersInRange(scores: String) {
    #expect(throws: VerdictParser.Failure.scores) {
      try parse("<criteria>c</criteria><eval>e</eval><scores>\(scores)</scores>")
    }
  }

  @Test(arguments: ["x", "<criteria>c</criteria>", "<scores>A: 1, B: 2</scores>", "\u{0}", "</scores>"])
  func refusesTextAfterTheEnd(tail: String) {
    #expect(throws: VerdictParser.Failure.trailingText) { try parse(whole + "\n" + tail) }
  }

  @Test func everythingTheGrammarAcceptsParses() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(state: seed)
    for _ in 0..<300 {
      let text = Self.walk(&random)
      let verdict = try #require(try? parse(text), "seed \(seed): \(text.debugDescription)")
      let numbers = text.split(separator: "<scores>A: ")[1].dropLast("</scores>".count).split(separator: ", B: ")
      #expect(verdict.a.points == Double(numbers[0]) && verdict.b.points == Double(numbers[1]), "seed \(seed)")
    }
  }

  /// A mutated verdict is either refused, or one whose numbers are in range and whose texts are not empty, and then
  /// writing it out again in the grammar's form parses to the same.
  @Test func mutatedVerdictsAreRefusedOrReadTheSameWhenWrittenAgain() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(state: seed)
    var accepted = 0
    for _ in 0..<5_000 {
      var bytes = Array(whole.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(Array("<>/ \nAB:,.0159aceilorstv".utf8).randomElement(using: &random) ?? 0, at: place)
        case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
        default: bytes.insert(contentsOf: bytes[place...].prefix(Int.random(in: 1...20, using: &random)), at: place)
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      // `try?`: refusing is one of the two right answers.
      guard let verdict = try? parse(text) else { continue }
      accepted += 1
      #expect((10...100).contains(verdict.a.tenths) && (10...100).contains(verdict.b.tenths), "seed \(seed)")
      let again =
        "<criteria>\(verdict.criteria)</criteria>\n<eval>\(verdict.eval)</eval>\n"
        + "<scores>A: \(verdict.a.points), B: \(verdict.b.points)</scores>"
      #expect(try parse(again) == verdict, "seed \(seed): \(text.debugDescription)")
    }
    #expect(accepted > 50 && accepted < 4_950, "seed \(seed): \(accepted)")
  }

  /// A random walk through the grammar to its end.
  private static func walk(_ random: inout SplitMix) -> String {
    var state = VerdictGrammar().initial
    var bytes: [UInt8] = []
    while !state.isComplete {
      var allowed = state.allowedBytes
      // Long texts end some time: the closing byte is as likely as all others together.
      if allowed.contains(VerdictGrammar.textEnd), Bool.random(using: &random) { allowed = [VerdictGrammar.textEnd] }
      let byte = allowed.randomElement(using: &random) ?? 0
      bytes.append(byte)
      guard state.advance(byte) else { return "refused its own byte \(byte)" }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Repeatable random numbers.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    defer { state &+= 1 }
    return PairJudge.sampleSeed(state, sample: 0)
  }
}
