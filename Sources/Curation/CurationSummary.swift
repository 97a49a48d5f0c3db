package import Corpora
import Stylometry

/// What a run made, kept and dropped, in numbers: `report.json`.
package struct CurationSummary: Sendable, Encodable {
  /// Of one kind of pair or one reason.
  package struct Rates: Sendable, Equatable, Encodable {
    package var made = 0
    package var kept = 0
    /// By reason.
    package var dropped: [String: Int] = [:]

    package init() {}

    package var keptRate: Double? { made > 0 ? Double(kept) / Double(made) : nil }

    mutating func add(_ outcome: CurationOutcome) {
      switch outcome {
      case .kept:
        made += 1
        kept += 1
      case .dropped(let trace):
        made += 1
        dropped[trace.reason, default: 0] += 1
      case .unmade: break
      }
    }
  }

  /// How often a rule that uses no language model is right on the pairs: what they give away.
  package struct FloorRate: Sendable, Equatable, Encodable {
    package let name: String
    /// On the query as it stands, and on the neutral one.
    package let query: Double
    package let neutralQuery: Double
    package let pairs: Int
  }

  package let teacher: String
  package let corpus: String
  package let split: String?
  package let authors: Int
  package let pairs: Int
  package let all: Rates
  package let byNegativeKind: [String: Rates]
  package let byPositiveKind: [String: Rates]
  package let byGenre: [String: Rates]
  /// Pairs that a model's text was of no use for, by reason.
  package let unmade: [String: Int]
  /// Why fewer drafts were made than asked for, by reason.
  package let shortages: [String: Int]
  package let floors: [FloorRate]
  /// Words of each kept trace's criteria and evaluation together.
  package let traceWords: [Int]
  /// Score of the preferred response minus the other's, of each kept trace.
  package let margins: [Double]
  /// Words of the preferred response over the other's, of each pair.
  package let lengthRatios: [Double]
  package let cleaning: CleaningReport?

  package enum CodingKeys: String, CodingKey {
    case teacher, corpus, split, authors, pairs, all, unmade, shortages, floors, cleaning
    case byNegativeKind = "by_negative_kind"
    case byPositiveKind = "by_positive_kind"
    case byGenre = "by_genre"
  }

  /// Pairs that floors are measured on at most: they cost some milliseconds each.
  private static let floorPairsMax = 1000

  package init(
    outcomes: [CurationOutcome], shortages: [PairBuilder.Shortage: Int], cleaning: CleaningReport?, teacher: String,
    corpus: String, split: String?
  ) {
    self.teacher = teacher
    self.corpus = corpus
    self.split = split
    self.cleaning = cleaning
    self.shortages = Dictionary(uniqueKeysWithValues: shortages.map { ($0.key.rawValue, $0.value) })
    let made = outcomes.compactMap(\.pair)
    pairs = made.count
    authors = Set(made.map(\.author)).count
    var all = Rates()
    var (negative, positive, genre): ([String: Rates], [String: Rates], [String: Rates]) = ([:], [:], [:])
    var unmade: [String: Int] = [:]
    var (words, margins): ([Int], [Double]) = ([], [])
    for outcome in outcomes {
      all.add(outcome)
      if case .unmade(let loss) = outcome { unmade[loss.reason, default: 0] += 1 }
      if let pair = outcome.pair {
        negative[pair.negativeKind, default: Rates()].add(outcome)
        positive[pair.positiveKind ?? "own", default: Rates()].add(outcome)
        genre[pair.genre ?? "none", default: Rates()].add(outcome)
      }
      if case .kept(let trace) = outcome {
        words.append(TextCut.wordCount(trace.criteria) + TextCut.wordCount(trace.eval))
        let lead = trace.scores.a - trace.scores.b
        margins.append(trace.pair.preferred == .a ? lead : -lead)
      }
    }
    self.all = all
    byNegativeKind = negative
    byPositiveKind = positive
    byGenre = genre
    self.unmade = unmade
    traceWords = words
    self.margins = margins
    lengthRatios = made.map { pair in
      let (own, other) = (pair.response(pair.preferred), pair.response(pair.preferred.other))
      return Double(TextCut.wordCount(own)) / Double(max(1, TextCut.wordCount(other)))
    }
    floors = Self.floors(made)
  }

  private static func floors(_ pairs: [PreferencePair]) -> [FloorRate] {
    // Evenly spread over the run, so that a limit favours no kind.
    let step = max(1, pairs.count / floorPairsMax)
    let sample = stride(from: 0, to: pairs.count, by: step).prefix(floorPairsMax).map { pairs[$0] }
    if sample.isEmpty { return [] }
    let texts = sample.map { pair in
      (
        query: StyleText(pair.query), neutral: StyleText(pair.queryNeutral ?? pair.query),
        exemplars: pair.exemplars.map { StyleText($0) }, a: StyleText(pair.responseA), b: StyleText(pair.responseB),
        sign: pair.preferred == .a ? 1.0 : -1.0
      )
    }
    return Floors.all.map { floor in
      var (right, rightNeutral) = (0, 0)
      for text in texts {
        let margin = floor.margin(query: text.query, exemplars: text.exemplars, responseA: text.a, responseB: text.b)
        if margin * text.sign > 0 { right += 1 }
        let neutral = floor.margin(
          query: text.neutral, exemplars: text.exemplars, responseA: text.a, responseB: text.b)
        if neutral * text.sign > 0 { rightNeutral += 1 }
      }
      return FloorRate(
        name: floor.name, query: Double(right) / Double(sample.count),
        neutralQuery: Double(rightNeutral) / Double(sample.count), pairs: sample.count)
    }
  }
}
