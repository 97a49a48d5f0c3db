import ArgumentParser
import Corpora
import Curation
import Foundation

/// The flags that say what pairs are made of.
struct PairOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Pairs to make at most.", valueName: "count"))
  var pairs = 5000

  @Option(help: ArgumentHelp("Exemplars of a pair.", valueName: "count"))
  var exemplars = 3

  @Option(
    help: ArgumentHelp(
      "Kinds of preferred responses and their shares: intra-author (a text of the author), lexical (one with some "
        + "words replaced by near synonyms), imitation (by a language model; its rival imitates somebody else).",
      valueName: "kind=share,…"))
  var positives = "intra-author=2,lexical=1"

  @Option(
    help: ArgumentHelp(
      "Kinds of other responses and their shares: cross-author (the nearest in topic), random (anybody's), "
        + "continuation and confounding (written by a language model: see --writer).", valueName: "kind=share,…"))
  var negatives = "cross-author=1,random=1"

  @Option(
    help: ArgumentHelp(
      "The share of pairs whose exemplars are of other genres than the responses, where there are such.",
      valueName: "0...1"))
  var crossGenre = 0.0

  @Option(
    help: ArgumentHelp(
      "Where the opening sentence of the preferred text stands: both (in the query and in both responses) or query (in "
        + "the query only, so that the neutral query leaves nothing of it).", valueName: "both|query"))
  var opening = "both"

  @Option(help: ArgumentHelp("Words of a response or exemplar at most.", valueName: "words"))
  var wordsMax = 220

  @Option(help: ArgumentHelp("Words of a response at least.", valueName: "words"))
  var wordsMin = 40

  @Option(
    help: ArgumentHelp("How often a text may be preferred, and how often it may be the other.", valueName: "count"))
  var usesMax = 3

  @Option(
    help: ArgumentHelp(
      "A JSON object of genres, each with the forms neutral, topic (with {topic}) and opening (with {opening}).",
      valueName: "path"))
  var queryForms: String?

  @Option(help: "Everything that is drawn is drawn from this: the same seed makes the same files.")
  var seed: UInt64 = 0

  func validate() throws {
    for (name, value, range) in [
      ("pairs", pairs, 1...RecordFile.recordsMax), ("exemplars", exemplars, 1...16), ("words-max", wordsMax, 20...2000),
      ("words-min", wordsMin, 1...2000), ("uses-max", usesMax, 1...1000),
    ] where !range.contains(value) {
      throw ValidationError("--\(name) must be in \(range.lowerBound)...\(range.upperBound), not \(value)")
    }
    if wordsMin > wordsMax { throw ValidationError("--words-min \(wordsMin) is more than --words-max \(wordsMax)") }
    guard (0...1).contains(crossGenre) else {
      throw ValidationError("--cross-genre must be in 0...1, not \(crossGenre)")
    }
    if PairSettings.Opening(rawValue: opening) == nil {
      throw ValidationError("--opening must be both or query, not \"\(opening)\"")
    }
    _ = try mixes()
  }

  /// What decides the pairs, for the digest of a run's settings.
  var identity: String {
    "\(pairs) \(exemplars) \(positives) \(negatives) \(crossGenre) \(opening) \(wordsMax) \(wordsMin) \(usesMax) "
      + "\(seed)"
  }

  private func mixes() throws -> (SamplingMix<PositiveKind>, SamplingMix<NegativeKind>) {
    (try mix("positives", positives), try mix("negatives", negatives))
  }

  private func mix<Kind>(_ flag: String, _ text: String) throws -> SamplingMix<Kind> {
    do {
      return try SamplingMix(parsing: text)
    } catch {
      throw ValidationError("--\(flag): \(error)")
    }
  }

  func settings() throws -> PairSettings {
    let (positives, negatives) = try mixes()
    return PairSettings(
      pairsMax: pairs, exemplars: exemplars, wordsMax: wordsMax, wordsMin: wordsMin, usesMax: usesMax,
      positives: positives, negatives: negatives, crossGenreShare: crossGenre,
      opening: PairSettings.Opening(rawValue: opening) ?? .both, queryForms: try forms(), seed: seed)
  }

  private func forms() throws -> QueryForms {
    guard let queryForms else { return .common }
    do {
      return try QueryForms(json: Array(try Data(contentsOf: URL(filePath: queryForms))))
    } catch {
      throw ValidationError("--query-forms \(queryForms): \(error)")
    }
  }
}
