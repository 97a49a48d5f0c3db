package import Corpora
import Judge
import Stylometry

/// Keeps the judgements whose scores and words are true.
///
/// A trace teaches more than its scores: a model that reads of commas that are not there learns to make them up. So a
/// judgement is dropped where its scores contradict the label, where its own words prefer the other response or none,
/// where it quotes what does not stand in the text, or states a number that is not that text's measurement. The checks
/// read the finished words, and know nothing of who wrote them or how.
package struct FaithfulnessFilter: Sendable {
  /// Why a judgement was dropped; the raw value is what files and reports say.
  package enum Reason: String, Sendable, CaseIterable {
    /// The other response has the higher score.
    case scoresContradictLabel = "scores_contradict_label"
    /// The scores are closer together than a preference.
    case scoresTie = "scores_tie"
    /// The evaluation prefers the other response to the one with the higher score.
    case evaluationContradictsScores = "evaluation_contradicts_scores"
    case noStatedPreference = "no_stated_preference"
    /// A response is not spoken of.
    case responseNotEvaluated = "response_not_evaluated"
    case unbalancedQuotation = "unbalanced_quotation"
    /// A quotation stands in none of the texts it may be of.
    case falseQuotation = "false_quotation"
    case falseNumber = "false_number"
    /// A number of which it cannot be told what it measures, or of whom.
    case unverifiableNumber = "unverifiable_number"
    case tooShort = "too_short"
    case tooLong = "too_long"
    case notEnglish = "not_english"
    /// Tags, control characters or line noise in the words.
    case badForm = "bad_form"
  }

  /// What is wrong with a judgement.
  package struct Fault: Sendable, Equatable {
    package let reason: Reason
    /// For a person: which number, which quotation.
    package let detail: String
  }

  /// Scores that differ by less are no preference, in tenths of a point.
  package var marginTenthsMin = 5
  /// Words of the criteria and of the evaluation, at least and at most.
  package var wordsMin = 12
  package var wordsMax = 220
  /// Of the words of English prose at least so many are function words; most have 35 to 60 %.
  package var functionWordShareMin = 0.2

  package init() {}

  /// The first thing that is wrong; nil where all is right.
  package func fault(of judgement: TaughtJudgement, on pair: PreferencePair) -> Fault? {
    formFault(judgement) ?? scoreFault(judgement, pair) ?? preferenceFault(judgement)
      ?? quotationFault(judgement, pair) ?? numberFault(judgement, pair)
  }

  // MARK: Form

  private func formFault(_ judgement: TaughtJudgement) -> Fault? {
    for (name, text) in [("criteria", judgement.criteria), ("eval", judgement.eval)] {
      let words = StyleText(text).words
      if words.count < wordsMin { return Fault(reason: .tooShort, detail: "\(name) has \(words.count) words") }
      if words.count > wordsMax { return Fault(reason: .tooLong, detail: "\(name) has \(words.count) words") }
      let isControl = { (scalar: Unicode.Scalar) in
        (scalar.value < 0x20 && scalar != "\n") || (0x7F...0x9F).contains(scalar.value)
      }
      if text.contains("<") || text.contains(">") || text.unicodeScalars.contains(where: isControl) {
        return Fault(reason: .badForm, detail: "\(name) has an angle bracket or a control character")
      }
      let functionWords = words.count { $0.classes.contains(.grammatical) }
      if Double(functionWords) < functionWordShareMin * Double(words.count) {
        return Fault(reason: .notEnglish, detail: "\(name) has \(functionWords) function words of \(words.count)")
      }
    }
    return nil
  }

  private func scoreFault(_ judgement: TaughtJudgement, _ pair: PreferencePair) -> Fault? {
    let lead = judgement.a.tenths - judgement.b.tenths
    let detail = "A: \(judgement.a.written), B: \(judgement.b.written), and \(pair.preferred.rawValue) is right"
    if abs(lead) < marginTenthsMin { return Fault(reason: .scoresTie, detail: detail) }
    return (lead > 0) == (pair.preferred == .a) ? nil : Fault(reason: .scoresContradictLabel, detail: detail)
  }

  private func preferenceFault(_ judgement: TaughtJudgement) -> Fault? {
    let mentioned = Set(ResponseMention.all(in: judgement.eval).map(\.slot))
    for slot in PreferencePair.Slot.allCases where !mentioned.contains(slot) {
      return Fault(reason: .responseNotEvaluated, detail: "the evaluation says nothing of Response \(slot.rawValue)")
    }
    guard let stated = StatedPreference.read(judgement.eval) else {
      return Fault(reason: .noStatedPreference, detail: "the evaluation names no response as the closer one")
    }
    let scored: PreferencePair.Slot = judgement.a > judgement.b ? .a : .b
    return stated == scored
      ? nil
      : Fault(reason: .evaluationContradictsScores, detail: "the evaluation prefers \(stated.rawValue)")
  }

  // MARK: Quotations

  private func quotationFault(_ judgement: TaughtJudgement, _ pair: PreferencePair) -> Fault? {
    for (isEvaluation, text) in [(false, judgement.criteria), (true, judgement.eval)] {
      guard let spans = Quotations.spans(in: text) else {
        return Fault(reason: .unbalancedQuotation, detail: "a quotation mark has no partner")
      }
      let characters = Array(text)
      for span in spans {
        let sources = isEvaluation ? sources(of: span, in: characters, spans, pair) : pair.exemplars
        if !sources.contains(where: { Quotations.occurs(span.text, in: $0) }) {
          return Fault(reason: .falseQuotation, detail: "\"\(span.text)\" does not stand there")
        }
      }
    }
    return nil
  }

  /// The texts a quotation of the evaluation may be of: of whom was named last before it in its sentence, or first
  /// behind it where nobody was; any where the sentence names nobody.
  private func sources(
    of span: Quotations.Span, in characters: [Character], _ spans: [Quotations.Span], _ pair: PreferencePair
  ) -> [String] {
    // What stands inside quotations names nobody and ends no sentence.
    var text = characters
    for span in spans { for index in span.start..<span.end { text[index] = "_" } }
    let isEnd = { (index: Int) in
      text[index] == "\n" || (".!?".contains(text[index]) && index + 1 < text.count && text[index + 1].isWhitespace)
    }
    var (start, end) = (span.start, span.end)
    while start > 0, !isEnd(start - 1) { start -= 1 }
    while end < text.count, !isEnd(end) { end += 1 }
    let before = mentions(in: String(text[start..<span.start]))
    let behind = mentions(in: String(text[span.end..<end]))
    switch before.last ?? behind.first {
    case .some(.some(let slot)): return [pair.response(slot)]
    case .some(.none): return pair.exemplars
    case .none: return pair.exemplars + [pair.responseA, pair.responseB]
    }
  }

  /// Who is named, in order: a response, or nil for the exemplars and their writer.
  private func mentions(in text: String) -> [PreferencePair.Slot?] {
    var found = ResponseMention.all(in: text).map { (place: $0.range.lowerBound, slot: Optional($0.slot)) }
    let words = ResponseMention.Word.all(in: Array(text))
    for (index, word) in words.enumerated() {
      let isWriter =
        ["writer", "author", "person"].contains(word.lower) && index > 0
        && ["this", "the"].contains(words[index - 1].lower)
        // "The writer's habit" may be a response's.
        && word.behind != "'" && word.behind != "\u{2019}"
      if isWriter || word.lower == "exemplars" || word.lower == "exemplar" {
        found.append((word.range.lowerBound, nil))
      }
    }
    return found.sorted { $0.place < $1.place }.map(\.slot)
  }

  // MARK: Numbers

  /// Whether a prompt with evidence shows the measurement: who learns from others learns to make numbers up.
  private func isGiven(_ measurement: NumberClaim.Measurement, _ subject: NumberClaim.Subject) -> Bool {
    if case .feature(let feature) = measurement {
      return EvidenceBlock.features.contains(feature) && subject != .others
    }
    return true
  }

  private func numberFault(_ judgement: TaughtJudgement, _ pair: PreferencePair) -> Fault? {
    let claims =
      NumberClaim.all(in: judgement.criteria, subject: .exemplars) + NumberClaim.all(in: judgement.eval, subject: nil)
    if claims.isEmpty { return nil }
    let profile = AuthorProfile(exemplars: pair.exemplars.map { StyleText($0) })
    let responses: [PreferencePair.Slot: StyleText] = [.a: StyleText(pair.responseA), .b: StyleText(pair.responseB)]
    for claim in claims {
      guard let measurement = claim.measurement, let subject = claim.subject else {
        return Fault(reason: .unverifiableNumber, detail: "\(claim.number): of what, or of whom, is not said")
      }
      if !isGiven(measurement, subject) {
        return Fault(reason: .unverifiableNumber, detail: "\(claim.number): a prompt shows no such measurement")
      }
      let truth: (value: Double, decimals: Int)?
      switch (measurement, subject) {
      case (.feature(let feature), .exemplars): truth = profile.habit(feature).map { ($0.mean, feature.decimals) }
      case (.feature(let feature), .spread): truth = profile.habit(feature).map { ($0.spread, feature.decimals) }
      case (.feature(let feature), .others): truth = (Population.row(feature).mean, feature.decimals)
      case (.feature(let feature), .response(let slot)):
        truth = responses[slot].flatMap { feature.value(in: $0) }.map { ($0, feature.decimals) }
      case (.similarity, .response(let slot)):
        truth = responses[slot].map { (100 * profile.gramSimilarity(of: $0), 1) }
      case (.similarity, _): truth = nil
      }
      guard let truth else {
        return Fault(reason: .unverifiableNumber, detail: "\(claim.number): there is no such measurement")
      }
      if !PrintedNumber.agrees(claim.number, with: truth.value, decimals: truth.decimals) {
        let true_ = PrintedNumber.text(truth.value, decimals: truth.decimals)
        return Fault(reason: .falseNumber, detail: "\(claim.number) of \(subject), \(measurement), is \(true_)")
      }
    }
    return nil
  }
}
