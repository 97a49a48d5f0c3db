import Foundation

/// Writes `GramTable.swift`: the commonest character 3- and 4-grams of English prose, by how rare they are.
enum GramTableSource {
  /// More grams change nothing that can be measured (training authors: 2,000 to 8,000 agree within a point).
  static let gramsMax = 3000
  /// Steps per unit of rarity.
  static let levelsPerUnit = 10.0

  static func source(_ corpora: [TrainingCorpus]) -> String {
    var rates: [String: Double] = [:]
    for corpus in corpora {
      let share = 1 / Double(corpus.samples.count * corpora.count)
      for sample in corpus.samples {
        for gram in grams(sample.text) { rates[gram, default: 0] += share }
      }
    }
    let ordered = rates.sorted {
      $0.value != $1.value ? $0.value > $1.value : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
    }
    let kept = ordered.prefix(gramsMax)
    let cut = kept.last?.value ?? 1
    // What is left out is rarer than the rarest kept gram, by a factor of about three in a typical text.
    let rest = rarity(cut * 0.3)
    let byLevel = Dictionary(grouping: kept) { Int((rarity($0.value) * levelsPerUnit).rounded()) }
    var lines = """
      /// How rare character 3- and 4-grams are: 1 - ln(share of texts that have it), in tenths, of the \(gramsMax) \
      commonest.
      ///
      /// Made by `stylometry-tables inputs` from training authors only; each corpus has the same weight.
      enum GramTable {
        /// Of a gram that is not listed.
        static let restRarity = \(String(format: "%.1f", rest))

        /// Tenths of rarity, and the grams, each behind a bar; a line break is written as a pilcrow.
        static let levels: [(tenths: Int, grams: String)] = [

      """
    for level in byLevel.keys.sorted() {
      let grams = (byLevel[level] ?? []).map(\.key).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      lines += "    (\n      \(level),\n      #\"\"\"\n"
      var line = ""
      for gram in grams {
        let written = "|" + gram.replacingOccurrences(of: "\n", with: "\u{B6}")
        if line.count + written.count > 108 {
          lines += "      \(line)\\#\n"
          line = ""
        }
        line += written
      }
      lines += "      \(line)|\n      \"\"\"#\n    ),\n"
    }
    return lines + "  ]\n}\n"
  }

  private static func rarity(_ rate: Double) -> Double { 1 - log(rate) }

  /// The different ASCII grams of a text.
  private static func grams(_ text: String) -> Set<String> {
    let scalars = Array(text.unicodeScalars)
    var grams: Set<String> = []
    for start in scalars.indices {
      for length in [3, 4] where start + length <= scalars.count {
        let gram = scalars[start..<start + length]
        if gram.allSatisfy({ $0.isASCII && $0 != "|" }) {
          grams.insert(String(String.UnicodeScalarView(gram)))
        }
      }
    }
    return grams
  }
}
