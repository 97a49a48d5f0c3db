import Randomness

/// Finds texts that are nearly the same as one seen before, without comparing each with each.
///
/// Theory of operation: a text is the set of its runs of five words. Its MinHash signature holds, for each of
/// `hashCount` hash functions, the least hash over the set; two texts agree in a place with the probability of their
/// Jaccard similarity. Signatures are cut into bands of `rows` places, and texts that agree in a whole band are
/// candidates, which are then compared exactly: so no text is called a duplicate that is none, and one at the threshold
/// is missed with a probability below `missMax`, longer likenesses more rarely still. The hash functions are fixed.
///
/// - Source: Broder 1997, "On the resemblance and containment of documents"; Leskovec, Rajaraman and Ullman, "Mining of
///   Massive Datasets", section 3.4 (banding).
package struct NearDuplicates: Sendable {
  private static let hashCount = 128
  private static let missMax = 0.01

  /// Texts at least this similar are duplicates, 0..<1 exclusive of 0.
  package let threshold: Double
  private let rows: Int
  private let seeds: [UInt64]
  /// For each band, the texts by the band's hash.
  private var bands: [[UInt64: [Int]]]
  /// The words of each text that was kept, in order. Runs are made again for the few that are compared.
  private var kept: [WordRuns] = []

  /// - Precondition: `threshold` is in 0.1...1.
  package init(threshold: Double) {
    precondition((0.1...1).contains(threshold))
    self.threshold = threshold
    // The widest bands, which give the fewest candidates, that still find what lies at the threshold.
    rows =
      (1...16).last { rows in
        let bands = Double(Self.hashCount / rows)
        return Self.power(1 - Self.power(threshold, Double(rows)), bands) <= Self.missMax
      } ?? 1
    seeds = (0..<UInt64(Self.hashCount)).map { StableHash.mix($0 &+ 0x6D69_6E68_6173_6800) }
    bands = Array(repeating: [:], count: Self.hashCount / rows)
  }

  /// The earlier text that a text nearly repeats, and how similar they are.
  package struct Match: Sendable, Equatable {
    /// Counts the texts that were kept, from 0.
    package let index: Int
    package let similarity: Double
  }

  /// Looks a text up, and keeps it for later ones where it is new.
  ///
  /// - Returns: the most similar text kept so far, the first of equals; nil where the text is new and was kept.
  package mutating func addIfNew(_ text: String) -> Match? {
    let words = WordRuns(text)
    let runs = words.runs()
    let keys = bandKeys(of: runs)
    let candidates = Set(zip(bands, keys).flatMap { $0[$1] ?? [] }).sorted()
    var best: Match?
    for index in candidates {
      let similarity = WordRuns.jaccard(runs, kept[index].runs())
      if similarity >= threshold, similarity > best?.similarity ?? 0 {
        best = Match(index: index, similarity: similarity)
      }
    }
    if best != nil { return best }
    for (band, key) in keys.enumerated() { bands[band][key, default: []].append(kept.count) }
    kept.append(words)
    return nil
  }

  private func bandKeys(of runs: [UInt64]) -> [UInt64] {
    var signature = [UInt64](repeating: .max, count: seeds.count)
    for run in runs {
      for place in seeds.indices { signature[place] = min(signature[place], StableHash.mix(run ^ seeds[place])) }
    }
    return bands.indices.map { band in
      signature[(band * rows)..<((band + 1) * rows)].reduce(UInt64(band)) { StableHash.mix($0 ^ $1) }
    }
  }

  private static func power(_ base: Double, _ exponent: Double) -> Double {
    (0..<Int(exponent)).reduce(1) { product, _ in product * base }
  }
}
