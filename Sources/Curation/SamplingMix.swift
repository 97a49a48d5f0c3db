package import Randomness

/// How a preferred response is found or made.
package enum PositiveKind: String, Sendable, CaseIterable, Codable {
  /// A text of the author as it stands, near an exemplar in topic.
  case intraAuthor = "intra_author"
  /// A text of the author in which three or four adjectives, adverbs or verbs are replaced by near synonyms.
  case lexical
  /// A language model's imitation of the author; its rival is then an imitation of somebody else.
  case imitation
}

/// How the other response is found or made.
package enum NegativeKind: String, Sendable, CaseIterable, Codable {
  /// The text of another author that is nearest in topic.
  case crossAuthor = "cross_author"
  /// A text of another author, whoever it is.
  case random
  /// A language model's free continuation of the opening, which knows nothing of the author.
  case continuation
  /// A language model's imitation of the very text that is preferred.
  case confounding

  package var isMachineWritten: Bool { self == .continuation || self == .confounding }
}

/// Shares of kinds, as a flag gives them: `cross-author=2,random=1`.
package struct SamplingMix<Kind: Sendable & Hashable & CaseIterable & RawRepresentable>: Sendable
where Kind.RawValue == String {
  /// What is wrong with a flag's value.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    case unknownKind(String, known: [String])
    case badShare(kind: String, text: String)
    case repeated(String)
    case allZero

    package var description: String {
      switch self {
      case .unknownKind(let kind, let known): "\"\(kind)\" is none of \(known.joined(separator: ", "))"
      case .badShare(let kind, let text): "the share of \(kind) is a number from 0 to 1000000, not \"\(text)\""
      case .repeated(let kind): "\(kind) is given twice"
      case .allZero: "no kind has a share above 0"
      }
    }
  }

  /// Larger weights say no more, and their sum might be no number.
  private static var weightMax: Double { 1_000_000 }

  /// Of each kind its share of the whole, 0...1, in the order of the kinds; kinds without a share are left out.
  package let shares: [(kind: Kind, share: Double)]

  /// - Precondition: some share is above zero, and none below.
  package init(_ weights: [Kind: Double]) {
    let sum = Kind.allCases.reduce(0) { $0 + (weights[$1] ?? 0) }
    precondition(sum > 0 && weights.values.allSatisfy { $0 >= 0 }, "shares are not negative, and not all zero")
    shares = Kind.allCases.compactMap { kind in
      guard let weight = weights[kind], weight > 0 else { return nil }
      return (kind, weight / sum)
    }
  }

  /// - Parameter text: `kind=share` separated by commas; a kind's name may be spelled with `-` or `_`.
  package init(parsing text: String) throws(Fault) {
    var weights: [Kind: Double] = [:]
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(sides[0]).trimmed
      let known = Kind.allCases.map { Self.flagName($0) }
      guard let kind = Kind.allCases.first(where: { Self.flagName($0) == name || $0.rawValue == name }) else {
        throw .unknownKind(name, known: known)
      }
      let share = sides.count > 1 ? String(sides[1]).trimmed : "1"
      guard let weight = Double(share), (0...Self.weightMax).contains(weight) else {
        throw .badShare(kind: name, text: share)
      }
      if weights[kind] != nil { throw .repeated(name) }
      weights[kind] = weight
    }
    guard weights.values.contains(where: { $0 > 0 }) else { throw .allZero }
    self.init(weights)
  }

  package func contains(_ kind: Kind) -> Bool { share(of: kind) > 0 }

  /// 0...1.
  package func share(of kind: Kind) -> Double { shares.first { $0.kind == kind }?.share ?? 0 }

  /// Exactly `count` kinds whose numbers are as near to the shares as whole numbers are, in no order that means
  /// anything.
  package func draw(_ count: Int, using random: inout SeededRandom) -> [Kind] {
    var kinds: [Kind] = []
    var owed = 0.0
    for (kind, share) in shares {
      owed += share * Double(count)
      // What rounding took from one kind goes to the next, so that the numbers add up.
      let own = kind == shares.last?.kind ? count - kinds.count : max(0, Int(owed.rounded()) - kinds.count)
      kinds += Array(repeating: kind, count: own)
    }
    return random.shuffled(kinds)
  }

  private static func flagName(_ kind: Kind) -> String { String(kind.rawValue.map { $0 == "_" ? "-" : $0 }) }
}
