/// What pairs are made of, and how many.
package struct PairSettings: Sendable {
  /// Where the opening sentence of the preferred text stands, for texts without a topic.
  package enum Opening: String, Sendable, CaseIterable {
    /// In the query and at the start of both responses, as the method's paper has it.
    case both
    /// In the query only: both responses go on from it, so that under the neutral query none of it is left.
    case query
  }

  /// Pairs to make at most; the authors' texts may not suffice for as many.
  package var pairsMax: Int
  /// Exemplars of a pair.
  package var exemplars: Int
  /// Words of a response or an exemplar at most; it ends with a sentence.
  package var wordsMax: Int
  /// Words of a response at least.
  package var wordsMin: Int
  /// How many times as long one response may be as the other, in words.
  package var lengthRatioMax: Double
  /// The share of the shorter text's runs of five words that two texts of a pair may have in common.
  package var sharedRunsMax: Double
  /// How often a text may be preferred, and how often it may be the other response.
  package var usesMax: Int
  package var positives: SamplingMix<PositiveKind>
  package var negatives: SamplingMix<NegativeKind>
  /// The share of pairs whose exemplars are of other genres than the responses, where the author has such texts.
  package var crossGenreShare: Double
  package var opening: Opening
  package var queryForms: QueryForms
  package var seed: UInt64

  package init(
    pairsMax: Int = 5000, exemplars: Int = 3, wordsMax: Int = 220, wordsMin: Int = 40, lengthRatioMax: Double = 1.43,
    sharedRunsMax: Double = 0.05, usesMax: Int = 3,
    positives: SamplingMix<PositiveKind> = SamplingMix([.intraAuthor: 2, .lexical: 1]),
    negatives: SamplingMix<NegativeKind> = SamplingMix([.crossAuthor: 1, .random: 1]), crossGenreShare: Double = 0,
    opening: Opening = .both, queryForms: QueryForms = .common, seed: UInt64 = 0
  ) {
    self.pairsMax = pairsMax
    self.exemplars = exemplars
    self.wordsMax = wordsMax
    self.wordsMin = wordsMin
    self.lengthRatioMax = lengthRatioMax
    self.sharedRunsMax = sharedRunsMax
    self.usesMax = usesMax
    self.positives = positives
    self.negatives = negatives
    self.crossGenreShare = crossGenreShare
    self.opening = opening
    self.queryForms = queryForms
    self.seed = seed
  }
}
