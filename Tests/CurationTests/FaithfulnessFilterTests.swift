import Corpora
import Curation
import Judge
import Randomness
import Stylometry
import Testing

/// What is dropped, and why: each reason by a judgement that has just this fault, and true judgements made false.
@Suite struct FaithfulnessFilterTests {
  private let filter = FaithfulnessFilter()
  private let pair = PreferencePair(
    id: "p", query: "Write.", exemplars: ["We left, at dawn, on the ferry. It rained.", "No, not yet, she said."],
    responseA: "They sang, all of them, on the quay. Late.", responseB: "The harbour was closed for the whole winter.",
    preferred: .a, author: "x", negativeKind: "random")
  private let criteria =
    "The exemplars put many commas into short sentences, as in \"at dawn, on the ferry\" and so on."
  private let eval =
    "Response A writes \"all of them, on\" in the same way, and Response B has none. Response A is closer to them."

  private func fault(
    criteria: String? = nil, eval: String? = nil, a: Int = 80, b: Int = 30
  ) throws -> FaithfulnessFilter.Fault? {
    let judgement = TaughtJudgement(
      criteria: criteria ?? self.criteria, eval: eval ?? self.eval, a: try #require(Score(tenths: a)),
      b: try #require(Score(tenths: b)))
    return filter.fault(of: judgement, on: pair)
  }

  @Test func keepsWhatIsTrue() throws { #expect(try fault() == nil) }

  @Test(arguments: FaithfulnessFilter.Reason.allCases) func eachReasonHasItsJudgement(reason: FaithfulnessFilter.Reason)
    throws
  {
    let last = " Response A is closer to them."
    let found =
      switch reason {
      case .scoresContradictLabel: try fault(a: 30, b: 80)
      case .scoresTie: try fault(a: 54, b: 50)
      case .evaluationContradictsScores: try fault(eval: eval.replacing("Response A is", with: "Response B is"))
      case .noStatedPreference:
        try fault(eval: eval.replacing("Response A is closer to them.", with: "So it is with both."))
      case .responseNotEvaluated: try fault(eval: eval.replacing("Response B", with: "the rest of it"))
      case .unbalancedQuotation: try fault(criteria: criteria + " And \"so on.")
      case .falseQuotation: try fault(criteria: criteria.replacing("ferry", with: "train"))
      case .falseNumber:
        try fault(eval: "Response A has 99.9 commas per 100 words, and Response B has 0.0 of them." + last)
      case .unverifiableNumber:
        try fault(eval: "Response A was written in 1999, and Response B was written after it." + last)
      case .tooShort: try fault(criteria: "Short sentences.")
      case .tooLong: try fault(criteria: String(repeating: "the exemplars are of one kind and ", count: 40))
      case .notEnglish:
        try fault(criteria: "Muster Kommas Satz Punkt Wort Zeile Absatz Zeichen Rand Blatt Feder Tinte Papier Buch")
      case .badForm: try fault(criteria: criteria + " <b>So</b>.")
      }
    #expect(found?.reason == reason, "\(String(describing: found))")
    #expect(found?.detail.isEmpty == false)
  }

  @Test(arguments: [
    "The exemplars write \"all of them\" here.", "Response B writes \"all of them\" here.",
    "The words \"all of them\" are in Response B.", "As \"Response A\" says, Response B has \"all of them\" here.",
  ])
  func looksForAQuotationWhereItIsSaidToBe(text: String) throws {
    #expect(try fault(eval: "\(text) \(eval)")?.reason == .falseQuotation)
  }

  @Test(arguments: [
    "Response A writes \"all of them\" here.", "The words \"all of them\" are in Response A, not in the exemplars.",
  ])
  func findsAQuotationWhereItIs(text: String) throws { #expect(try fault(eval: "\(text) \(eval)") == nil) }

  @Test func takesOnlyMeasurementsThatAPromptShows() throws {
    let text = StyleText(pair.responseA)
    for feature in StyleFeature.allCases {
      guard let value = feature.value(in: text) else { continue }
      let found = try fault(eval: "Response A has \(FeatureWording.claim(feature, value)). " + eval)
      #expect((found == nil) == EvidenceBlock.features.contains(feature), "\(feature): \(String(describing: found))")
      if EvidenceBlock.features.contains(feature) {
        let wrong = try fault(eval: "Response A has \(FeatureWording.claim(feature, value + 3)). " + eval)
        #expect(wrong?.reason == .falseNumber, "\(feature)")
      }
    }
  }

  @Test func controlCharactersAreBadForm() throws {
    for scalar in ["\u{0}", "\t", "\u{7F}", "\u{9B}", ">"] {
      #expect(try fault(criteria: criteria + scalar)?.reason == .badForm)
    }
  }

  // MARK: True judgements made false

  private func judged(_ seed: UInt64) -> (pair: PreferencePair, judgement: TaughtJudgement)? {
    var pair = InventedCorpus.pair(seed: seed)
    let judgement = StylometricTeacher().judge(pair, seed: seed).judgement
    if judgement.b > judgement.a { pair.preferred = .b }
    return filter.fault(of: judgement, on: pair) == nil ? (pair, judgement) : nil
  }

  @Test(arguments: 0..<60) func anyOtherDigitIsFalse(seed: UInt64) throws {
    guard let (pair, judgement) = judged(seed) else { return }
    for isEval in [false, true] {
      let text = Array(isEval ? judgement.eval : judgement.criteria)
      for index in text.indices where text[index].isNumber {
        var changed = text
        changed[index] = text[index] == "9" ? "1" : Character("\((text[index].wholeNumberValue ?? 0) + 1)")
        var mutant = judgement
        if isEval { mutant.eval = String(changed) } else { mutant.criteria = String(changed) }
        #expect(filter.fault(of: mutant, on: pair) != nil, "seed \(seed): \(String(changed))")
      }
    }
  }

  @Test(arguments: 0..<60) func anyOtherQuotedWordIsFalse(seed: UInt64) throws {
    guard let (pair, judgement) = judged(seed) else { return }
    for isEval in [false, true] {
      let text = isEval ? judgement.eval : judgement.criteria
      for span in try #require(Quotations.spans(in: text)) {
        for word in span.text.split(separator: " ") {
          let quotation = span.text.replacing(word, with: "quox")
          var mutant = judgement
          let changed = text.replacing("\"\(span.text)\"", with: "\"\(quotation)\"")
          if isEval { mutant.eval = changed } else { mutant.criteria = changed }
          #expect(filter.fault(of: mutant, on: pair)?.reason == .falseQuotation, "seed \(seed): \(quotation)")
        }
      }
    }
  }

  @Test(arguments: 0..<60) func exchangingTheResponsesInASentenceIsFalse(seed: UInt64) throws {
    guard let (pair, judgement) = judged(seed) else { return }
    let sentences = judgement.eval.split(separator: ". ", omittingEmptySubsequences: false).map(String.init)
    for index in sentences.indices {
      var changed = sentences
      changed[index] = exchanged(sentences[index])
      if changed[index] == sentences[index] { continue }
      var mutant = judgement
      mutant.eval = changed.joined(separator: ". ")
      let found = filter.fault(of: mutant, on: pair)
      // True of the other as well: the same likeness, the same words.
      let isTrueOfBoth = sentences[index].contains("similarity") || sentences[index].contains("\"")
      #expect(found != nil || isTrueOfBoth, "seed \(seed): \(changed[index])")
    }
  }

  private func exchanged(_ text: String) -> String {
    text.replacing("Response A", with: "Response #").replacing("Response B", with: "Response A")
      .replacing("Response #", with: "Response B")
  }
}
