private import Glibc

/// What is known of authors in general: how each measurement lies among them and how it varies within one.
///
/// The numbers are `PopulationTable`, fitted on training authors of three corpora (news, mail and chat of students,
/// blogs), each with the same weight, on texts of about 220 words. Rates are compared on the scale of their square
/// root, where a count's spread hardly depends on its size; what is shown to a reader stays on the plain scale.
package enum Population {
  /// One measurement among authors.
  package struct Row: Sendable, Hashable {
    /// Name of the feature or the word.
    package let name: String
    /// Of all authors.
    package let mean: Double
    /// Standard deviation between the means of authors.
    package let between: Double
    /// Standard deviation between texts of one author in one genre, on average; more than 0.
    package let within: Double
    /// The same three of the square root.
    package let rootMean: Double
    package let rootBetween: Double
    package let rootWithin: Double

    /// Spread to expect between texts of an author with this mean: one spread up on the scale of the root. Rates vary
    /// more where they are higher, so one number for all authors would be too large for most and too small for some.
    package func spread(around mean: Double) -> Double { (2 * mean.squareRoot() + rootWithin) * rootWithin }

    /// Standard deviation of a text's value among all texts.
    var total: Double { (between * between + within * within).squareRoot() }
  }

  /// By `StyleFeature.index`.
  package static let features: [Row] = PopulationTable.features.map(Row.init)
  /// By place in `WordListTable.functionWords`; values are shares of all words.
  static let functionWords: [Row] = PopulationTable.functionWords.map(Row.init)

  package static func row(_ feature: StyleFeature) -> Row { features[feature.index] }

  /// How much likelier a value is from this author than from any author: a difference of log densities.
  ///
  /// The author's mean is estimated from `count` exemplars and drawn towards that of all authors, as far as the
  /// exemplars are few and the measurement unsteady (normal model with known variances, Gelman et al. 2013, 2.5). Both
  /// densities have the tails of Student's t with `tailDegrees`, so that one odd value does not decide alone: a lower
  /// log loss than a normal density cut off at 3, 4 or 6 spreads, for training and for validation authors.
  ///
  /// - Parameters:
  ///   - root: square root of the value.
  ///   - exemplarMean: mean of the square roots over the exemplars.
  ///   - count: exemplars, at least 1.
  static func logRatio(root: Double, exemplarMean: Double, count: Int, row: Row) -> Double {
    let within = row.rootWithin * row.rootWithin
    let between = row.rootBetween * row.rootBetween
    let posterior = Double(count) * between + within
    let mean = (Double(count) * between * exemplarMean + within * row.rootMean) / posterior
    let variance = within + between * within / posterior
    let total = within + between
    let own = (root - mean) * (root - mean) / variance
    let others = (root - row.rootMean) * (root - row.rootMean) / total
    let tails = (tailDegrees + 1) * (log1p(others / tailDegrees) - log1p(own / tailDegrees))
    return 0.5 * (tails + log(total / variance))
  }

  /// Of 2, 4, 8 and 16 the one with the lowest log loss.
  static let tailDegrees = 8.0
}

extension Population.Row {
  fileprivate init(_ numbers: PopulationTable.Numbers) {
    // What never varied among the training authors may still do so elsewhere; nothing is divided by zero.
    self.init(
      name: numbers.0, mean: numbers.1, between: max(numbers.2, 1e-5), within: max(numbers.3, 1e-5),
      rootMean: numbers.4, rootBetween: max(numbers.5, 1e-5), rootWithin: max(numbers.6, 1e-5))
  }
}
