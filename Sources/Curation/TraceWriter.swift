import Randomness
import Stylometry

/// Words measurements into criteria and an evaluation.
///
/// Its numbers are those of the evidence block and no others, so that a model learns to weigh numbers it is given and
/// not to make them up; other habits are shown by quotations. Everything it says is measured: a number is printed as it is, a comparison holds for the numbers as printed, a
/// quotation is a span of the text it is said to be of. The seed varies the wording and the order, not what is said.
struct TraceWriter {
  /// Features said of the exemplars, and compared between the responses.
  private static let criteriaMax = 3
  private static let comparisonsMax = 3
  /// From how many spreads on a habit is worth a word, and an advantage.
  private static let distinctMin = 0.5
  private static let advantageMin = 0.2
  /// From which disadvantage on it is fair to mention it.
  private static let concessionMin = 0.4

  private let exemplars: [String]
  private let responses: [String]
  private let evidence: StyleEvidence
  private var random: SeededRandom

  init(exemplars: [String], responseA: String, responseB: String, evidence: StyleEvidence, seed: UInt64) {
    self.exemplars = exemplars
    responses = [responseA, responseB]
    self.evidence = evidence
    random = SeededRandom(seed: seed)
  }

  // MARK: Criteria

  /// What sets the writer apart.
  mutating func criteria() -> String {
    let rows = distinctRows()
    var sentences: [String] = []
    if rows.isEmpty {
      sentences.append("The exemplars keep close to what most writers do, so small habits have to decide.")
      let given = numbered.prefix(3).map { FeatureWording.claim($0.feature, $0.exemplars) }
      if !given.isEmpty { sentences.append("On average the exemplars have \(list(given)).") }
    }
    for (place, row) in rows.enumerated() { sentences.append(criterion(row, place: place)) }
    if let quoted = quotedHabit() { sentences.append(quoted) }
    if let opening = quotedOpening() { sentences.append(opening) }
    return sentences.joined(separator: " ")
  }

  /// The features whose numbers a prompt shows.
  private var numbered: [StyleEvidence.Row] { evidence.rows.filter { EvidenceBlock.features.contains($0.feature) } }

  /// The most distinctive of them, one of each kind, strongest first; those that also decide between the responses go
  /// before those that only set the writer apart from everybody.
  private func distinctRows() -> [StyleEvidence.Row] {
    let deciding = Set(favourable(winner).map(\.feature))
    func worth(_ row: StyleEvidence.Row) -> Double {
      min(2, abs(row.distinction)) + (deciding.contains(row.feature) ? 2 : 0)
    }
    let ranked = numbered.filter { isSaid($0) && abs($0.distinction) >= Self.distinctMin }.sorted {
      let (one, other) = (worth($0), worth($1))
      return one != other ? one > other : $0.feature.index < $1.feature.index
    }
    return Self.distinctKinds(ranked, max: Self.criteriaMax)
  }

  /// Whether the printed numbers show the difference that would be spoken of.
  private func isSaid(_ row: StyleEvidence.Row) -> Bool {
    row.feature.printed(row.exemplars) != row.feature.printed(row.others)
      && (row.exemplars > row.others) == (row.distinction > 0)
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
        "This writer's first mark is \(habit), in the exemplars \(claim).",
      ]
      : [
        "The exemplars also show \(habit): they have \(claim).",
        "The exemplars add \(habit), with \(claim).",
        "Another mark is \(habit) (in the exemplars \(claim)).",
        "This writer keeps to \(habit) as well: \(claim).",
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
      let habit = FeatureWording.of(row.feature).much
      return pick([
        "The exemplars go in for \(habit), as in \(shown).", "This writer likes \(habit), for example \(shown).",
        "In the exemplars \(habit) can be seen in \(shown).",
      ])
    }
    return nil
  }

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
    var sentences = comparisons()
    sentences.append(similarity())
    if let quoted = quotedResponse() { sentences.append(quoted) }
    sentences.append(conclusion())
    return sentences.joined(separator: " ")
  }

  /// 0 for A, 1 for B.
  private var winner: Int { evidence.probabilityA > 0.5 ? 0 : 1 }
  private var loser: Int { 1 - winner }

  private func advantage(_ row: StyleEvidence.Row, _ winner: Int) -> Double {
    winner == 0 ? row.advantageOfA : -row.advantageOfA
  }

  private mutating func comparisons() -> [String] {
    var sentences: [String] = []
    for (place, row) in favourable(winner).enumerated() {
      sentences.append(comparison(row, nearer: winner, farther: loser, place: place))
    }
    let against = favourable(loser).first { abs(advantage($0, winner)) >= Self.concessionMin }
    if let against, !sentences.isEmpty { sentences.append(concession(against, nearer: loser, farther: winner)) }
    return sentences
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

  private mutating func comparison(_ row: StyleEvidence.Row, nearer: Int, farther: Int, place: Int) -> String {
    let claim = FeatureWording.claim(row.feature, value(row, nearer))
    let other = row.feature.printed(value(row, farther))
    let exemplars = row.feature.printed(row.exemplars)
    let (near, far) = (name(nearer), name(farther))
    var forms = [
      "\(near) has \(claim), nearer the exemplars with their \(exemplars) than \(far) with \(other).",
      "\(near), at \(claim), stays nearer the exemplars (\(exemplars)); \(far) is at \(other).",
      "\(near) comes to \(claim) and \(far) to \(other), and the exemplars to \(exemplars).",
    ]
    if place > 0 {
      forms += [
        "\(near) is nearer here too: \(claim), where \(far) has \(other) and the exemplars \(exemplars).",
        "The same goes for \(near) with \(claim), against \(far) with \(other) and the exemplars with \(exemplars).",
      ]
    }
    return pick(forms)
  }

  private mutating func concession(_ row: StyleEvidence.Row, nearer: Int, farther: Int) -> String {
    let claim = FeatureWording.claim(row.feature, value(row, nearer))
    let other = row.feature.printed(value(row, farther))
    let exemplars = row.feature.printed(row.exemplars)
    return pick([
      "On the other side, \(name(nearer)) has \(claim) where \(name(farther)) has \(other), and the exemplars \(exemplars).",
      "Against this, \(name(nearer)) has \(claim) and \(name(farther)) \(other); the exemplars average \(exemplars).",
    ])
  }

  private mutating func similarity() -> String {
    let a = EvidenceBlock.printedSimilarity(evidence.similarityA)
    let b = EvidenceBlock.printedSimilarity(evidence.similarityB)
    return pick([
      "In character sequences Response A has \(a) similarity to the exemplars, Response B \(b).",
      "Letter by letter, Response A reaches \(a) similarity to the exemplars and Response B \(b).",
      "Response A shows \(a) similarity to the exemplars in its spelling and phrasing, Response B \(b).",
    ])
  }

  /// A habit of the writer as each response shows it.
  private mutating func quotedResponse() -> String? {
    for row in habits where advantage(row, winner) > 0 {
      let found = QuoteFinder.spans(of: row.feature, in: responses[winner])
      if found.isEmpty { continue }
      let span = found[random.below(found.count)]
      let habit = FeatureWording.of(row.feature).much
      return pick([
        "\(name(winner)) has the same habit of \(habit): \"\(span)\".",
        "As to \(habit), \(name(winner)) writes \"\(span)\", much as the exemplars do.",
        "\(name(winner)) also goes in for \(habit): \"\(span)\".",
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
      "The two are hard to tell apart; \(near) is the better match by a little.",
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
