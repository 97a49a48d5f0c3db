import Randomness
import Stylometry

/// Words measurements into criteria and an evaluation.
///
/// Its numbers are those of the evidence block and no others, so that a model learns to weigh numbers it is given and
/// not to make them up; other habits are shown by quotations. Everything it says is measured: a number is printed as it
/// is, a comparison holds for the numbers as printed, a quotation is a span of the text it is said to be of.
/// Comparisons give the numbers of A before those of B and then say whose are nearer, so that neither the order of a
/// sentence nor its first words tell the end. The seed varies the wording and how much is said, not what is true.
struct TraceWriter {
  /// Features said of the exemplars: so many, or one more. Features compared between the responses.
  private static let criteriaMin = 2
  private static let comparisonsMax = 2
  /// From how many spreads on a habit is worth a word, and an advantage.
  private static let distinctMin = 0.5
  private static let advantageMin = 0.2
  /// From which disadvantage on it is fair to mention it.
  private static let concessionMin = 0.4
  /// What the likeness in character sequences counts for beside advantages, when asking whether a conclusion follows.
  private static let similarityWeight = 0.3

  private let exemplars: [String]
  private let responses: [String]
  private let evidence: StyleEvidence
  private let criteriaMax: Int
  private var random: SeededRandom
  /// Features that the criteria give in full, so that the evaluation need not.
  private var introduced: Set<StyleFeature> = []

  init(exemplars: [String], responseA: String, responseB: String, evidence: StyleEvidence, seed: UInt64) {
    self.exemplars = exemplars
    responses = [responseA, responseB]
    self.evidence = evidence
    random = SeededRandom(seed: seed)
    criteriaMax = Self.criteriaMin + random.below(2)
  }

  /// Whether what the evaluation cites bears out its conclusion. The scores rest on more than a trace can cite; one
  /// whose words do not lead to its scores is not to be learnt from.
  var isSupported: Bool {
    let comparisons = favourable(winner)
    // Likeness in character sequences alone is nothing that a reader can follow.
    if comparisons.isEmpty { return false }
    let cited = comparisons.reduce(0) { $0 + advantage($1, winner) }
    let against = concessionRow().map { advantage($0, loser) } ?? 0
    let (a, b) = (printedSimilarity(evidence.similarityA), printedSimilarity(evidence.similarityB))
    let lead = a == b ? 0 : (evidence.similarityA > evidence.similarityB) == (winner == 0) ? 1.0 : -1
    return cited - against + lead * Self.similarityWeight > 0
  }

  // MARK: Criteria

  /// What sets the writer apart.
  mutating func criteria() -> String {
    let rows = distinctRows()
    var sentences: [String] = []
    if rows.isEmpty {
      sentences.append(
        pick([
          "The exemplars keep close to what is usual, so small habits have to decide.",
          "Little sets these exemplars apart, so small differences have to decide.",
          "This writer is close to the average in most of what is measured, so small habits have to decide.",
        ]))
      let given = numbered.prefix(3).map { FeatureWording.claim($0.feature, $0.exemplars) }
      if !given.isEmpty { sentences.append("On average the exemplars have \(list(given)).") }
      introduced = Set(numbered.prefix(3).map(\.feature))
    }
    for (place, row) in rows.enumerated() { sentences.append(criterion(row, place: place)) }
    introduced.formUnion(rows.map(\.feature))
    if let quoted = quotedHabit() ?? quotedOpening() { sentences.append(quoted) }
    return sentences.joined(separator: " ")
  }

  /// The features whose numbers a prompt shows.
  private var numbered: [StyleEvidence.Row] { evidence.rows.filter { EvidenceBlock.features.contains($0.feature) } }

  /// The most distinctive of them, one of each kind, strongest first; those that also decide between the responses go
  /// before those that only set the writer apart from everybody, and what both responses share comes last.
  private func distinctRows() -> [StyleEvidence.Row] {
    let deciding = Set(favourable(winner).map(\.feature))
    func worth(_ row: StyleEvidence.Row) -> Double {
      min(2, abs(row.distinction)) + (deciding.contains(row.feature) ? 2 : 0) - (isShared(row) ? 4 : 0)
    }
    let ranked = numbered.filter { isSaid($0) && abs($0.distinction) >= Self.distinctMin }.sorted {
      let (one, other) = (worth($0), worth($1))
      return one != other ? one > other : $0.feature.index < $1.feature.index
    }
    return Self.distinctKinds(ranked, max: criteriaMax)
  }

  /// Whether the printed numbers show the difference that would be spoken of.
  private func isSaid(_ row: StyleEvidence.Row) -> Bool {
    row.feature.printed(row.exemplars) != row.feature.printed(row.others)
      && (row.exemplars > row.others) == (row.distinction > 0)
  }

