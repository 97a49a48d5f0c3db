import Corpora

/// Judges without a language model, which every model is shown beside.
package enum FloorName: String, Sendable, CaseIterable {
  case queryOverlap = "query_overlap"
  case contentWords = "content_words"
  case characterNGrams = "char_ngrams"
  case burrowsDelta = "burrows_delta"
  case length
  case stylometricRegression = "stylometric_regression"
}

/// How often a floor is right.
package struct FloorMeasures: Sendable, Equatable, Codable {
  /// A margin of zero is a tie and counts as wrong, as it does for a model.
  package var estimate: AccuracyEstimate
  package var ties: Share

  /// Of the pairs that have this floor's margin.
  package init(_ name: String, _ pairs: [JudgedPair], seed: UInt64) {
    let known = pairs.compactMap { pair in pair.floors[name].map { (pair: pair, margin: $0) } }
    estimate = AccuracyEstimate(
      known.map { (author: $0.pair.author, isRight: ($0.pair.preferred == .a ? $0.margin : -$0.margin) > 0) },
      seed: seed)
    ties = Share(known.count { $0.margin == 0 }, of: known.count)
  }

  /// Every floor that any pair has a margin of.
  package static func all(_ pairs: [JudgedPair], seed: UInt64) -> [String: FloorMeasures] {
    let names = Set(pairs.flatMap(\.floors.keys)).sorted()
    return Dictionary(uniqueKeysWithValues: names.map { ($0, FloorMeasures($0, pairs, seed: seed)) })
  }

  /// Names in the order they are shown: those of `FloorName` first, then others by name.
  package static func ordered(_ names: some Collection<String>) -> [String] {
    let known = FloorName.allCases.map(\.rawValue).filter(names.contains)
    return known + names.filter { FloorName(rawValue: $0) == nil }.sorted()
  }
}
