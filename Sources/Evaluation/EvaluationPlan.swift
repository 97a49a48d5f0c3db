package import Corpora

/// Everything that is to be judged: the pairs as they stand, the same with fewer exemplars, and probes.
package struct EvaluationPlan: Sendable {
  /// One question.
  package struct Item: Sendable, Equatable {
    /// With the exemplars that are shown; its id names the result.
    package var pair: PreferencePair
    package var probe: JudgedPair.Probe?
    /// Whether it is one of the pairs the main figures are of.
    package var isMain: Bool
  }

  package let items: [Item]

  /// - Parameters:
  ///   - exemplars: numbers of exemplars to show, each 1 or more; the largest is what the main figures are of. Empty:
  ///     all that a pair has.
  ///   - probes: kinds of probes, made of the main pairs.
  ///   - probeLimit: the first so many pairs are probed.
  package init(
    _ pairs: [PreferencePair], exemplars: [Int] = [], probes: [ProbeKind] = [], probeLimit: Int = .max, seed: UInt64
  ) {
    let counts = Set(exemplars).sorted(by: >)
    let main = pairs.map { pair in counts.first.map { Self.cut(pair, to: $0) } ?? pair }
    var items = main.map { Item(pair: $0, probe: nil, isMain: true) }
    for count in counts.dropFirst() {
      items += pairs.map { pair in
        var cut = Self.cut(pair, to: count)
        cut.id = "\(pair.id)@\(count)"
        return Item(pair: cut, probe: nil, isMain: false)
      }
    }
    // Texts to swap in come from all pairs, probed or not.
    let maker = Probes(of: main, seed: seed)
    for kind in probes {
      items += maker.make(kind, of: Array(main.prefix(probeLimit))).map {
        Item(pair: $0.pair, probe: $0.probe, isMain: false)
      }
    }
    self.items = items
  }

  /// The pair with its first exemplars only: the first alone is the setting of one exemplar.
  private static func cut(_ pair: PreferencePair, to count: Int) -> PreferencePair {
    var cut = pair
    cut.exemplars = Array(pair.exemplars.prefix(count))
    cut.exemplarIDs = pair.exemplarIDs.map { Array($0.prefix(count)) }
    cut.exemplarGenres = pair.exemplarGenres.map { Array($0.prefix(count)) }
    return cut
  }
}
