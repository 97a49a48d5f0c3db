/// Finds what may stand for a word in its place.
struct SynonymFinder: Sendable {
  /// What may stand for a word: lemmas, and each in the word's form.
  struct Found {
    var lemma: String
    var part: WordNet.PartOfSpeech
    var lemmas: [String]
    var forms: [String]
  }

  private let wordNet: WordNet
  private let tagger: WordTagger
  private let inflection: Inflection

  init(wordNet: WordNet) {
    self.wordNet = wordNet
    tagger = WordTagger(wordNet: wordNet)
    inflection = Inflection(wordNet: wordNet)
  }

  /// What may stand for the word at an index; nil where nothing does.
  func find(_ index: Int, in text: TextTokens) -> Found? {
    findAdverb(index, in: text) ?? findAdjective(index, in: text) ?? findVerb(index, in: text)
  }

  private func findAdverb(_ index: Int, in text: TextTokens) -> Found? {
    let token = text.tokens[index]
    let word = token.lowercased
    guard let listed = SynonymRules.adverbs[word], tagger.isAdverb(index, in: text), !isOtherAdverb(index, in: text)
    else { return nil }
    if tagger.isInPhrase(index, lemma: word, in: text) { return nil }
    return found(word, as: .adverb, listed: listed, form: .base, index: index, in: text)
  }

  /// Whether an adverb stands where it does not mean what its synonyms do.
  private func isOtherAdverb(_ index: Int, in text: TextTokens) -> Bool {
    let token = text.tokens[index]
    let word = token.lowercased
    if token.startsSentence, SynonymRules.notAtStart.contains(word) { return true }
    if ["however", "nevertheless", "nonetheless"].contains(word) {
      // "However much": only between commas it is what its synonyms are.
      return token.markBehind != "," || !(token.startsSentence || text.tokens[max(0, index - 1)].markBehind != nil)
    }
    // "And finally, there is …"
    if ["finally", "eventually"].contains(word), token.markBehind == "," { return true }
    if SynonymRules.amountAdverbs.contains(word) {
      // "the only two" is an adjective.
      let isBound = text.joined(index, by: -1).map { WordTagger.determiners.contains($0.lowercased) } ?? false
      return isBound || !tagger.isBeforeAmount(index, in: text)
    }
    guard let next = text.joined(index, by: 1)?.lowercased else {
      // "Really?"
      return SynonymRules.degreeAdverbs.contains(word) || ["really", "truly", "genuinely"].contains(word)
    }
    if ["immediately", "instantly", "almost", "nearly"].contains(word) {
      return ["after", "before", "following", "like", "of"].contains(next)
    }
    guard SynonymRules.degreeAdverbs.contains(word) else { return false }
    return tagger.share(of: next, as: .adjective) + tagger.share(of: next, as: .adverb) < 0.7
  }

  private func findAdjective(_ index: Int, in text: TextTokens) -> Found? {
    let word = text.tokens[index].lowercased
    let lemmas = wordNet.lemmas(of: word, as: .adjective)
    guard lemmas.count == 1, let lemma = lemmas.first, let listed = SynonymRules.adjectives[lemma],
      let form = inflection.form(of: word, lemma: lemma, as: .adjective),
      let place = tagger.adjectivePlace(index, in: text), !tagger.isInPhrase(index, lemma: lemma, in: text)
    else { return nil }
    if place == .predicative, SynonymRules.attributiveOnly.contains(lemma) { return nil }
    return found(lemma, as: .adjective, listed: listed, form: form, index: index, in: text) {
      // "a", "p" and "ip" say where an adjective must stand.
      $0.position == nil || $0.position == (place == .attributive ? "a" : "p")
    }
  }

  private func findVerb(_ index: Int, in text: TextTokens) -> Found? {
    let word = text.tokens[index].lowercased
    let lemmas = wordNet.lemmas(of: word, as: .verb)
    guard lemmas.count == 1, let lemma = lemmas.first, let rule = SynonymRules.verbs[lemma],
      let form = inflection.form(of: word, lemma: lemma, as: .verb)
    else { return nil }
    guard tagger.isVerb(index, form: form, in: text),
      tagger.isFollowed(index, by: rule.followers, form: form, in: text),
      !tagger.isInPhrase(index, lemma: lemma, in: text)
    else { return nil }
    return found(lemma, as: .verb, listed: rule.synonyms, form: form, index: index, in: text)
  }

  private func found(
    _ lemma: String, as part: WordNet.PartOfSpeech, listed: [String], form: Inflection.Form, index: Int,
    in text: TextTokens, fits: (WordNet.Member) -> Bool = { _ in true }
  ) -> Found? {
    var found = Found(lemma: lemma, part: part, lemmas: [], forms: [])
    for synonym in self.listed(listed, for: lemma, as: part, fits: fits) {
      var form = form
      if form == .pastOrParticiple, inflection.inflect(synonym, as: form) == nil {
        guard let told = tagger.pastOrParticiple(index, in: text) else { continue }
        form = told
      }
      guard let inflected = inflection.inflect(synonym, as: form) else { continue }
      found.lemmas.append(synonym)
      found.forms.append(inflected)
    }
    return found.forms.isEmpty ? nil : found
  }

  /// Those listed synonyms that the database has in a synset with the lemma.
  private func listed(
    _ synonyms: [String], for lemma: String, as part: WordNet.PartOfSpeech, fits: (WordNet.Member) -> Bool
  ) -> [String] {
    let members = wordNet.senses(of: lemma, as: part).flatMap { wordNet.members(of: $0.synset, as: part) }
    return synonyms.filter { synonym in members.contains { $0.lemma == synonym && fits($0) } }
  }
}
