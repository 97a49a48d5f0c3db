package import Corpora
package import Judge
import Randomness

/// Which pair is asked about next, in which order: the whole run's sequence of prompts, known from the seed.
///
/// Theory of operation. The n-th group of a run is a function of n, of the pairs, the options and the seed; nothing is
/// remembered from one to the next. So the cursor that a checkpoint keeps is one number, and a resumed run draws what
/// the uninterrupted one would have.
///
/// Pairs stand in strata: all in one, or those alike in corpus or negative kind together. Strata take turns, each turn
/// in a new random order, so that every stratum is drawn equally often, however few pairs it has; a stratum's pairs
/// come in a random order that is another in each of its epochs. In the order `balanced`, a stratum's pairs are dealt
/// out alternately to two halves; one half's prompts show the preferred response first in one epoch, the other's in the
/// next, and the two halves alternate within an epoch. So a model cannot gain by preferring a place, a batch is
/// balanced as well as an epoch, and every pair is seen both ways in two epochs.
package struct RolloutPlan: Sendable {
  /// A pair, and the corpus that it came from.
  package struct Source: Sendable, Equatable {
    package var corpus: String
    package var pair: PreferencePair

    package init(corpus: String, pair: PreferencePair) {
      self.corpus = corpus
      self.pair = pair
    }
  }

  /// In which orders a group's prompts show the two responses.
  package enum Orders: String, Sendable, Codable, CaseIterable {
    /// One order for a group, in half of the groups the preferred response first.
    case balanced
    /// Half of a group's samples in each order.
    case both
  }

  /// What is drawn equally often.
  package enum Balance: String, Sendable, Codable, CaseIterable {
    /// Pairs.
    case none
    case corpus
    case negativeKind = "negative-kind"
    /// Every kind in every corpus that has it.
    case corpusAndNegativeKind = "corpus-and-negative-kind"
  }

  /// Which of a pair's two queries is shown.
  package enum QueryField: String, Sendable, Codable, CaseIterable {
    case query
    case neutral = "query_neutral"

    /// The query; the leaky one where a pair has no other.
    package func text(of pair: PreferencePair) -> String {
      self == .query ? pair.query : pair.queryNeutral ?? pair.query
    }
  }

  package struct Options: Sendable, Equatable, Codable {
    package var orders = Orders.balanced
    /// A pair's first so many are shown; all where it has fewer. 1...`Comparison.exemplarsMax`.
    package var exemplars = 3
    package var queryField = QueryField.neutral
    /// Whether prompts carry measurements.
    package var evidence = true
    package var balance = Balance.none

    package init() {}
  }

  /// One group to be rolled out.
  package struct Group: Sendable, Equatable {
    /// Its place in the run, from 0.
    package let number: Int
    /// Of `sources`.
    package let sourceIndex: Int
    package let corpus: String
    package let pair: PreferencePair
    /// The epoch of its stratum, from 0.
    package let epoch: Int
    /// The orders that its samples are asked in: one, or both, with the same number of samples each.
    package let orders: [SlotOrder]
    /// With the query and exemplars that the options ask for.
    package let comparison: Comparison
    package let evidence: Bool

    /// What the model is asked in one order.
    ///
    /// - Parameter dropping: exemplars left out, so that the prompt fits; the first ones.
    package func prompt(_ order: SlotOrder, template: PromptTemplate = PromptTemplate(), dropping: Int = 0) -> Prompt {
      template.prompt(comparison, order: order, dropping: dropping, evidence: evidence)
    }

    /// The order of a sample, of `samplesPerPrompt`: of both orders the first half is `orders[0]`.
    package func order(ofSample sample: Int, of count: Int) -> SlotOrder { orders[sample * orders.count / count] }
  }

  /// Pairs that take turns with others'; indices of `sources`.
  private struct Stratum: Sendable {
    let name: String
    /// Two; the first has as many as the second, or one more. One of them shows the preferred response first.
    var halves: [[Int]]
    var count: Int { halves[0].count + halves[1].count }
  }

  package let sources: [Source]
  package let options: Options
  package let seed: UInt64
  private let strata: [Stratum]
  /// The number of the next group.
  package private(set) var next = 0

  /// - Precondition: there is a pair; the options are within their bounds.
  package init(_ sources: [Source], options: Options, seed: UInt64) {
    precondition(!sources.isEmpty && (1...Comparison.exemplarsMax).contains(options.exemplars))
    self.sources = sources
    self.options = options
    self.seed = seed
    strata = Self.strata(sources, balance: options.balance, seed: seed)
  }

  /// The names of what takes turns, sorted.
  package var strataNames: [String] { strata.map(\.name) }

  /// The next groups.
  package mutating func take(_ count: Int) -> [Group] {
    defer { next += count }
    return groups(next..<next + count)
  }

  /// Groups by their places in the run.
  ///
  /// - Complexity: O(pairs) for each epoch and turn that the range touches, and O(1) for each group.
  package func groups(_ range: Range<Int>) -> [Group] {
    var turn: (number: Int, order: [Int]) = (-1, [])
    var epochs: [Int: (number: Int, order: [Draw])] = [:]
    return range.map { number in
      let (turnNumber, place) = number.quotientAndRemainder(dividingBy: strata.count)
      if turn.number != turnNumber {
        var random = SeededRandom(seed: seed, name: "turn \(turnNumber)")
        turn = (turnNumber, random.shuffled(Array(strata.indices)))
      }
      let index = turn.order[place]
      // Each stratum is drawn once a turn.
      let (epoch, position) = turnNumber.quotientAndRemainder(dividingBy: strata[index].count)
      if epochs[index]?.number != epoch { epochs[index] = (epoch, draws(stratum: index, epoch: epoch)) }
      guard let draw = epochs[index]?.order[position] else { preconditionFailure("an epoch has all of its pairs") }
      return group(number, draw: draw, epoch: epoch)
    }
  }

  /// A number to draw the tokens of one sample from; others for every step, group and sample.
  ///
  /// - Parameters:
  ///   - group: `Group.number`.
  ///   - sample: from 0, in its group.
  package static func seed(_ seed: UInt64, step: Int, group: Int, sample: Int) -> UInt64 {
    [step, group, sample].reduce(StableHash.mix(seed)) { StableHash.mix($0 ^ StableHash.mix(UInt64($1))) }
  }

  private struct Draw: Sendable {
    let source: Int
    let showsPreferredFirst: Bool
  }

  /// The pairs of a stratum as one of its epochs has them: its halves shuffled, one of each in turn.
  private func draws(stratum index: Int, epoch: Int) -> [Draw] {
    let stratum = strata[index]
    var random = SeededRandom(seed: seed, name: "epoch \(epoch) of \(stratum.name)")
    // Of two strata one begins with the preferred response first, the other with the other.
    let first = (epoch + index) % 2
    let order = stratum.halves.indices.map { half in
      random.shuffled(stratum.halves[half]).map { Draw(source: $0, showsPreferredFirst: half == first) }
    }
    return (0..<stratum.count).map { position in order[position % 2][position / 2] }
  }

  private func group(_ number: Int, draw: Draw, epoch: Int) -> Group {
    let source = sources[draw.source]
    let pair = source.pair
    let order: SlotOrder = (pair.preferred == .a) == draw.showsPreferredFirst ? .ab : .ba
    return Group(
      number: number, sourceIndex: draw.source, corpus: source.corpus, pair: pair, epoch: epoch,
      orders: options.orders == .both ? [order, order == .ab ? .ba : .ab] : [order],
      comparison: Comparison(
        query: options.queryField.text(of: pair), exemplars: Array(pair.exemplars.prefix(options.exemplars)),
        responseA: pair.responseA, responseB: pair.responseB),
      evidence: options.evidence)
  }

  private static func strata(_ sources: [Source], balance: Balance, seed: UInt64) -> [Stratum] {
    var members: [String: [Int]] = [:]
    for (index, source) in sources.enumerated() { members[name(source, balance), default: []].append(index) }
    return members.sorted { $0.key < $1.key }.map { name, indices in
      var random = SeededRandom(seed: seed, name: "halves of \(name)")
      let shuffled = random.shuffled(indices)
      let halves = (0..<2).map { half in shuffled.indices.filter { $0 % 2 == half }.map { shuffled[$0] } }
      return Stratum(name: name, halves: halves)
    }
  }

  private static func name(_ source: Source, _ balance: Balance) -> String {
    switch balance {
    case .none: "all"
    case .corpus: source.corpus
    case .negativeKind: source.pair.negativeKind
    case .corpusAndNegativeKind: "\(source.corpus)/\(source.pair.negativeKind)"
    }
  }
}

