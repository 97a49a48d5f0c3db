import Judge
import Testing

@Suite struct VerdictGrammarTests {
  private func accepts(_ text: String) -> Bool { accepts(Array(text.utf8)) }

  private func accepts(_ bytes: [UInt8]) -> Bool {
    var state = VerdictGrammar().initial
    return state.advance(bytes) && state.isComplete
  }

  private func verdict(criteria: String = "c", eval: String = "e", scores: String = "A: 7, B: 4.5") -> String {
    "<criteria>\(criteria)</criteria>\n<eval>\(eval)</eval>\n<scores>\(scores)</scores>"
  }

  /// The state after `prefix`, which the grammar must accept.
  private func state(after prefix: String) -> VerdictState {
    var state = VerdictGrammar().initial
    take(&state, Array(prefix.utf8))
    return state
  }

  private func take(_ state: inout VerdictState, _ bytes: [UInt8]) {
    let taken = state.advance(bytes)
    #expect(taken, "refused \(String(decoding: bytes, as: UTF8.self))")
  }

  private func refuse(_ state: inout VerdictState, _ bytes: [UInt8]) {
    let taken = state.advance(bytes)
    #expect(!taken, "took \(String(decoding: bytes, as: UTF8.self))")
  }

  /// Every state, by breadth-first search over all 256 bytes.
  private func reachable() -> [VerdictState] {
    var seen: Set<VerdictState> = [VerdictGrammar().initial]
    var queue = Array(seen)
    while let state = queue.popLast() {
      for byte in UInt8.min...UInt8.max {
        var next = state
        if next.advance(byte), seen.insert(next).inserted { queue.append(next) }
      }
    }
    return Array(seen)
  }

  @Test(arguments: [
    "A: 1, B: 10", "A: 10.0, B: 1.9", "A: 9.9, B: 2.0", "A: 10, B: 10.0", "A: 5, B: 5",
  ])
  func acceptsScoresInRange(scores: String) {
    #expect(accepts(verdict(scores: scores)))
  }

  @Test(arguments: [
    "A: 0, B: 1", "A: 11, B: 1", "A: 10.1, B: 1", "A: 1.25, B: 1", "A: 1., B: 1", "A: 01, B: 1", "A: .5, B: 1",
    "A: 1,B: 1", "A:1, B: 1", "A: 1, B: 1 ", "B: 1, A: 1", "A: 1", "A: -1, B: 1", "A: 1e0, B: 1", "A: 100, B: 1",
  ])
  func refusesOtherScores(scores: String) {
    #expect(!accepts(verdict(scores: scores)))
  }

  @Test func acceptsTextsOfAnyLanguageWithTabsAndLineFeeds() {
    #expect(accepts(verdict(criteria: " a\n\tb > c & \"d\"", eval: "é 漢字 👩‍👩‍👧 \u{A0}\u{FFFF}\u{10FFFF}")))
  }

  @Test(arguments: ["", " \n\t ", "a<b", "a</b>", "a\rb", "a\u{0}b", "a\u{7F}b", "a\u{85}b", "</eval>"])
  func refusesTextsThatAreEmptyOrHoldATagOrAControlCharacter(text: String) {
    #expect(!accepts(verdict(criteria: text)))
    #expect(!accepts(verdict(eval: text)))
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xC2, 0x9F],
    ] as [[UInt8]])
  func refusesTextsThatAreNotUTF8(text: [UInt8]) {
    #expect(
      !accepts(
        Array("<criteria>a".utf8) + text + Array("b</criteria>\n<eval>e</eval>\n<scores>A: 1, B: 1</scores>".utf8)))
  }

  @Test func refusesEverythingAfterTheEnd() {
    var state = state(after: verdict())
    #expect(state.isComplete && state.stage == .done)
    #expect(state.allowedBytes.isEmpty && state.forcedBytes.isEmpty && state.closingBytes.isEmpty)
    let before = state
    refuse(&state, [0x0A])
    #expect(state == before)
  }

  @Test func aRefusedRunOfBytesLeavesTheStateAsItWas() {
    var state = state(after: "<criteria>a")
    let before = state
    refuse(&state, Array("b<c".utf8))
    #expect(state == before)
  }

  @Test func stateCountIsFiniteAndAsDocumented() {
    #expect(reachable().count == VerdictState.count)
  }

  @Test func everyStateReachesTheEndByItsOwnBytes() {
    for start in reachable() {
      var state = start
      take(&state, start.shortestCompletion)
      #expect(state.isComplete)
      state = start
      take(&state, start.closingBytes)
      switch state.stage {
      case .done, .score(_, .first): break
      default: Issue.record("closing \(start.stage) ends in \(state.stage)")
      }
      #expect(start.closingBytes.count <= VerdictGrammar.closingBytesMax)
    }
  }

  @Test func forcedBytesAreExactlyThePlacesWithoutAChoice() {
    for start in reachable() where !start.isComplete && !start.isInsideCharacter {
      var state = start
      for byte in start.forcedBytes {
        #expect(state.allowedBytes == [byte])
        take(&state, [byte])
      }
      if !state.isComplete { #expect(state.allowedBytes.count > 1, "\(start.stage) stops short at \(state.stage)") }
    }
  }

  @Test func closingWritesTheRestOfTheFormOnly() {
    func closing(_ prefix: String) -> String { String(decoding: state(after: prefix).closingBytes, as: UTF8.self) }
    #expect(closing("") == "<criteria>-</criteria>\n<eval>-</eval>\n<scores>A: ")
    #expect(closing("<criteria>x") == "</criteria>\n<eval>-</eval>\n<scores>A: ")
    #expect(closing("<criteria>x</criteria>\n<eval>y") == "</eval>\n<scores>A: ")
    #expect(closing("<criteria>x</criteria>\n<eval>y</eval>\n<scores>A: ") == "")
    #expect(closing("<criteria>x</criteria>\n<eval>y</eval>\n<scores>A: 1") == ", B: ")
    #expect(closing("<criteria>x</criteria>\n<eval>y</eval>\n<scores>A: 10.") == "0, B: ")
    #expect(closing("<criteria>x</criteria>\n<eval>y</eval>\n<scores>A: 1, B: 3") == "</scores>")
  }

  @Test func namesTheStageAndThePlaceInsideACharacter() {
    #expect(state(after: "<crit").stage == .literal)
    #expect(state(after: "<criteria> ").stage == .text(.criteria, hasInk: false))
    #expect(state(after: "<criteria> x").stage == .text(.criteria, hasInk: true))
    #expect(state(after: "<criteria>x</criteria>\n<eval>").stage == .text(.eval, hasInk: false))
    let scores = "<criteria>x</criteria>\n<eval>y</eval>\n<scores>A: "
    #expect(state(after: scores).stage == .score(index: 0, .first))
    #expect(state(after: scores + "1").stage == .score(index: 0, .afterOne))
    #expect(state(after: scores + "10, B: 7.").stage == .score(index: 1, .decimal))
    var inside = state(after: "<criteria>")
    take(&inside, [0xE2])
    #expect(inside.isInsideCharacter && inside.allowedBytes == Array(0x80...0xBF))
  }

  @Test func noVerdictIsShorterThanTheMinimum() {
    #expect(VerdictGrammar.verdictBytesMin == verdict(criteria: "-", eval: "-", scores: "A: 1, B: 1").utf8.count)
    #expect(VerdictGrammar.scoresBytesMax == "10.0, B: 10.0</scores>".utf8.count)
  }
}