  /// Whether both responses have the habit as well: then it is the genre's, and sets nobody apart here.
  private func isShared(_ row: StyleEvidence.Row) -> Bool {
    let habit = row.exemplars - row.others
    return [row.a, row.b].allSatisfy { ($0 - row.others) * (habit < 0 ? -1 : 1) > abs(habit) / 2 }
  }

  private mutating func criterion(_ row: StyleEvidence.Row, place: Int) -> String {
    let wording = FeatureWording.of(row.feature)
    let habit = row.distinction > 0 ? wording.much : wording.little
    let claim = FeatureWording.claim(row.feature, row.exemplars)
    // Whoever a number is of stands before it: so claims can be read again (`NumberClaim`).
    let forms =
      place == 0
      ? [
        "What stands out in this writer is \(habit): the exemplars average \(claim).",
        "This writer is known by \(habit): the exemplars come to \(claim).",
        "The exemplars show \(habit), with \(claim) on average.",
        "Look first for \(habit): the exemplars have \(claim).",
      ]
      : [
        "The exemplars also show \(habit), with \(claim).",
        "A further mark is \(habit): the exemplars have \(claim).",
        "Another mark is \(habit) (in the exemplars \(claim)).",
        "The exemplars have \(habit) as well, at \(claim).",
      ]
    return pick(forms)
  }

  /// The habits of which the writer has more than others, strongest first, whether or not a prompt shows their numbers.
  private var habits: [StyleEvidence.Row] {
    evidence.rows.filter { $0.distinction >= Self.distinctMin && $0.exemplars > $0.others }.sorted {
      $0.distinction != $1.distinction
        ? $0.distinction > $1.distinction : $0.feature.index < $1.feature.index
    }
  }

  /// A habit shown by words of the exemplars.
  private mutating func quotedHabit() -> String? {
    for row in habits {
      var spans: [String] = []
      for exemplar in exemplars {
        let found = QuoteFinder.spans(of: row.feature, in: exemplar)
        if !found.isEmpty { spans.append(found[random.below(found.count)]) }
        if spans.count == 2 { break }
      }
      guard let first = spans.first else { continue }
      let shown = spans.count > 1 && spans[1] != first ? "\"\(first)\" and \"\(spans[1])\"" : "\"\(first)\""
      let wording = FeatureWording.of(row.feature)
      return pick([
        "The exemplars have \(wording.much), as in \(shown).",
        "The exemplars also go in for \(wording.noun), for example \(shown).",
        "Among the \(wording.noun) of the exemplars: \(shown).",
      ])
    }
    return nil
  }

  /// Where no habit can be shown: how a sentence of the exemplars begins.
  private mutating func quotedOpening() -> String? {
    let openings = exemplars.flatMap { QuoteFinder.openings(of: $0) }
    guard openings.count > 1 else { return nil }
    let opening = openings[random.below(openings.count)]
    return pick([
      "A sentence of this writer begins \"\(opening)\".", "The exemplars open a sentence with \"\(opening)\".",
      "One opening in the exemplars: \"\(opening)\".",
    ])
  }

  // MARK: Evaluation

  /// How each response meets the criteria, and which is closer.
  mutating func evaluation() -> String {
    var sentences = favourable(winner).map { comparison($0, nearer: winner) }
    if let against = concessionRow() { sentences.append(concession(against, isFirst: sentences.isEmpty)) }
    sentences.append(similarity())
    if let quoted = quotedResponse() { sentences.append(quoted) }
    sentences.append(conclusion())
    return sentences.joined(separator: " ")
  }

  /// 0 for A, 1 for B.
  private var winner: Int { evidence.probabilityA > 0.5 ? 0 : 1 }
  private var loser: Int { 1 - winner }

  private func advantage(_ row: StyleEvidence.Row, _ response: Int) -> Double {
    response == 0 ? row.advantageOfA : -row.advantageOfA
  }

  /// What speaks for the other response, where it is fair to mention it.
  private func concessionRow() -> StyleEvidence.Row? {
    favourable(loser).first { advantage($0, loser) >= Self.concessionMin }
  }

  /// The features in which one response is nearer to the exemplars, one of each kind, those that tell most first.
  private func favourable(_ response: Int) -> [StyleEvidence.Row] {
    let nearer = numbered.filter {
      advantage($0, response) >= Self.advantageMin && $0.isNearer(value($0, response), than: value($0, 1 - response))
    }
    let ranked = nearer.sorted {
      let (one, other) = (weight($0, response), weight($1, response))
      return one != other ? one > other : $0.feature.index < $1.feature.index
    }
    return Self.distinctKinds(ranked, max: Self.comparisonsMax)
  }

  /// What sets the writer apart counts more than what merely differs.
  private func weight(_ row: StyleEvidence.Row, _ response: Int) -> Double {
    advantage(row, response) * (0.5 + min(2, abs(row.distinction)))
  }

  private func value(_ row: StyleEvidence.Row, _ response: Int) -> Double { response == 0 ? row.a : row.b }

  private func name(_ response: Int) -> String { response == 0 ? "Response A" : "Response B" }

