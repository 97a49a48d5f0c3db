/// The words by which a sentence says that one text is closer to a writer than another, or farther.
enum PreferenceWords {
  /// A comparing phrase in a sentence.
  struct Trigger: Equatable {
    /// Places of its words.
    let words: Range<Int>
    /// Whether it says that what it is about is the farther one.
    let isContrary: Bool
    /// Whether it is about what is named behind it: "I prefer Response A".
    var isOfObject = false
  }

  private static let closer: Set<String> = [
    "closer", "closest", "nearer", "nearest", "likelier", "likeliest", "superior", "preferable", "preferred", "favored",
    "favoured", "wins", "winner", "outperforms", "outmatches", "beats", "surpasses",
  ]
  private static let farther: Set<String> = [
    "further", "farther", "furthest", "farthest", "worse", "worst", "inferior", "loses", "loser",
  ]
  /// Of these only with a word of likeness beside them: "better punctuation" is no preference.
  private static let better: Set<String> = ["better", "best", "stronger", "strongest", "tighter"]
  private static let poorer: Set<String> = ["weaker", "weakest", "poorer", "poorest", "looser"]
  private static let likeness: Set<String> = [
    "match", "fit", "candidate", "alignment", "aligned", "choice", "likeness", "resemblance", "captures", "reflects",
    "mirrors", "matches", "fits", "resembles", "imitation", "approximation", "echoes", "aligns", "representation",
    "suited", "embodies", "follows", "reproduces",
  ]
  private static let moreOf: Set<String> = [
    "likely", "consistent", "similar", "typical", "faithful", "authentic", "characteristic", "line", "keeping", "tune",
    "like", "plausible", "convincing", "closely", "accurately", "reminiscent", "aligned", "representative", "true",
    "fitting", "faithfully", "compatible", "close", "probable", "probably", "convincingly",
  ]
  /// Phrases, with whether they are about what is named behind them.
  private static let phrases: [(words: [String], isOfObject: Bool)] = [
    (["same", "writer"], false), (["same", "person"], false), (["same", "hand"], false), (["same", "author"], false),
    (["author", "s", "own"], false), (["writer", "s", "own"], false), (["would", "have", "written"], false),
    (["written", "by", "the"], false), (["written", "by", "this"], false), (["by", "the", "author"], false),
    (["by", "this", "writer"], false), (["belongs", "to", "the"], false),
    (["is", "the", "author", "s"], false), (["is", "the", "writer", "s"], false),
    (["is", "this", "writer", "s"], false),
    (["higher", "score"], false), (["scores", "higher"], false), (["higher", "rating"], false),
    (["i", "prefer"], true), (["i", "choose"], true), (["i", "favor"], true), (["i", "favour"], true),
    (["i", "pick"], true), (["i", "select"], true), (["go", "with"], true), (["would", "choose"], true),
    (["goes", "to"], true), (["points", "to"], true), (["point", "to"], true), (["points", "toward"], true),
    (["in", "favor", "of"], true), (["in", "favour", "of"], true), (["favors"], true), (["favours"], true),
    (["edge", "to"], true), (["edges", "out"], false), (["has", "the", "edge"], false),
  ]
  /// Words that may stand between a comparative and what it compares.
  private static let reach = 3

  /// The comparing phrases of a sentence's words, in lower case, in order.
  static func triggers(in words: [String]) -> [Trigger] {
    var triggers: [Trigger] = []
    var index = 0
    while index < words.count {
      if let trigger = trigger(at: index, in: words) {
        triggers.append(trigger)
        index = trigger.words.upperBound
      } else {
        index += 1
      }
    }
    return triggers
  }

  private static func trigger(at index: Int, in words: [String]) -> Trigger? {
    let word = words[index]
    let one = index..<(index + 1)
    if closer.contains(word) {
      // "A closer look" compares nothing; "is preferred" does, "I preferred" is about what follows.
      return index + 1 < words.count && ["look", "reading", "inspection"].contains(words[index + 1])
        ? nil : Trigger(words: one, isContrary: false)
    }
    if farther.contains(word) {
      // "Further, ..." and "further examples" compare nothing.
      let isComparing =
        word != "further" || (index + 1 < words.count && ["from", "away", "off"].contains(words[index + 1]))
      return isComparing ? Trigger(words: one, isContrary: true) : nil
    }
    if better.contains(word) || poorer.contains(word) {
      let around = (words[(index + 1)...].prefix(reach) + words[..<index].suffix(1))
      return around.contains { likeness.contains($0) } ? Trigger(words: one, isContrary: poorer.contains(word)) : nil
    }
    if ["more", "most", "less", "least"].contains(word) {
      let behind = words[(index + 1)...].prefix(2)
      guard let offset = behind.firstIndex(where: { moreOf.contains($0) }) else { return nil }
      return Trigger(words: index..<(offset + 1), isContrary: word == "less" || word == "least")
    }
    // "Not as close" says farther; "as close" by itself says nothing of who wins.
    if word == "as" || word == "so", index + 1 < words.count, moreOf.contains(words[index + 1]),
      words[..<index].suffix(2).contains(where: { $0 == "not" || $0 == "t" })
    {
      return Trigger(words: index..<(index + 2), isContrary: false)
    }
    for phrase in phrases where words[index...].starts(with: phrase.words) {
      return Trigger(
        words: index..<(index + phrase.words.count), isContrary: false, isOfObject: phrase.isOfObject)
    }
    return nil
  }
}
