import Engine
import Judge
import LocalInference
import Testing
import Tokenization

/// Random walks through what the constraint offers: every one must end as a verdict within its budget.
@Suite struct VerdictConstraintTests {
  private static let tables = Result { VerdictTokens(try DefaultModel.tokenizer.get()) }

  private struct Walk {
    var tokens: [Int32] = []
    var distributions: [ScoreDistribution] = []
    var criteriaEnd = 0
  }

  /// SplitMix64.
  private struct Random {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ z >> 31) % UInt64(bound))
    }
  }

  /// - Parameter closes: how likely the text's end is taken where it is offered, in percent.
  private func walk(min minTokens: Int, max maxTokens: Int, seed: UInt64, closes: Int) throws -> Walk {
    let tables = try Self.tables.get()
    let tokenizer = try DefaultModel.tokenizer.get()
    let end = tables.encode(Array("</eval>".utf8))[0]
    var random = Random(state: seed)
    var constraint = VerdictConstraint(tables, minTokens: minTokens, maxTokens: maxTokens)
    var walk = Walk()
    while true {
      while case let forced = constraint.takeForcedTokens(), !forced.isEmpty { walk.tokens += forced }
      if constraint.isComplete { break }
      try #require(walk.tokens.count < maxTokens, "seed \(seed): no verdict in \(maxTokens) tokens")
      let token: Int32
      var probabilities: [Float] = []
      switch constraint.choices() {
      case .any:
        Issue.record("everything was allowed")
        return walk
      case .few(let few):
        token = few[random.next(few.count)]
        probabilities = few.map { _ in 1 / Float(few.count) }
      case .mask(let mask):
        if mask.contains(end), random.next(100) < closes {
          token = end
        } else {
          var candidate = Int32(random.next(tokenizer.vocabularySize))
          while !mask.contains(candidate) || candidate == end {
            candidate = (candidate + 1) % Int32(tokenizer.vocabularySize)
          }
          token = candidate
        }
      }
      walk.tokens.append(token)
      constraint.accept(token, probabilities: probabilities)
    }
    walk.distributions = constraint.scoreDistributions
    return walk
  }

  @Test(arguments: [
    (0, VerdictGrammar.maxTokensMin), (0, 96), (0, 160), (160, 160), (150, 160), (157, 160), (159, 160), (100, 101),
    (300, 512), (VerdictGrammar.maxTokensMin, VerdictGrammar.maxTokensMin),
  ])
  func everyWalkIsAVerdictWithinItsBudget(minTokens: Int, maxTokens: Int) throws {
    let tokenizer = try DefaultModel.tokenizer.get()
    for seed in 0..<UInt64(40) {
      let walk = try walk(min: minTokens, max: maxTokens, seed: seed, closes: [0, 5, 50][Int(seed % 3)])
      let text = String(decoding: tokenizer.decode(walk.tokens), as: UTF8.self)
      #expect(walk.tokens.count <= maxTokens, "seed \(seed)")
      #expect(walk.tokens.count >= minTokens, "seed \(seed)")
      #expect(throws: Never.self, "seed \(seed): \(text)") { try VerdictParser().parse(text) }
      #expect(!text.contains("\u{FFFD}"), "seed \(seed): a character was cut")
      #expect(walk.distributions.count == 2)
    }
  }

  @Test func criteriaLeaveRoomForTheEvaluation() throws {
    let tokenizer = try DefaultModel.tokenizer.get()
    for seed in 0..<UInt64(10) {
      let walk = try walk(min: 0, max: 240, seed: seed, closes: 0)
      let text = String(decoding: tokenizer.decode(walk.tokens), as: UTF8.self)
      let evaluation = try VerdictParser().parse(text).eval
      #expect(tokenizer.encode(evaluation).count > 30, "seed \(seed)")
    }
  }

  @Test func theDigitOneIsDividedBetweenOneAndTen() throws {
    let tables = try Self.tables.get()
    var constraint = VerdictConstraint(tables, minTokens: 0, maxTokens: 200)
    func force() { while case let forced = constraint.takeForcedTokens(), !forced.isEmpty {} }
    func choose(_ text: String, _ probability: Float) throws {
      force()
      guard case .few(let few) = constraint.choices() else {
        Issue.record("a number has few choices")
        return
      }
      let token = try #require(few.first { tables.bytes(of: $0) == Array(text.utf8) })
      let rest = (1 - probability) / Float(few.count - 1)
      constraint.accept(token, probabilities: few.map { $0 == token ? probability : rest })
    }
    for text in ["</", "</"] {
      force()
      constraint.accept(tables.encode(Array("x".utf8))[0], probabilities: [])
      force()
      constraint.accept(tables.encode(Array(text.utf8))[0], probabilities: [])
    }
    try choose("1", 0.6)
    try choose("0", 0.75)
    try choose(",", 0.5)
    try choose("7", 0.9)
    let first = try #require(constraint.scoreDistributions.first)
    #expect(abs(first.probabilities[0] - 0.6 * 0.25) < 1e-6)
    #expect(abs(first.probabilities[9] - 0.6 * 0.75) < 1e-6)
    #expect(abs(constraint.scoreDistributions[1].probabilities[6] - 0.9) < 1e-6)
    #expect(abs(first.probabilities.reduce(0, +) - 1) < 1e-9)
  }

  @Test func countsOfClosingTokensAreThoseOfTheClosingBytes() throws {
    let tables = try Self.tables.get()
    // Every state a text leads to, from the first byte to the first number.
    var seen: Set<VerdictState> = []
    var open = [VerdictGrammar().initial]
    while let state = open.popLast() {
      guard seen.insert(state).inserted else { continue }
      let expected = tables.encode(state.closingBytes).count
      for _ in 0..<2 { #expect(tables.closingCount(state) == expected) }
      for byte in state.allowedBytes {
        var next = state
        if next.advance(byte) { open.append(next) }
      }
    }
    #expect(seen.count == VerdictState.count)
  }

  @Test func masksAgreeWithTheGrammarByteByByte() throws {
    let tables = try Self.tables.get()
    let tokenizer = try DefaultModel.tokenizer.get()
    var state = VerdictGrammar().initial
    let isTaken = state.advance(Array("<criteria>Some \u{E9}".utf8))
    #expect(isTaken)
    let closing = tables.mask(state, mayClose: true, endsCharacter: false)
    let open = tables.mask(state, mayClose: false, endsCharacter: true)
    for token in 0..<Int32(tokenizer.vocabularySize) {
      let bytes = tokenizer.bytes(of: token)
      var next = state
      let fits = !tokenizer.isSpecial(token) && !bytes.isEmpty && next.advance(bytes)
      #expect(closing.contains(token) == fits, "\(token)")
      if open.contains(token) { #expect(fits && !bytes.contains(UInt8(ascii: "<")) && !next.isInsideCharacter) }
      if tokenizer.isSpecial(token) { #expect(!closing.contains(token) && !open.contains(token)) }
    }
  }
}
