import Randomness

/// A word, or an article and a word, that was replaced.
package struct Replacement: Sendable, Equatable {
  /// UTF-8 offsets in the text before.
  package var range: Range<Int>
  package var old: String
  package var new: String
  package var part: WordNet.PartOfSpeech
}

/// A text with a few words replaced by near synonyms.
package struct Perturbed: Sendable, Equatable {
  package var text: String
  /// Three or four, in the text's order.
  package var replacements: [Replacement]
}

/// Replaces three or four adjectives, adverbs or verbs of a text by near synonyms and changes nothing else.
///
/// Theory of operation: each word that is certainly one of the three (`WordTagger`) and has a synonym that reads well
/// (`SynonymRules`, where the database agrees) is a candidate. The seed picks among them, each lemma
/// once, apart from one another. A synonym takes on the word's inflection and capital, and an article before it agrees
/// again. Words inside quotation marks are not the author's and stay; so do names, nouns, words in phrases of their
/// own meaning, and light verbs.
package struct LexicalPerturbation: Sendable {
  /// Fewer would leave the text as it is to any measure of style.
  package static let replacementsMin = 3
  private static let replacementsMax = 4
  /// Words between two replacements, so that they do not pile up in one sentence.
  private static let distance = 8

  let synonyms: SynonymFinder

  package init(wordNet: WordNet) { synonyms = SynonymFinder(wordNet: wordNet) }

  /// A perturbed text; nil where fewer than three words can be replaced with confidence.
  ///
  /// The same text, seed and database give the same result. - Complexity: O(words).
  package func perturb(_ text: String, seed: UInt64) -> Perturbed? {
    var random = SeededRandom(seed: seed)
    let candidates = random.shuffled(candidates(in: text))
    let wanted = Self.replacementsMax - random.below(2)
    var chosen: [Candidate] = []
    for distance in [Self.distance, 2] {
      for candidate in candidates where chosen.count < wanted && (distance > 2 || chosen.count < Self.replacementsMin) {
        let isApart = chosen.allSatisfy { abs($0.index - candidate.index) >= distance }
        let isNew = !chosen.contains { $0.lemma == candidate.lemma || $0.synonyms.contains(candidate.lemma) }
        if isApart, isNew { chosen.append(candidate) }
      }
    }
    guard chosen.count >= Self.replacementsMin else { return nil }
    let replacements = chosen.sorted { $0.index < $1.index }.map { candidate in
      candidate.options[random.below(candidate.options.count)]
    }
    return Perturbed(text: Self.apply(replacements, to: text), replacements: replacements)
  }

  /// A word that can be replaced, and by what.
  struct Candidate {
    var index: Int
    var lemma: String
    /// Lemmas of the options, in their order.
    var synonyms: [String]
    var options: [Replacement]
  }

  /// Every word that could be replaced, in the text's order.
  func candidates(in text: String) -> [Candidate] {
    let tokens = TextTokens(text)
    return tokens.tokens.indices.compactMap { index in
      let token = tokens.tokens[index]
      guard token.isPlain, !token.isQuoted, token.text.utf8.count > 2 else { return nil }
      let isCapitalOnlyFirst = token.isCapitalised && token.text.dropFirst().allSatisfy(\.isLowercase)
      guard token.text == token.lowercased || (isCapitalOnlyFirst && token.startsSentence) else { return nil }
      guard let found = synonyms.find(index, in: tokens) else { return nil }
      let options = found.forms.map { Self.replacement(of: index, by: $0, as: found.part, in: tokens) }
      return Candidate(index: index, lemma: found.lemma, synonyms: found.lemmas, options: options)
    }
  }

  /// The word with its synonym in its clothes, and with the article before it where that has to change.
  private static func replacement(
    of index: Int, by form: String, as part: WordNet.PartOfSpeech, in text: TextTokens
  ) -> Replacement {
    let token = text.tokens[index]
    let new = token.isCapitalised ? form.prefix(1).uppercased() + form.dropFirst() : form
    let plain = Replacement(range: token.range, old: token.text, new: new, part: part)
    guard let article = text.joined(index, by: -1), article.range.upperBound + 1 == token.range.lowerBound,
      ["a", "an"].contains(article.lowercased), Article.takesAn(form) != (article.lowercased == "an")
    else { return plain }
    let agreeing = (article.isCapitalised ? "A" : "a") + (Article.takesAn(form) ? "n" : "")
    return Replacement(
      range: article.range.lowerBound..<token.range.upperBound, old: article.text + " " + token.text,
      new: agreeing + " " + new, part: part)
  }

  private static func apply(_ replacements: [Replacement], to text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    for replacement in replacements {
      result += bytes[position..<replacement.range.lowerBound]
      result += replacement.new.utf8
      position = replacement.range.upperBound
    }
    return String(decoding: result + bytes[position...], as: UTF8.self)
  }
}

/// Whether "a" or "an" stands before a word, by how it begins to sound.
enum Article {
  private static let asY = ["uni", "use", "usu", "uti", "eu", "one", "once", "ubi", "ura"]
  private static let silentH = ["hour", "honest", "honor", "honour", "heir"]

  static func takesAn(_ word: String) -> Bool {
    let word = word.lowercased()
    if silentH.contains(where: { word.hasPrefix($0) }) { return true }
    if word.hasPrefix("unim") || word.hasPrefix("unin") { return true }
    return word.first.map { "aeiou".contains($0) } == true && !asY.contains { word.hasPrefix($0) }
  }
}
