import Corpora
import Randomness
import Stylometry

/// Words an argument into criteria and an evaluation.
///
/// Every criterion that is named is evaluated, once, in the order in which it was named; then the similarity; then one
/// sentence weighs what was cited for and against. Numbers are those of the evidence block as they are printed there,
/// so that a model learns to read numbers and not to make them up. Each comparison gives the exemplars' number, A's and
/// B's before it says whose is nearer, and what comes first does not depend on who wins; so the answer is found at the
/// end and not before. A quotation is of whichever response has more of the mark. The seed varies the wording, not what
/// is true; exchanging the responses exchanges their numbers and letters and nothing else (`ResponseExchange`).
struct TraceWriter {
  /// How often a criterion is shown by a quotation, and how often an evaluation is.
  private static let criteriaQuotedShare = 0.4
  private static let evaluationQuotedShare = 0.3

  private let exemplars: [String]
  private let responses: [PreferencePair.Slot: String]
  private let evidence: StyleEvidence
  private let argument: StyleArgument
  private var random: SeededRandom

  init(pair: PreferencePair, evidence: StyleEvidence, argument: StyleArgument, seed: UInt64) {
    exemplars = pair.exemplars
    responses = [.a: pair.responseA, .b: pair.responseB]
    self.evidence = evidence
    self.argument = argument
    random = SeededRandom(seed: seed)
  }

  // MARK: Criteria

  /// What sets the writer apart, as far as it tells the responses apart.
  mutating func criteria() -> String {
    let compared = argument.marks.filter(\.habit.isComparative).map(criterion)
    let others = argument.marks.filter { !$0.habit.isComparative }.map(criterion)
    var sentences: [String] = []
    if !compared.isEmpty {
      let rest = others.isEmpty ? "" : (others.count == 1 ? ", and " : ", ") + Self.list(others)
      let named = Self.list(compared)
      sentences.append(
        pick([
          "This writer uses \(named) than most\(rest).", "The exemplars have \(named) than most texts\(rest).",
          "Compared with most, the exemplars show \(named)\(rest).",
        ]))
    } else if !others.isEmpty {
      let named = Self.list(others)
      sentences.append(
        pick(["This writer has \(named).", "The exemplars have \(named).", "The exemplars show \(named)."]))
    } else {
      sentences.append("Nothing that is counted in the exemplars tells the two responses apart.")
    }
    let quotation = quotedCriterion()
    if let quotation { sentences.append(quotation) }
    if argument.marks.count == 1 {
      sentences.append(
        pick([
          "It is hard to tell the responses apart by much else.",
          "There is not much else that tells the responses apart.",
        ]))
    }
    return sentences.joined(separator: " ")
  }

  /// "more commas (6.9 per 100 words)".
  private func criterion(_ mark: StyleArgument.Mark) -> String {
    let wording = MarkWording.of(mark.row.feature)
    return "\(wording.phrase(mark.habit)) (\(mark.row.feature.printed(mark.row.exemplars)) \(wording.scale))"
  }

  /// One of the marks that the writer has more of, in words of the exemplars.
  private mutating func quotedCriterion() -> String? {
    let isQuoting = chance(Self.criteriaQuotedShare)
    for mark in argument.marks where isQuoting && mark.habit == .more {
      let spans = exemplars.flatMap { QuoteFinder.spans(of: mark.row.feature, in: $0) }
      if spans.isEmpty { continue }
      let span = spans[random.below(spans.count)]
      let noun = MarkWording.of(mark.row.feature).noun.capitalisedFirst
      return pick(["\(noun), as in \"\(span)\".", "Of the \(MarkWording.of(mark.row.feature).noun): \"\(span)\"."])
    }
    return nil
  }

  // MARK: Evaluation

  /// How each response meets each criterion, how similar each is, and what follows.
  mutating func evaluation() -> String {
    let form = random.below(3)
    let link = pick([", so", ";", ":"])
    let quoted = chance(Self.evaluationQuotedShare) ? random.below(max(1, argument.marks.count)) : nil
    var sentences: [String] = []
    for (place, mark) in argument.marks.enumerated() {
      sentences.append("\(numbers(mark, form: form))\(link) \(verdict(mark, place: place)).")
      if place == quoted, let quotation = quotedResponse(mark) { sentences.append(quotation) }
    }
    sentences.append(similarity(form: form))
    sentences.append(conclusion())
    return sentences.joined(separator: " ")
  }

