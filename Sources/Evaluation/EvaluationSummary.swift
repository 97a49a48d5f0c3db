package import BoundedJSON
package import Judge

/// Everything measured of one judge on one set of pairs: the file `summary.json`. Rates are fractions of 1.
package struct EvaluationSummary: Sendable, Equatable, Codable {
  /// The part of `by_negative_kind` that others read.
  package typealias Groups = [String: AccuracyEstimate]

  /// Pairs.
  package var n: Int
  package var authors: Int
  /// Right over all orders, of all pairs; ties and answers that are no verdict are wrong.
  package var accuracy: Double?
  /// 95 %, by author; for fewer than two authors binomial. [low, high].
  package var accuracyInterval: [Double]?
  /// 95 %, as if pairs were independent.
  package var accuracyBinomialInterval: [Double]?
  /// So few authors that the interval by author is itself unsure.
  package var fewAuthors: Bool
  /// Rates of the outcomes that are neither right nor wrong, of all pairs.
  package var malformed: Double?
  package var truncated: Double?
  package var errors: Double?
  package var ties: Double?
  /// Counts by outcome, each outcome there is.
  package var outcomes: [String: Int]
  /// Pairs whose two orders name the same response; nil, and null in the file, where no pair was asked in both.
  @WrittenNull package var positionConsistency: Double?
  package var orders: OrderMeasures?
  package var byNegativeKind: Groups
  package var byPositiveKind: Groups
  package var byGenre: Groups
  package var byVariant: Groups
  /// Keys are whole numbers.
  package var byExemplars: Groups
  package var byAuthor: Groups
  /// Accuracy by floor; a floor that was not computed has none.
  package var floors: [String: Double]
  package var floorIntervals: [String: FloorMeasures]
  package var slotScores: SlotScores
  package var lengthBias: LengthMeasures
  /// Of the probabilities the judge states itself; nil where it states none.
  package var statedCalibration: CalibrationMeasures?
  /// Of margins with the temperature of `calibration`; nil without one.
  package var scaledCalibration: CalibrationMeasures?
  package var calibration: Calibration?
  package var voting: VotingMeasures?
  package var probes: [ProbeMeasures]
  /// How the run was made, by name: model, method, query field and so on.
  package var settings: [String: String]

  package enum CodingKeys: String, CodingKey {
    case n, authors, accuracy, malformed, truncated, errors, ties, outcomes, orders, floors, calibration, voting
    case probes, settings
    case accuracyInterval = "accuracy_interval"
    case accuracyBinomialInterval = "accuracy_binomial_interval"
    case fewAuthors = "few_authors"
    case positionConsistency = "position_consistency"
    case byNegativeKind = "by_negative_kind"
    case byPositiveKind = "by_positive_kind"
    case byGenre = "by_genre"
    case byVariant = "by_variant"
    case byExemplars = "by_exemplars"
    case byAuthor = "by_author"
    case floorIntervals = "floor_intervals"
    case slotScores = "slot_scores"
    case lengthBias = "length_bias"
    case statedCalibration = "stated_calibration"
    case scaledCalibration = "scaled_calibration"
  }

  /// - Parameters:
  ///   - results: pairs as they stand and probes, in any order; the numbers depend on neither order nor threads.
  ///   - calibration: fitted on other authors.
  ///   - settings: for the reader; what decides the numbers should be in it.
  ///   - seed: of the resampling.
  /// - Throws: `empty` where there is no pair as it stands.
  package init(
    _ results: [JudgedPair], calibration: Calibration? = nil, settings: [String: String] = [:], seed: UInt64 = 0
  ) throws(EvaluationError) {
    // Sums of fractions depend on their order in the last digits.
    let sorted = results.sorted { $0.id < $1.id }
    let pairs = sorted.filter { $0.probe == nil }
    if pairs.isEmpty { throw .empty("judged pairs") }
    let whole = AccuracyEstimate(pairs, seed: seed)
    n = whole.n
    authors = whole.authors
    accuracy = whole.accuracy
    accuracyInterval = whole.interval ?? whole.binomialInterval
    accuracyBinomialInterval = whole.binomialInterval
    fewAuthors = whole.authors < Intervals.authorsFew
    let counts = Dictionary(grouping: pairs, by: \.outcome).mapValues(\.count)
    func rate(_ outcome: Outcome) -> Double? { Share(counts[outcome] ?? 0, of: pairs.count).rate }
    (malformed, truncated) = (rate(.malformed), rate(.truncated))
    (errors, ties) = (rate(.error), rate(.tie))
    outcomes = Dictionary(uniqueKeysWithValues: Outcome.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
    orders = OrderMeasures(pairs, seed: seed)
    positionConsistency = orders?.consistency.rate
    byNegativeKind = AccuracyEstimate.by(pairs, seed: seed, \.negativeKind)
    byPositiveKind = AccuracyEstimate.by(pairs, seed: seed, \.positiveKind)
    byGenre = AccuracyEstimate.by(pairs, seed: seed, \.genre)
    byVariant = AccuracyEstimate.by(pairs, seed: seed, \.variant)
    byExemplars = AccuracyEstimate.by(pairs, seed: seed) { "\($0.exemplars)" }
    byAuthor = AccuracyEstimate.by(pairs, seed: seed, \.author)
    floorIntervals = FloorMeasures.all(pairs, seed: seed)
    floors = floorIntervals.compactMapValues(\.estimate.accuracy)
    slotScores = SlotScores(pairs)
    lengthBias = LengthMeasures(pairs, seed: seed)
    let stated = CalibrationMeasures.stated(pairs)
    statedCalibration = stated.n > 0 ? stated : nil
    scaledCalibration = calibration.map { CalibrationMeasures.scaled(pairs, by: $0) }
    self.calibration = calibration
    voting = VotingMeasures(pairs, seed: seed)
    probes = ProbeMeasures.all(changed: sorted.filter { $0.probe != nil }, base: pairs, seed: seed)
    self.settings = settings
  }

  /// The file's bytes.
  package func bytes() throws(JSONError) -> [UInt8] { try JSONWriter.bytes(self, indented: true) + [0x0A] }

  /// - Throws: `document` where the bytes are no summary.
  package static func read(_ bytes: [UInt8], file: String) throws(EvaluationError) -> EvaluationSummary {
    let limits = JSONLimits(bytesMax: 64 << 20, depthMax: 16, valuesMax: 4_000_000)
    do throws(JSONError) {
      return try JSONReader.decode(EvaluationSummary.self, from: bytes, limits: limits)
    } catch {
      throw .document(file: file, error)
    }
  }
}
