/// How similar a text is to a person's exemplars, each number by another measure.
package struct Similarity: Sendable, Hashable {
  /// Cosine of character n-grams, 0 to 1: on average over the exemplars, and with the nearest.
  package var gramMean = 0.0
  package var gramMax = 0.0
  /// Cosine of content words, 0 to 1, on average over the exemplars.
  package var contentMean = 0.0
  /// Burrows' Delta of function words: mean distance in standard deviations; smaller is nearer.
  package var delta = 0.0
  /// How much likelier the function words are from this author than from any, as a difference of log densities.
  package var functionLogRatio = 0.0

  /// Nothing in common, or nothing to compare.
  package init() {}

  init(gramMean: Double, gramMax: Double, contentMean: Double, delta: Double, functionLogRatio: Double) {
    self.gramMean = gramMean
    self.gramMax = gramMax
    self.contentMean = contentMean
    self.delta = delta
    self.functionLogRatio = functionLogRatio
  }
}