extension RolloutPlan {
  /// Goes on where another plan of the same pairs, options and seed stood.
  ///
  /// - Throws: `cursorOfOtherPlan`, `badCursor`.
  package mutating func resume(at cursor: RolloutCursor) throws(RolloutPlanError) {
    if cursor.fingerprint != fingerprint { throw .cursorOfOtherPlan }
    if cursor.next < 0 { throw .badCursor(field: "next", detail: "must be 0 or more, not \(cursor.next)") }
    next = cursor.next
  }

  /// Where it stands.
  package var cursor: RolloutCursor { RolloutCursor(next: next, fingerprint: fingerprint) }

  /// Of everything that decides what is drawn, texts included; 16 hexadecimal digits.
  package var fingerprint: String {
    var hash = StableHash.mix(seed)
    func add(_ text: String) { hash = StableHash.hash(text, seed: hash) }
    add(options.orders.rawValue)
    add(String(options.exemplars))
    add(options.queryField.rawValue)
    add(String(options.evidence))
    add(options.balance.rawValue)
    for source in sources {
      let pair = source.pair
      let texts = [
        pair.id, source.corpus, pair.negativeKind, pair.preferred.rawValue, options.queryField.text(of: pair),
      ]
      for text in texts + [pair.responseA, pair.responseB] + pair.exemplars { add(text) }
      add(String(pair.exemplars.count))
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
