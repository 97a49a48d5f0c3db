import Corpora
import Curation
import Judge
import Stylometry
import Testing

/// What is cited of the evidence, and that the conclusion is what the cited evidence comes to.
@Suite struct StyleArgumentTests {
  private func row(
    _ feature: StyleFeature, _ lead: Double, exemplars: Double = 5, a: Double = 5, b: Double = 9,
    others: Double = 3, distinction: Double = 1, apart: Int? = 5
  ) -> StyleEvidence.Row {
    StyleEvidence.Row(
      feature: feature, exemplars: exemplars, a: a, b: b, others: others, distinction: distinction, leadOfA: lead,
      tokensApart: apart)
  }

  private func argument(_ rows: [StyleEvidence.Row], similarity: Double = 0) -> StyleArgument {
    StyleArgument(StyleEvidence(rows: rows, similarityA: 0.2, similarityB: 0.1, similarityLeadOfA: similarity))
  }

  @Test func citesWhatTellsMostWhicheverItSpeaksFor() {
    let found = argument([row(.longWords, 0.2), row(.commas, -0.3), row(.dashes, 0.25), row(.ellipses, 0.1)])
    #expect(found.marks.map(\.row.feature) == [.commas, .dashes])
    #expect(found.winner == nil && abs(found.leadOfA + 0.05) < 1e-9)
    // A third only where it tells a good deal.
    let three = argument([row(.longWords, 0.5), row(.commas, -0.6), row(.dashes, 0.55), row(.ellipses, 0.45)])
    #expect(three.marks.map(\.row.feature) == [.longWords, .commas, .dashes])
    #expect(three.winner == .a && abs(three.leadOfA - 0.45) < 1e-9)
  }

  @Test func aSingleTokenIsNoMarkWhereThereIsABetterOne() {
    let found = argument([row(.dashes, 0.9, apart: 1), row(.commas, 0.2), row(.sentenceLength, 0.3, apart: nil)])
    #expect(found.marks.map(\.row.feature) == [.sentenceLength, .commas])
    #expect(found.marks.allSatisfy { !$0.isWeak })
    let weak = argument([row(.dashes, 0.9, apart: 1), row(.commas, 0.02)])
    #expect(weak.marks.map(\.row.feature) == [.dashes] && weak.marks[0].isWeak)
    // It is shown and not counted.
    #expect(weak.leadOfA == 0 && weak.winner == nil)
  }

  @Test func whoMissesTheExemplarsByAsMuchIsNotNearer() {
    // 3.1 and 2.8 away, on either side.
    let found = argument([row(.commas, -0.9, exemplars: 6.2, a: 3.1, b: 9), row(.dashes, 0.2)])
    #expect(found.marks.map(\.row.feature) == [.dashes])
    #expect(argument([row(.commas, -0.9, exemplars: 6.2, a: 3.1, b: 8)]).marks.map(\.isWeak) == [false])
  }

  @Test func whatDoesNotSeparateIsNotCited() {
    let found = argument([row(.dashes, 0), row(.commas, 0)], similarity: 2)
    #expect(found.marks.isEmpty && found.winner == .a && !found.isBorneOut)
    #expect(argument([row(.commas, -0.2)], similarity: 2).isBorneOut)
  }

  @Test(arguments: [
    (0.05, nil as PreferencePair.Slot?, StyleArgument.Strength.slight), (0.5, .a, .slight), (-0.5, .b, .slight),
    (0.7, .a, .plain),
    (1.6, .a, .clear), (3, .a, .far), (-3, .b, .far),
  ])
  func strengthFollowsWhatIsCited(lead: Double, winner: PreferencePair.Slot?, strength: StyleArgument.Strength) {
    let found = argument([row(.commas, lead)], similarity: 0.05)
    #expect(found.moreSimilar == nil && found.winner == winner && found.strength == strength)
  }

  @Test func evidenceAgainstWeakensTheConclusion() {
    #expect(argument([row(.commas, -0.2), row(.dashes, 0.1)], similarity: 4).strength == .clear)
    // Against every mark.
    #expect(argument([row(.commas, -0.2)], similarity: 4).strength == .plain)
    // With a mark that does not count, or none.
    #expect(argument([row(.commas, 0.9, apart: 1)], similarity: 4).strength == .clear)
    #expect(argument([row(.commas, -2)], similarity: 5).strength == .plain)
    #expect(argument([row(.commas, 0.2)], similarity: 4).strength == .far)
  }

