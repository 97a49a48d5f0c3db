private import Glibc

/// What a person's exemplars say of their style, and how far another text is from it.
///
/// A spread over two or three texts is mostly luck, so it is drawn towards the spread to expect of any author with this
/// mean (`Population.Row.spread(around:)`): with one exemplar it is that spread, with many it is theirs. The order of
/// the exemplars does not matter, to the last bit: sums are taken in the order of size.
package struct AuthorProfile: Sendable {
  /// One feature over the exemplars that have it.
  package struct Habit: Sendable, Hashable {
    package let feature: StyleFeature
    /// Exemplars in which it could be measured, at least 1.
    package let count: Int
    /// In the feature's unit: the mean over the exemplars, each with the same weight; of sentences and paragraphs the
    /// mean length of all of them.
    package let mean: Double
    /// Standard deviation to expect between this author's texts, in the feature's unit; more than 0.
    package let spread: Double
    /// Mean of the square roots, the scale on which texts are compared.
    let rootMean: Double
    /// How far the author is from the average one, in spreads within an author, drawn towards 0 as far as the
    /// exemplars are few; negative where they have less of it.
    package let distinction: Double
  }

  /// How many exemplars' worth the general spread counts for. With 3, other news texts of training authors lie as far
  /// out as the spread says (mean squared deviation 1.4 of 1.3 expected); mail and blogs, whose rates have longer
  /// tails, farther (1.6 and 2.8). Less makes these worse, more makes spreads less the author's own.
  package static let spreadWeight = 3.0

  package let exemplars: [StyleText]
  /// By `StyleFeature.index`; nil where no exemplar has it.
  private let habits: [Habit?]
  /// Mean of the square roots of each function word's share.
  private let functionRoots: [Double]
  /// Mean share of each function word.
  private let functionShares: [Double]
  private let grams: [GramVector]
  private let content: [ContentVector]

  /// - Parameter exemplars: any number; those without a word count for nothing.
  package init(exemplars: [StyleText]) {
    self.exemplars = exemplars
    let written = exemplars.filter { !$0.words.isEmpty }
    habits = StyleFeature.allCases.map { Self.habit($0, of: written) }
    let shares = written.map { $0.functionWordShares }
    functionShares = Self.means(shares)
    functionRoots = Self.means(shares.map { $0.map { sqrt($0) } })
    grams = written.map { GramVector($0.source) }
    content = written.map { ContentVector($0) }
  }

  /// What the exemplars show of a feature; nil where none can be measured.
  package func habit(_ feature: StyleFeature) -> Habit? { habits[feature.index] }

  /// The features that set these exemplars apart from other authors, the most telling first.
  ///
  /// - Parameter limit: at most so many.
  package func distinctive(limit: Int = .max) -> [Habit] {
    let ordered = habits.compactMap { $0 }.sorted {
      abs($0.distinction) != abs($1.distinction)
        ? abs($0.distinction) > abs($1.distinction) : $0.feature.index < $1.feature.index
    }
    return Array(ordered.prefix(limit))
  }

  /// How far a text is from the exemplars in one feature, in spreads; negative where it has less of it.
  ///
  /// - Returns: nil where the text or every exemplar lacks it.
  package func deviation(_ feature: StyleFeature, of text: StyleText) -> Double? {
    guard let habit = habit(feature), let value = feature.value(in: text) else { return nil }
    return (value - habit.mean) / habit.spread
  }

  /// How much likelier this text's value is from this author than from any author, as a difference of log densities.
  ///
  /// - Returns: nil where the text or every exemplar lacks it.
  package func closeness(_ feature: StyleFeature, of text: StyleText) -> Double? {
    guard let habit = habit(feature), let value = feature.value(in: text) else { return nil }
    return Population.logRatio(
      root: sqrt(value), exemplarMean: habit.rootMean, count: habit.count, row: Population.row(feature))
  }

  /// Cosine of character n-grams, 0 to 1, on average over the exemplars; 0 where there is none.
  package func gramSimilarity(of text: StyleText) -> Double { Self.gramSimilarity(of: text, to: grams) }

  static func gramSimilarity(of text: StyleText, to grams: [GramVector]) -> Double {
    let gram = GramVector(text.source)
    return mean(grams.map { $0.cosine(gram) })
  }

  /// Similarities of a text to the exemplars; all 0 where there is no exemplar or no word.
  package func similarity(of text: StyleText) -> Similarity {
    if grams.isEmpty || text.words.isEmpty { return Similarity() }
    let gram = GramVector(text.source)
    let cosines = grams.map { $0.cosine(gram) }
    let words = ContentVector(text)
    let shares = text.functionWordShares
    var delta = 0.0
    var logRatio = 0.0
    for (word, row) in Population.functionWords.enumerated() {
      delta += abs(shares[word] - functionShares[word]) / row.total
      logRatio += Population.logRatio(
        root: sqrt(shares[word]), exemplarMean: functionRoots[word], count: grams.count, row: row)
    }
    return Similarity(
      gramMean: Self.mean(cosines), gramMax: cosines.max() ?? 0,
      contentMean: Self.mean(content.map { $0.cosine(words) }),
      delta: delta / Double(shares.count), functionLogRatio: logRatio)
  }

  /// The same in any order of the values.
  static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted().reduce(0, +) / Double(values.count)
  }

  /// The mean of each function word over the texts, in any order of the texts.
  static func means(_ texts: [[Double]]) -> [Double] {
    // One buffer for all words: they are many, and an array for each would take most of the time.
    var values = [Double](repeating: 0, count: texts.count)
    return (0..<WordLists.functionWordCount).map { word in
      for (place, text) in texts.enumerated() { values[place] = text[word] }
      values.sort()
      return texts.isEmpty ? 0 : values.reduce(0, +) / Double(texts.count)
    }
  }

  /// What texts show of a feature; nil where none can be measured.
  static func habit(_ feature: StyleFeature, of texts: [StyleText]) -> Habit? {
    let values = texts.compactMap { feature.value(in: $0) }
    if values.isEmpty { return nil }
    let row = Population.row(feature)
    let mean = feature.pooledLength(of: texts) ?? Self.mean(values)
    let squares = Self.mean(values.map { ($0 - mean) * ($0 - mean) }) * Double(values.count)
    let degrees = Double(values.count - 1)
    let general = row.spread(around: mean)
    let spread = sqrt((squares + spreadWeight * general * general) / (degrees + spreadWeight))
    let rootMean = Self.mean(values.map { sqrt($0) })
    let between = Double(values.count) * row.rootBetween * row.rootBetween
    let drawn = between / (between + row.rootWithin * row.rootWithin)
    return Habit(
      feature: feature, count: values.count, mean: mean, spread: spread, rootMean: rootMean,
      distinction: drawn * (rootMean - row.rootMean) / row.rootWithin)
  }
}
