import Foundation
import Stylometry

/// Writes `PopulationTable.swift`: how measurements lie among training authors, and within one.
enum PopulationTableSource {
  /// An author needs so many texts in a genre to say how steady they are.
  private static let textsMin = 4

  static func source(_ corpora: [TrainingCorpus]) -> String {
    let groups = corpora.map { Groups($0, textsMin: textsMin) }
    var lines = """
      /// How measurements lie among authors and within one: name; mean, spread between authors, spread within one;
      /// the same three of the square root. Of function words the value is the share of all words.
      ///
      /// Made by `stylometry-tables inputs` from training authors only:
      /// \(groups.map(\.summary).joined(separator: ", ")); each corpus has the same weight.
      /// Spreads within are those of texts of one author in one genre; spreads between join those among authors of one
      /// genre and those among the corpora.
      enum PopulationTable {
        typealias Numbers = (String, Double, Double, Double, Double, Double, Double)

        static let features: [Numbers] = [

      """
    for feature in StyleFeature.allCases { lines += row(feature.rawValue, groups.map { $0.values(of: feature) }) }
    lines += "  ]\n\n  static let functionWords: [Numbers] = [\n"
    for (place, word) in StyleText.functionWords.enumerated() {
      lines += row(word, groups.map { $0.shares(ofFunctionWord: place) })
    }
    return lines + "  ]\n}\n"
  }

  private static func row(_ name: String, _ corpora: [[Groups.Values]]) -> String {
    let numbers = statistics(corpora) + statistics(corpora.map { $0.map { $0.root() } })
    return "    (\"\(name)\", " + numbers.map { String(format: "%.6f", $0) }.joined(separator: ", ") + "),\n"
  }

  /// Mean, spread between, spread within; corpora weigh the same, and in them groups.
  private static func statistics(_ corpora: [[Groups.Values]]) -> [Double] {
    var means: [Double] = []
    var within: [Double] = []
    var between: [Double] = []
    for groups in corpora {
      var genres: [String: [Double]] = [:]
      var variances: [Double] = []
      for group in groups where group.values.count > 1 {
        genres[group.genre, default: []].append(mean(group.values))
        variances.append(variance(group.values))
      }
      let ordered = genres.sorted { $0.key < $1.key }.map(\.value)
      means.append(mean(ordered.map { mean($0) }))
      between.append(mean(ordered.filter { $0.count > 2 }.map { variance($0) }))
      within.append(mean(variances))
    }
    return [mean(means), (mean(between) + variance(means)).squareRoot(), mean(within).squareRoot()]
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  private static func variance(_ values: [Double]) -> Double {
    if values.count < 2 { return 0 }
    let center = mean(values)
    return values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
  }
}

/// The texts of a corpus by author and genre, measured.
struct Groups {
  /// One measurement in the texts of one group that have it.
  struct Values {
    let genre: String
    let values: [Double]

    func root() -> Values { Values(genre: genre, values: values.map { $0.squareRoot() }) }
  }

  private struct Group {
    let genre: String
    let texts: [StyleText]
  }

  private let groups: [Group]
  let summary: String

  init(_ corpus: TrainingCorpus, textsMin: Int) {
    let byName = Dictionary(grouping: corpus.samples, by: \.group)
    groups = byName.sorted { $0.key < $1.key }.filter { $0.value.count >= textsMin }.map {
      Group(genre: $0.value[0].genre, texts: $0.value.map { StyleText($0.text) })
    }
    summary = "\(corpus.name) \(groups.reduce(0) { $0 + $1.texts.count }) texts"
  }

  func values(of feature: StyleFeature) -> [Values] {
    groups.map { Values(genre: $0.genre, values: $0.texts.compactMap { feature.value(in: $0) }) }
  }

  func shares(ofFunctionWord place: Int) -> [Values] {
    groups.map { Values(genre: $0.genre, values: $0.texts.map { $0.share(ofFunctionWord: place) }) }
  }
}
