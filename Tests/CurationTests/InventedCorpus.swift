import Corpora
import Randomness

/// Texts that nobody wrote, by authors with habits of their own.
enum InventedCorpus {
  private static let topics = ["garden", "harbour", "market", "railway", "orchard", "theatre"]
  private static let syllables = ["ba", "lor", "min", "ta", "ren", "du", "sol", "ke", "vi", "gat", "po", "nel"]

  private static let verbs = ["saw", "wanted", "carried", "forgot", "described", "counted", "watched", "mended"]
  private static let adjectives = ["old", "bright", "quiet", "heavy", "curious", "narrow", "plain", "broken"]
  private static let ends = ["in the", "without a", "near the", "past every"]

  /// One text of sentences on a topic; the habits decide its punctuation, openings and length.
  static func text(author: Int, topic: String, sentences: Int, _ random: inout SeededRandom) -> String {
    func pick(_ list: [String]) -> String { list[random.below(list.count)] }
    // Words of the topic's own, so many that two texts hardly ever share a passage.
    func thing() -> String { topic.prefix(2) + pick(syllables) + pick(syllables) + pick(syllables) }
    var lines: [String] = []
    for _ in 0..<sentences {
      let subject = author % 2 == 0 ? "I" : pick(["The neighbour", "She", "He", "Everybody"])
      var sentence = "\(subject) \(pick(verbs)) the \(pick(adjectives)) \(thing())"
      for _ in 0..<(author % 3) { sentence += ", and \(pick(verbs)) the \(thing()) \(pick(ends)) \(thing())" }
      if author % 4 == 1 { sentence += " (so \(thing()) said)" }
      if author % 4 == 2 { sentence += "; it was \(thing())" }
      sentence += " \(pick(ends)) \(thing())" + (author % 5 == 3 ? "!" : ".")
      lines.append(sentence)
    }
    return lines.joined(separator: author % 3 == 2 ? "\n" : " ")
  }

  /// A corpus of some authors with some texts each.
  static func texts(
    authors: Int, each: Int, seed: UInt64, genres: [String?] = [nil], hasTopics: Bool = false, sentences: Int = 12
  ) -> [CorpusText] {
    var random = SeededRandom(seed: seed)
    var texts: [CorpusText] = []
    for author in 0..<authors {
      for number in 0..<each {
        let topic = topics[(number / max(1, genres.count)) % topics.count]
        let length = sentences + random.below(5)
        texts.append(
          CorpusText(
            author: "author\(author)", documentID: "text\(number)", genre: genres[number % genres.count],
            topic: hasTopics ? topic : nil,
            text: text(author: author, topic: topic, sentences: max(2, length * 3 / (3 + author % 3)), &random)))
      }
    }
    return texts
  }

  /// A pair of invented texts, for judging.
  static func pair(seed: UInt64) -> PreferencePair {
    var random = SeededRandom(seed: seed)
    let (author, other) = (random.below(12), random.below(12))
    let topic = topics[random.below(topics.count)]
    func text(_ author: Int) -> String {
      Self.text(author: author, topic: topic, sentences: 3 + random.below(9), &random)
    }
    return PreferencePair(
      id: "p\(seed)", query: "Write a text.", exemplars: (0...random.below(3)).map { _ in text(author) },
      responseA: text(author), responseB: text(other), preferred: .a, author: "author\(author)",
      negativeAuthor: "author\(other)", negativeKind: "random")
  }
}