  @Test func whatSetsTheWriterApartIsNamedFirst() {
    let found = argument([
      row(.longWords, 0.5, distinction: 0.1), row(.commas, 0.6, exemplars: 0.01), row(.dashes, 0.55),
      row(.contractions, 0.1, exemplars: 2, distinction: -1),
    ])
    #expect(found.marks.map(\.row.feature) == [.dashes, .longWords, .commas])
    #expect(found.marks.map(\.habit) == [.more, .ordinary, .hardlyAny])
    let less = argument([row(.contractions, 0.1, exemplars: 2, distinction: -1)])
    #expect(less.marks.map(\.habit) == [.less])
    // What the printed numbers do not show is not said.
    #expect(argument([row(.commas, 0.3, exemplars: 3.01)]).marks.map(\.habit) == [.ordinary])
    #expect(argument([row(.commas, 0.3, exemplars: 2)]).marks.map(\.habit) == [.ordinary])
  }

  /// A model that learns from a trace is shown every number of it.
  @Test(arguments: 0..<40) func everyNumberStandsInThePrompt(seed: UInt64) throws {
    let pair = InventedCorpus.pair(seed: seed)
    let comparison = Comparison(
      query: pair.query, exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB)
    let prompt = try #require(PromptTemplate().prompt(comparison, order: .ab, evidence: true).messages.last).content
    let blocks = prompt.matches(of: /<measurements>\n([^<]*)<\/measurements>/).map { String($0.output.1) }
    #expect(blocks.count == 2)
    let judgement = StylometricTeacher().judge(pair, seed: seed).judgement
    let claims = NumberClaim.all(in: judgement.criteria + " " + judgement.eval, subject: .exemplars)
    #expect(!claims.isEmpty)
    for claim in claims {
      var label = EvidenceBlock.similarityLabel
      if case .feature(let feature) = claim.measurement { label = EvidenceBlock.label(feature) }
      let lines = blocks[claim.subject == .exemplars ? 0 : 1].split(separator: "\n").filter { $0.hasPrefix(label) }
      let numbers = lines.flatMap { $0.dropFirst(label.count).split { !($0.isNumber || $0 == ".") } }.map(String.init)
      let place = claim.subject == .response(.b) ? 1 : 0
      #expect(numbers.count == 2 && numbers[place] == claim.number, "\(claim) in \(lines)")
    }
  }

  /// Every criterion is evaluated once, and no other; the scores' margin is that of the words.
  @Test(arguments: 0..<80) func everyCriterionIsEvaluatedOnce(seed: UInt64) {
    let pair = InventedCorpus.pair(seed: seed)
    let evidence = StyleEvidence(exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB)
    let argument = StyleArgument(evidence)
    let judgement = StylometricTeacher().judge(pair, seed: seed).judgement
    let named = NumberClaim.all(in: judgement.criteria, subject: .exemplars).map(\.measurement)
    #expect(named == argument.marks.map { .feature($0.row.feature) }, "\(judgement.criteria)")
    for subject in [NumberClaim.Subject.exemplars, .response(.a), .response(.b)] {
      let said = NumberClaim.all(in: judgement.eval, subject: nil).filter { $0.subject == subject }.map(\.measurement)
      let isResponse = subject != .exemplars
      #expect(said == named + (isResponse ? [.similarity] : []), "\(judgement.eval)")
    }
    let words: [(String, Int)] = [("slightly", 1), ("by a little.", 1), ("clearly", 5), ("by far", 7)]
    let margin = argument.winner == nil ? 0 : words.first { judgement.eval.hasSuffixSentence(with: $0.0) }?.1 ?? 3
    #expect(abs(judgement.a.tenths - judgement.b.tenths) == 10 * margin, "\(judgement.text)")
  }
}

extension String {
  /// Whether the last sentence has these words.
  fileprivate func hasSuffixSentence(with words: String) -> Bool {
    split(separator: ". ").last?.contains(words) ?? false
  }
}
