package import Judge

/// Comparisons as a trainer sends them: several of each user, who has written the same exemplars before each.
///
/// The texts are sentences of common words after a small grammar, the same for the same seed on every machine. With the
/// tokenizer of SmolLM2 a comparison's prompt has about 1,040 tokens that all of one user's share, and about 370 of its
/// own.
package struct JudgeWorkload: Sendable {
  package var users = 8
  package var comparisonsPerUser = 8
  package var exemplars = 5
  package var exemplarWords = 124
  package var queryWords = 50
  package var responseWords = 118

  package init() {}

  /// Comparisons of all users.
  package var count: Int { users * comparisonsPerUser }

  /// The comparisons, one user's after another's.
  ///
  /// - Parameter seed: other seeds have other texts throughout, so that no prefix cache knows them.
  package func comparisons(seed: Int) -> [Comparison] {
    (0..<users).flatMap { user in
      var author = SplitMix64(seed, user)
      let texts = (0..<exemplars).map { _ in Self.prose(&author, words: exemplarWords) }
      return (0..<comparisonsPerUser).map { number in
        var random = SplitMix64(seed, user, number + 1)
        return Comparison(
          query: Self.prose(&random, words: queryWords), exemplars: texts,
          responseA: Self.prose(&random, words: responseWords), responseB: Self.prose(&random, words: responseWords))
      }
    }
  }

  /// Sentences until there are at least `words` words.
  static func prose(_ random: inout SplitMix64, words: Int) -> String {
    var sentences: [String] = []
    var count = 0
    while count < words {
      let sentence = sentence(&random)
      sentences.append(sentence)
      count += sentence.split(separator: " ").count
    }
    return sentences.joined(separator: " ")
  }

  private static func sentence(_ random: inout SplitMix64) -> String {
    var text = clause(&random)
    if random.happens(0.4) { text += random.choose([", and ", ", but ", " because ", " while "]) + clause(&random) }
    return text.prefix(1).uppercased() + text.dropFirst() + "."
  }

  private static func clause(_ random: inout SplitMix64) -> String {
    var parts = [thing(&random)]
    if random.happens(0.3) { parts.append(random.choose(adverbs)) }
    parts += [random.choose(verbs), thing(&random)]
    if random.happens(0.5) { parts += [random.choose(places), thing(&random)] }
    return parts.joined(separator: " ")
  }

  private static func thing(_ random: inout SplitMix64) -> String {
    let article = random.choose(["the", "one", "this", "our", "every"])
    return article + " " + (random.happens(0.5) ? random.choose(adjectives) + " " : "") + random.choose(nouns)
  }

  private static let nouns = """
    meeting train kitchen neighbour report garden window budget teacher harbour weekend colleague recipe bicycle
    library customer morning project street message doctor holiday painting answer village printer contract evening
    orchestra ticket mountain newspaper bakery question winter station manager photograph island schedule
    """.words
  private static let verbs = """
    remembers follows repairs explains carries forgets borrows measures describes welcomes postpones collects
    improves mentions replaces discovers prepares surrounds promises ignores finishes supports
    """.words
  private static let adjectives = """
    quiet early honest narrow careful bright ordinary patient distant simple heavy curious famous gentle crowded
    late modern empty serious local cheerful
    """.words
  private static let adverbs = "often rarely slowly gladly clearly nearly always finally hardly quickly".words
  private static let places = "near behind without after during beside before under across against".words
}

extension String {
  fileprivate var words: [String] { split { $0.isWhitespace }.map(String.init) }
}