  /// A measurement with its number: in full where the criteria have not named it.
  private func claim(_ row: StyleEvidence.Row, _ value: Double) -> String {
    introduced.contains(row.feature)
      ? FeatureWording.shortClaim(row.feature, value) : FeatureWording.claim(row.feature, value)
  }

  private mutating func comparison(_ row: StyleEvidence.Row, nearer: Int) -> String {
    let (a, b) = (row.feature.printed(row.a), row.feature.printed(row.b))
    let exemplars = row.feature.printed(row.exemplars)
    let near = name(nearer)
    let first = claim(row, row.a)
    return pick([
      "Response A has \(first) and Response B \(b); the exemplars have \(exemplars), so \(near) is nearer.",
      "Response A comes to \(first), Response B to \(b) and the exemplars to \(exemplars): \(near) is nearer.",
      "The exemplars have \(claim(row, row.exemplars)), Response A \(a) and Response B \(b); \(near) is nearer.",
      "Response A shows \(first), Response B \(b); nearer the exemplars with \(exemplars) is \(near).",
    ])
  }

  private mutating func concession(_ row: StyleEvidence.Row, isFirst: Bool) -> String {
    let b = row.feature.printed(row.b)
    let exemplars = row.feature.printed(row.exemplars)
    let first = claim(row, row.a)
    if isFirst {
      return "Response A has \(first) and Response B \(b); the exemplars have \(exemplars), nearer \(name(loser))."
    }
    return pick([
      "On the other side, Response A has \(first) and Response B \(b), and the exemplars \(exemplars).",
      "Against this, Response A has \(first) and Response B \(b); the exemplars average \(exemplars).",
      "The other way round, Response A has \(first), Response B \(b) and the exemplars \(exemplars).",
    ])
  }

  private func printedSimilarity(_ cosine: Double) -> String { EvidenceBlock.printedSimilarity(cosine) }

  private mutating func similarity() -> String {
    let (a, b) = (printedSimilarity(evidence.similarityA), printedSimilarity(evidence.similarityB))
    return pick([
      "In character sequences Response A has \(a) similarity to the exemplars, Response B \(b).",
      "Letter by letter, Response A reaches \(a) similarity to the exemplars, Response B \(b).",
      "In spelling and phrasing Response A has \(a) similarity to the exemplars, Response B \(b).",
    ])
  }

  /// A habit of the writer as the nearer response shows it.
  private mutating func quotedResponse() -> String? {
    for row in habits where advantage(row, winner) > 0 {
      let found = QuoteFinder.spans(of: row.feature, in: responses[winner])
      if found.isEmpty { continue }
      let span = found[random.below(found.count)]
      let (noun, near) = (FeatureWording.of(row.feature).noun, name(winner))
      return pick([
        "Among the \(noun) of \(near): \"\(span)\".", "\(near) goes in for \(noun) too: \"\(span)\".",
        "As to \(noun), \(near) has \"\(span)\".",
      ])
    }
    return nil
  }

  private mutating func conclusion() -> String {
    let strength = abs(evidence.probabilityA - 0.5)
    let (near, far) = (name(winner), name(loser))
    if strength > 0.35 {
      return pick([
        "Overall \(near) is clearly closer to the exemplars than \(far).",
        "Taken together, \(near) is by far the better match.",
        "All in all \(near) is clearly more likely this writer's than \(far).",
      ])
    }
    if strength > 0.15 {
      return pick([
        "Overall \(near) is closer to the exemplars than \(far).", "On balance \(near) is the better match.",
        "Taken together, \(near) is more likely this writer's.",
      ])
    }
    return pick([
      "It is a near thing, but \(near) is slightly closer to the exemplars.",
      "The two are close together; \(near) is the better match by a little.",
      "By a narrow margin \(near) is closer to the exemplars.",
    ])
  }

  // MARK: Words

  private mutating func pick(_ forms: [String]) -> String { forms[random.below(forms.count)] }

  private func list(_ parts: [String]) -> String {
    parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
  }

  /// Features that say nearly the same; of each set one is spoken of.
  private static let kin: [[StyleFeature]] = [
    [.sentenceLength, .longSentences, .shortSentences, .sentenceSpread], [.wordLength, .longWords],
    [.quotationMarks, .quotedShare], [.firstSingular, .openersI, .opinions], [.slang, .bareContractions, .smallI],
    [.smallOpeners, .smallI], [.conjunctions, .openersConjunction], [.articles, .openersArticle],
  ]

  /// The first of each kin, in their order.
  private static func distinctKinds(_ rows: [StyleEvidence.Row], max: Int) -> [StyleEvidence.Row] {
    var chosen: [StyleEvidence.Row] = []
    for row in rows where chosen.count < max {
      let isKin = chosen.contains { other in
        kin.contains { $0.contains(row.feature) && $0.contains(other.feature) }
      }
      if !isKin { chosen.append(row) }
    }
    return chosen
  }
}