  /// The three numbers of a mark, always in the same order, or the exemplars' last.
  private func numbers(_ mark: StyleArgument.Mark, form: Int) -> String {
    let (feature, wording) = (mark.row.feature, MarkWording.of(mark.row.feature))
    let exemplars = feature.printed(mark.row.exemplars)
    let (a, b) = (feature.printed(mark.row.a), feature.printed(mark.row.b))
    // "1 commas" is no English.
    switch wording.unit.isEmpty && [exemplars, a, b].contains("1") ? 0 : form {
    case 0: return "\(wording.noun.capitalisedFirst): the exemplars \(wording.measured(exemplars)), A \(a), B \(b)"
    case 1: return "The exemplars have \(wording.counted(exemplars)), A \(a) and B \(b)"
    default: return "A has \(wording.counted(a)), B \(b) and the exemplars \(exemplars)"
    }
  }

  /// Whose number is nearer, and how that stands to what was found before.
  private func verdict(_ mark: StyleArgument.Mark, place: Int) -> String {
    let near = mark.nearer.rawValue
    if mark.isWeak { return "\(near) is nearer by a little" }
    if place == 0 { return "\(near) is nearer" }
    return argument.marks[place - 1].nearer == mark.nearer ? "\(near) is nearer again" : "here \(near) is nearer"
  }

  /// How similar each response is, and how that stands to the marks.
  private mutating func similarity(form: Int) -> String {
    let a = EvidenceBlock.printedSimilarity(evidence.similarityA)
    let b = EvidenceBlock.printedSimilarity(evidence.similarityB)
    let numbers = form == 0 ? "similarity: A \(a), B \(b)" : "A has a similarity of \(a) to the exemplars, B \(b)"
    guard let more = argument.moreSimilar else {
      return "\(numbers), \(a == b ? "no difference" : "about even").".capitalisedFirst
    }
    let sides = Set(argument.marks.map(\.nearer))
    let start = sides == [more.other] ? pick(["Against this, ", "On the other side, "]) : ""
    let ahead = "\(more.rawValue) is ahead\(sides == [more] ? " again" : "")"
    return "\(start)\(numbers); \(ahead).".capitalisedFirst
  }

  /// A mark as it stands in the response that has more of it.
  private mutating func quotedResponse(_ mark: StyleArgument.Mark) -> String? {
    let spans = QuoteFinder.spans(of: mark.row.feature, in: responses[mark.fuller] ?? "")
    return spans.isEmpty ? nil : "\(mark.fuller.rawValue) has more, as in \"\(spans[random.below(spans.count)])\"."
  }

  /// What was cited for and against, weighed.
  private mutating func conclusion() -> String {
    guard let winner = argument.winner else { return "What is cited is balanced, and neither response is closer." }
    let closer = "Response \(winner.rawValue) is \(pick(Self.degrees(argument.strength)))"
    let (reasons, contrary) = (Reasons(argument.cited(for: winner)), Reasons(argument.cited(for: winner.other)))
    let named = reasons.list.capitalisedFirst
    if !contrary.names.isEmpty {
      return pick([
        "\(named) \(reasons.verb("outweigh")) \(contrary.list): \(closer).",
        "\(contrary.list.capitalisedFirst) \(contrary.verb("count")) for less than \(reasons.list), so \(closer).",
      ])
    }
    if reasons.names.count == 1 { return "\(named) \(reasons.verb("decide")): \(closer)." }
    let all = argument.moreSimilar == nil ? "\(named) agree: " : "All of these agree, so "
    return pick(["\(named) agree: \(closer).", "Nothing speaks for the other: \(closer).", "\(all)\(closer)."])
  }

  private static func degrees(_ strength: StyleArgument.Strength) -> [String] {
    switch strength {
    case .slight: ["slightly closer", "the better match by a little"]
    case .plain: ["closer", "the better match"]
    case .clear: ["clearly closer", "clearly the better match"]
    case .far: ["closer by far", "by far the better match"]
    }
  }

  /// What speaks for one response, as a conclusion names it.
  private struct Reasons {
    let names: [String]

    init(_ cited: (marks: [StyleArgument.Mark], similarity: Bool)) {
      names = cited.marks.map { MarkWording.of($0.row.feature).noun } + (cited.similarity ? ["similarity"] : [])
    }

    var list: String { TraceWriter.list(names) }

    /// In the present tense: every noun but the similarity is in the plural.
    func verb(_ stem: String) -> String { names == ["similarity"] ? stem + "s" : stem }
  }

  // MARK: Words

  private mutating func pick(_ forms: [String]) -> String { forms[random.below(forms.count)] }

  private mutating func chance(_ share: Double) -> Bool { Double(random.below(1000)) < 1000 * share }

  private static func list(_ parts: [String]) -> String {
    parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
  }
}

extension String {
  /// With a capital at its start.
  fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
