package import Corpora

/// One pair with what a judge said of it, and what judges without a language model would say: a line of
/// `results.jsonl`.
///
/// **How this module works.** Everything here is a function of a list of these: nothing runs a model, reads a file or
/// knows the time. `EvaluationSummary` measures (each measure is a type of its own: `OrderMeasures`,
/// `CalibrationMeasures`, `LengthMeasures` …), `EvaluationTables` and `EvaluationFigures` show, `EvaluationReport` puts
/// both on one page; `Probes` makes changed pairs to be judged, `ProbeMeasures` says what became of them;
/// `PairedComparison` sets two lists of the same pairs against each other; `Benchmarks` reads other people's rows as
/// pairs and turns results into their numbers.
///
/// Three rules hold throughout. What names no winner counts as wrong and is shown by its kind. Pairs of one author are
/// not independent, so intervals are made by drawing authors, and the binomial one only stands beside. And nothing
/// depends on the order of the list: sums go by id, groups by name, random draws by seed and name.
package struct JudgedPair: Sendable, Equatable, Codable {
  /// Which response was shown first: the pair's A, or its B.
  package enum Order: String, Sendable, Codable, CaseIterable {
    case ab
    case ba
  }

  /// Which response of the pair a judge names, whatever the order it saw them in.
  package enum Choice: String, Sendable, Codable, CaseIterable {
    case a
    case b
    case tie

    package init(_ slot: PreferencePair.Slot) { self = slot == .a ? .a : .b }
  }

  /// Why there is no verdict.
  package enum Failure: String, Sendable, Codable, CaseIterable {
    /// The output is not a verdict.
    case malformed
    /// The output reached the token limit before it was a verdict.
    case truncated
    /// There was no output: the judge could not be asked.
    case error
  }

  /// One draw of a judge in one order.
  package struct Vote: Sendable, Equatable, Codable {
    package var scoreA: Double?
    package var scoreB: Double?
    /// Nil where there is no verdict.
    package var winner: Choice?

    package init(scoreA: Double?, scoreB: Double?, winner: Choice?) {
      self.scoreA = scoreA
      self.scoreB = scoreB
      self.winner = winner
    }

    /// Score of A minus score of B.
    package var margin: Double? { if let scoreA, let scoreB { scoreA - scoreB } else { nil } }

    package enum CodingKeys: String, CodingKey {
      case winner
      case scoreA = "score_a"
      case scoreB = "score_b"
    }
  }

  /// A judge's answer in one order. Scores and winner are nil exactly where `failure` is not.
  package struct Answer: Sendable, Equatable, Codable {
    package var order: Order
    package var scoreA: Double?
    package var scoreB: Double?
    package var winner: Choice?
    /// The judge's own P(A is preferred); nil where it states none.
    package var probabilityA: Double?
    package var failure: Failure?
    /// The draws behind the answer, in the order they were made; nil where there was one.
    package var votes: [Vote]?

    package init(
      order: Order, scoreA: Double? = nil, scoreB: Double? = nil, winner: Choice? = nil, probabilityA: Double? = nil,
      failure: Failure? = nil, votes: [Vote]? = nil
    ) {
      self.order = order
      self.scoreA = scoreA
      self.scoreB = scoreB
      self.winner = winner
      self.probabilityA = probabilityA
      self.failure = failure
      self.votes = votes
    }

    /// Score of A minus score of B.
    package var margin: Double? { if let scoreA, let scoreB { scoreA - scoreB } else { nil } }

    package enum CodingKeys: String, CodingKey {
      case order, winner, failure, votes
      case scoreA = "score_a"
      case scoreB = "score_b"
      case probabilityA = "probability_a"
    }
  }

  /// What a probe changed.
  package struct Probe: Sendable, Equatable, Codable {
    package var kind: ProbeKind
    /// The id of the pair it was made of.
    package var source: String

    package init(kind: ProbeKind, source: String) {
      self.kind = kind
      self.source = source
    }
  }

  package var id: String
  package var preferred: PreferencePair.Slot
  package var author: String
  package var negativeAuthor: String?
  package var genre: String?
  package var negativeKind: String
  package var positiveKind: String?
  package var variant: String?
  /// How many exemplars the judge was given.
  package var exemplars: Int
  /// Lengths in words.
  package var wordsA: Int
  package var wordsB: Int
  /// One or two, each order at most once. Methods that see one response at a time have only `ab`.
  package var answers: [Answer]
  /// What each floor prefers: above zero A, below zero B.
  package var floors: [String: Double]
  /// Nil for a pair as it stands.
  package var probe: Probe?

  package enum CodingKeys: String, CodingKey {
    case id, preferred, author, genre, variant, exemplars, answers, floors, probe
    case negativeAuthor = "negative_author"
    case negativeKind = "negative_kind"
    case positiveKind = "positive_kind"
    case wordsA = "words_a"
    case wordsB = "words_b"
  }

  /// - Parameter exemplars: how many were given; nil: all the pair has.
  package init(
    _ pair: PreferencePair, exemplars: Int? = nil, answers: [Answer], floors: [String: Double] = [:],
    probe: Probe? = nil
  ) {
    id = pair.id
    preferred = pair.preferred
    author = pair.author
    negativeAuthor = pair.negativeAuthor
    genre = pair.genre
    negativeKind = pair.negativeKind
    positiveKind = pair.positiveKind
    variant = pair.variant
    self.exemplars = exemplars ?? pair.exemplars.count
    wordsA = Self.words(in: pair.responseA)
    wordsB = Self.words(in: pair.responseB)
    self.answers = answers
    self.floors = floors
    self.probe = probe
  }

  /// Runs of characters that are not white space.
  package static func words(in text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }
}
