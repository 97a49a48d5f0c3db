/// Says of a word in its place whether it is certainly a verb, an adjective or an adverb.
///
/// Theory of operation: WordNet's counts say how often a form is what; neighbours decide. Where neither is clear, the
/// word is left alone: of a whole text only three or four words are needed.
struct WordTagger: Sendable {
  let wordNet: WordNet

  /// The least share of a form's uses that must be of one part of speech, without and with a neighbour that says so.
  private static let certainShare = 0.9
  private static let supportedShare = 0.5

  static let determiners: Set<String> = [
    "the", "a", "an", "this", "these", "those", "my", "your", "his", "her", "its", "our", "their", "some", "any",
    "every",
    "each", "another", "both", "several", "all", "no",
  ]
  static let beForms: Set<String> = [
    "be", "is", "are", "was", "were", "been", "being", "am", "isn't", "aren't", "wasn't", "weren't", "it's", "that's",
    "he's", "she's", "i'm", "they're", "we're", "you're",
  ]
  static let haveForms: Set<String> = [
    "have", "has", "had", "having", "haven't", "hasn't", "hadn't", "i've", "we've", "they've", "you've",
  ]
  private static let subjects: Set<String> = ["i", "you", "we", "they", "he", "she", "it", "who", "which"]
  private static let beforeBase: Set<String> = [
    "to", "will", "would", "can", "could", "may", "might", "must", "should", "shall", "do", "does", "did", "don't",
    "doesn't", "didn't", "won't", "wouldn't", "can't", "couldn't", "cannot", "shouldn't", "i", "you", "we", "they",
    "i'll", "we'll", "they'll", "you'll", "he'll", "she'll", "it'll", "i'd", "we'd", "they'd", "you'd", "he'd", "she'd",
  ]
  private static let degrees: Set<String> = ["very", "so", "really", "quite", "pretty", "extremely", "too", "rather"]
  private static let objectPronouns: Set<String> = ["me", "him", "it", "us", "them", "myself", "himself", "themselves"]
  private static let numberWords: Set<String> = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty",
    "thirty", "forty", "fifty", "sixty", "hundred", "half",
  ]
  private static let clauseWords: Set<String> = ["and", "but", "or", "because", "while", "when", "if", "though"]
  /// A word that blocks an adverb behind it: it makes a pattern with it, such as "as soon as".
  private static let beforeNoAdverb: Set<String> = [
    "as", "so", "too", "how", "very", "more", "most", "less", "least", "not", "no", "quite", "that", "than", "a", "an",
  ]

  /// How often a form is met as each part of speech, half a time added where it is known at all.
  private func weights(of form: String) -> [WordNet.PartOfSpeech: Double] {
    var weights: [WordNet.PartOfSpeech: Double] = [:]
    for part in WordNet.PartOfSpeech.allCases {
      let lemmas = wordNet.lemmas(of: form, as: part)
      if lemmas.isEmpty { continue }
      weights[part] = lemmas.reduce(0.5) { $0 + Double(wordNet.count(of: $1, as: part)) }
    }
    return weights
  }

  func share(of form: String, as part: WordNet.PartOfSpeech) -> Double {
    let weights = weights(of: form)
    let total = weights.values.sorted().reduce(0, +)
    return total > 0 ? (weights[part] ?? 0) / total : 0
  }

  /// Whether a word begins or joins a phrase that has a meaning of its own, such as "social security" or "buy out".
  func isInPhrase(_ index: Int, lemma: String, in text: TextTokens) -> Bool {
    let word = text.tokens[index].lowercased
    let (before, behind) = (text.joined(index, by: -1)?.lowercased, text.joined(index, by: 1)?.lowercased)
    let second = text.joined(index, by: 2)?.lowercased
    for form in word == lemma ? [word] : [word, lemma] {
      if let before, wordNet.isPhrase([before, form]) { return true }
      if let before, let first = text.joined(index, by: -2)?.lowercased,
        SynonymRules.setPhrases.contains([first, before, form].joined(separator: " "))
      {
        return true
      }
      if let behind {
        if SynonymRules.setPhrases.contains(form + " " + behind) { return true }
        let singular = wordNet.lemmas(of: behind, as: .noun).first ?? behind
        if wordNet.isPhrase([form, behind]) || wordNet.isPhrase([form, singular]) { return true }
        if let before, wordNet.isPhrase([before, form, behind]) { return true }
        if let second, wordNet.isPhrase([form, behind, second]) { return true }
      }
    }
    return false
  }

  // MARK: Verbs

  /// Whether the word is certainly a verb in this form.
  func isVerb(_ index: Int, form: Inflection.Form, in text: TextTokens) -> Bool {
    let token = text.tokens[index]
    if token.startsSentence { return false }
    let before = text.joined(index, by: -1)?.lowercased
    // "the growing market", "his proposed law": an adjective by trade.
    if let before, Self.determiners.contains(before) { return false }
    let share = share(of: token.lowercased, as: .verb)
    if share < Self.supportedShare { return false }
    switch form {
    case .base:
      guard let before else { return false }
      if Self.beforeBase.contains(before) { return true }
      // "to quickly finish"
      let isAdverb = self.share(of: before, as: .adverb) > Self.certainShare
      return isAdverb && text.joined(index, by: -2).map { Self.beforeBase.contains($0.lowercased) } ?? false
    case .thirdPerson:
      // "talks" and "shows" are nouns of the news, whatever the counts of other texts say.
      let isNounToo = self.share(of: token.lowercased, as: .noun) > 0
      return ["he", "she", "it", "who", "which"].contains(before) || (share >= Self.certainShare && !isNounToo)
    case .gerund, .past, .participle, .pastOrParticiple: return share >= Self.certainShare || isAuxiliary(before)
    case .comparative, .superlative: return false
    }
  }

  private func isAuxiliary(_ word: String?) -> Bool {
    word.map { Self.beForms.contains($0) || Self.haveForms.contains($0) || Self.subjects.contains($0) } ?? false
  }

  /// Which of past and participle a form is in its place; nil where that is open.
  func pastOrParticiple(_ index: Int, in text: TextTokens) -> Inflection.Form? {
    guard var before = text.joined(index, by: -1) else { return nil }
    if share(of: before.lowercased, as: .adverb) > Self.certainShare, let further = text.joined(index, by: -2) {
      before = further
    }
    if Self.beForms.contains(before.lowercased) || Self.haveForms.contains(before.lowercased) { return .participle }
    return Self.subjects.contains(before.lowercased) ? .past : nil
  }

  func isFollowed(_ index: Int, by followers: [VerbFollower], form: Inflection.Form, in text: TextTokens) -> Bool {
    let token = text.tokens[index]
    let isPassive = isPassive(index, form: form, in: text)
    guard token.isJoinedToNext, let next = text.joined(index, by: 1) else {
      return token.markBehind != nil && (followers.contains(.end) || isPassive && followers.contains(.object))
    }
    if followers.contains(.word(next.lowercased)) { return true }
    if followers.contains(.gerund), next.isPlain, next.lowercased.hasSuffix("ing"),
      share(of: next.lowercased, as: .verb) >= Self.supportedShare
    {
      return true
    }
    if followers.contains(.objectAlone), !isPassive, isObject(next, of: form) {
      return !(2...6).contains { text.joined(index, by: $0)?.lowercased == "to" }
    }
    if isPassive { return followers.contains(.object) && next.lowercased == "by" }
    if followers.contains(.pronoun), Self.objectPronouns.contains(next.lowercased) { return true }
    if followers.contains(.amount), Self.isAmount(next) { return true }
    return followers.contains(.object) && isObject(next, of: form)
  }

  private func isPassive(_ index: Int, form: Inflection.Form, in text: TextTokens) -> Bool {
    guard [.participle, .pastOrParticiple].contains(form), let before = text.joined(index, by: -1) else { return false }
    if Self.beForms.contains(before.lowercased) { return true }
    return before.lowercased == "not"
      && text.joined(index, by: -2).map { Self.beForms.contains($0.lowercased) } ?? false
  }

  private func isObject(_ next: TextTokens.Token, of form: Inflection.Form) -> Bool {
    if Self.determiners.contains(next.lowercased) { return true }
    // "operating earnings" are a kind of earnings.
    if form == .gerund { return false }
    let isPlural = next.isPlain && !next.isCapitalised && next.lowercased.hasSuffix("s")
    return isPlural && share(of: next.lowercased, as: .noun) >= Self.certainShare
  }

  private static func isAmount(_ token: TextTokens.Token) -> Bool {
    token.text.first?.isNumber == true || numberWords.contains(token.lowercased)
  }

  /// Whether a number comes next, also one of dollars.
  func isBeforeAmount(_ index: Int, in text: TextTokens) -> Bool {
    guard index + 1 < text.tokens.count else { return false }
    let token = text.tokens[index]
    return (token.isJoinedToNext || token.markBehind == "$") && Self.isAmount(text.tokens[index + 1])
  }

  // MARK: Adjectives

  /// Where an adjective stands; nil where it is not certain that it is one.
  enum AdjectivePlace { case attributive, predicative }

  func adjectivePlace(_ index: Int, in text: TextTokens) -> AdjectivePlace? {
    let token = text.tokens[index]
    let share = share(of: token.lowercased, as: .adjective)
    if share < Self.supportedShare { return nil }
    let before = text.joined(index, by: -1)
    if let word = before?.lowercased, ["more", "most", "less", "least", "as", "how", "no", "in", "at"].contains(word) {
      return nil
    }
    if before?.isCapitalised == true, before?.startsSentence == false { return nil }
    if token.isJoinedToNext, let next = text.joined(index, by: 1) {
      let isNoun = next.isPlain && !next.isCapitalised && self.share(of: next.lowercased, as: .noun) >= 0.7
      if isNoun {
        // "so difficult times" is no English, and what is before "a" may be.
        let isSupported = before.map { Self.determiners.contains($0.lowercased) } ?? true
        return isSupported || share >= Self.certainShare ? .attributive : nil
      }
      guard Self.clauseWords.contains(next.lowercased) else { return nil }
    } else if token.markBehind == nil || token.markBehind == "," || token.markBehind == "-" {
      // A list of adjectives, or a line that breaks off.
      return nil
    }
    guard let before else { return nil }
    if Self.beForms.contains(before.lowercased) { return .predicative }
    let further = text.joined(index, by: -2)
    let isGraded = Self.degrees.contains(before.lowercased)
    return isGraded && further.map { Self.beForms.contains($0.lowercased) } ?? false ? .predicative : nil
  }

  // MARK: Adverbs

  /// Whether a word that is always an adverb stands free here.
  func isAdverb(_ index: Int, in text: TextTokens) -> Bool {
    let token = text.tokens[index]
    if share(of: token.lowercased, as: .adverb) < Self.supportedShare { return false }
    if let before = text.joined(index, by: -1), Self.beforeNoAdverb.contains(before.lowercased) { return false }
    return text.joined(index, by: 1).map { $0.lowercased != "as" && $0.lowercased != "than" } ?? true
  }
}
