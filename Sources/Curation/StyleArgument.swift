package import Corpora
import Stylometry

/// What a trace cites of the evidence, and the conclusion that follows from what it cites and from nothing else.
///
/// Cited are the marks that separate the responses most, whichever they speak for, and the similarity; their log odds
/// are added up. So a reader who follows the cited numbers comes to the same end, with the same certainty.
package struct StyleArgument: Sendable {
  /// A feature that is named as a criterion and evaluated, once each.
  package struct Mark: Sendable {
    package let row: StyleEvidence.Row
    package let habit: Habit
    /// Whether so little separates the responses that it is said.
    package let isWeak: Bool

    /// What it adds to the sum, as log odds that A is the writer's. A weak one is shown and not counted.
    fileprivate var lead: Double { isWeak ? 0 : row.leadOfA }

    package var nearer: PreferencePair.Slot { row.leadOfA > 0 ? .a : .b }
    /// The response that has more of it; what can be shown of the mark is shown there.
    package var fuller: PreferencePair.Slot { row.a > row.b ? .a : .b }
  }

  /// How the writer stands to writers at large.
  package enum Habit: Int, Sendable {
    case more, less
    /// The printed mean is 0.
    case hardlyAny
    case ordinary
  }

  /// How far the cited evidence goes.
  package enum Strength: Int, Sendable, CaseIterable, Comparable {
    case slight, plain, clear, far

    /// From which log odds on: 0.6 is 65 %, 1.5 is 82 %, 2.75 is 94 %.
    fileprivate var leadMin: Double { [0, 0.6, 1.5, 2.75][rawValue] }

    /// Of the closer response and of the other, in points.
    package var scores: (closer: Int, other: Int) { (6 + rawValue, 5 - rawValue) }

    package static func < (one: Strength, other: Strength) -> Bool { one.rawValue < other.rawValue }
  }

  /// Marks that are cited: so many at most, and more only where they tell a good deal.
  private static let marksUsual = 2
  private static let marksMax = 3
  private static let furtherLeadMin = 0.4
  /// A mark of less log odds is not worth a word, and a similarity of less is about even.
  private static let markLeadMin = 0.05
  private static let leadMin = 0.1
  /// Fewer commas, or sentences, apart than this may be chance.
  private static let tokensApartMin = 2
  /// The nearer response is at most so far away, as a share of how far the other is: of two that miss the exemplars by
  /// about as much, on either side of them, none is a reader's choice.
  private static let distanceShareMax = 0.7
  /// From how many spreads on the writer is said to have more of it, or less, than others.
  private static let distinctMin = 0.5

  /// In the order in which they are named: what sets the writer apart, then the rest, each as the prompt has them.
  package let marks: [Mark]
  /// The response that is more similar to the exemplars; nil where they are about even.
  package let moreSimilar: PreferencePair.Slot?
  /// Log odds that A is the writer's, from what is cited.
  package let leadOfA: Double
  private let similarityLeadOfA: Double

  package init(_ evidence: StyleEvidence) {
    let shown = evidence.rows.filter { $0.leadOfA != 0 }.sorted {
      let (one, other) = (abs($0.leadOfA), abs($1.leadOfA))
      return one != other ? one > other : $0.feature.index < $1.feature.index
    }
    let telling = shown.filter {
      abs($0.leadOfA) >= Self.markLeadMin && ($0.tokensApart ?? .max) >= Self.tokensApartMin && Self.isPlainlyNearer($0)
    }
    let further = telling.dropFirst(Self.marksUsual).filter { abs($0.leadOfA) >= Self.furtherLeadMin }
    // Where nothing tells, what tells most is named for the little it is.
    let chosen =
      telling.isEmpty
      ? Array(shown.prefix(1))
      : Array(telling.prefix(Self.marksUsual)) + Array(further.prefix(Self.marksMax - Self.marksUsual))
    let order = Dictionary(uniqueKeysWithValues: EvidenceBlock.features.enumerated().map { ($1, $0) })
    marks = chosen.map { Mark(row: $0, habit: Self.habit(of: $0), isWeak: telling.isEmpty) }.sorted {
      $0.habit.isComparative != $1.habit.isComparative
        ? $0.habit.isComparative : (order[$0.row.feature] ?? 0) < (order[$1.row.feature] ?? 0)
    }
    let similarity = evidence.similarityLeadOfA
    similarityLeadOfA = similarity
    moreSimilar = abs(similarity) < Self.leadMin ? nil : similarity > 0 ? .a : .b
    leadOfA = marks.reduce(moreSimilar == nil ? 0 : similarity) { $0 + $1.lead }
  }

  private static func isPlainlyNearer(_ row: StyleEvidence.Row) -> Bool {
    let (a, b) = (abs(row.a - row.exemplars), abs(row.b - row.exemplars))
    return min(a, b) <= distanceShareMax * max(a, b)
  }

  private static func habit(of row: StyleEvidence.Row) -> Habit {
    let (own, others) = (row.feature.printed(row.exemplars), row.feature.printed(row.others))
    if own == "0" { return .hardlyAny }
    // The numbers must show the difference that is spoken of.
    if abs(row.distinction) < distinctMin || own == others { return .ordinary }
    if (row.exemplars > row.others) != (row.distinction > 0) { return .ordinary }
    return row.distinction > 0 ? .more : .less
  }

  /// The response that what is cited speaks for; nil where it is as good as balanced.
  package var winner: PreferencePair.Slot? { abs(leadOfA) < Self.leadMin ? nil : leadOfA > 0 ? .a : .b }

  /// What is cited for a response: its marks, and whether the similarity is among it.
  package func cited(for slot: PreferencePair.Slot) -> (marks: [Mark], similarity: Bool) {
    (marks.filter { $0.nearer == slot }, moreSimilar == slot)
  }

  /// Whether a reader is shown why: there is a mark to look at, whichever it speaks for. Likeness in character
  /// sequences alone is nothing that a reader can follow.
  package var isBorneOut: Bool { !marks.isEmpty }

  package var strength: Strength {
    guard let winner else { return .slight }
    let reached = Strength.allCases.last { abs(leadOfA) >= $0.leadMin } ?? .slight
    let contrary = weight(for: winner.other)
    let counted = cited(for: winner).marks.filter { !$0.isWeak }
    // Nothing is won by far against evidence or without a mark that counts, nor clearly against a good part of the
    // evidence or all of the marks.
    if contrary > Self.contraryShareMax * weight(for: winner) || (contrary > 0 && counted.isEmpty) {
      return min(reached, .plain)
    }
    return contrary > 0 || counted.isEmpty ? min(reached, .clear) : reached
  }

  private static let contraryShareMax = 0.3

  /// Log odds of what is cited for a response.
  private func weight(for slot: PreferencePair.Slot) -> Double {
    let sign = slot == .a ? 1.0 : -1
    return (marks.map(\.lead) + [moreSimilar == nil ? 0 : similarityLeadOfA]).reduce(0) {
      $0 + max(0, sign * $1)
    }
  }
}

extension StyleArgument.Habit {
  /// Whether it is said of the writer beside others.
  package var isComparative: Bool { self == .more || self == .less }
}
