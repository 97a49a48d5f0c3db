/// A WordNet 3 database in memory: which words mean the same, how common each sense is, and irregular forms.
///
/// Nouns are known by name and count only, so that a word can be seen to be one; their synsets are not kept.
///
/// - Source: the file formats `wndb(5WN)`, `senseidx(5WN)` and `cntlist(5WN)`, as the manual of WordNet 3.0 gives them.
package struct WordNet: Sendable {
  package enum PartOfSpeech: String, Sendable, CaseIterable {
    case noun, verb
    case adjective = "adj"
    case adverb = "adv"
  }

  /// One meaning of a lemma.
  package struct Sense: Sendable, Equatable {
    /// Names the synset among those of its part of speech.
    package var synset: Int
    /// How often the sense was met in the texts that WordNet's authors tagged.
    package var count: Int
  }

  /// A lemma in a synset.
  package struct Member: Sendable, Equatable {
    package var lemma: String
    /// Where an adjective may stand: `a` before its noun only, `p` behind a verb only, `ip` behind its noun only; nil
    /// where it is free.
    package var position: String?
  }

  /// Where Debian and Ubuntu put it.
  package static let standardPath = "/usr/share/wordnet"

  var senses: [PartOfSpeech: [String: [Sense]]] = [:]
  var synsets: [PartOfSpeech: [Int: [Member]]] = [:]
  /// Irregular forms and their lemmas, and the other way round.
  var exceptions: [PartOfSpeech: [String: [String]]] = [:]
  var irregularForms: [PartOfSpeech: [String: [String]]] = [:]

  /// The senses of a lemma, the commonest first; empty where it is not one. Words of a phrase are joined by `_`.
  package func senses(of lemma: String, as part: PartOfSpeech) -> [Sense] { senses[part]?[lemma] ?? [] }

  /// How often all senses of a lemma were met.
  package func count(of lemma: String, as part: PartOfSpeech) -> Int {
    senses(of: lemma, as: part).reduce(0) { $0 + $1.count }
  }

  /// The words of a synset; empty for nouns.
  package func members(of synset: Int, as part: PartOfSpeech) -> [Member] { synsets[part]?[synset] ?? [] }

  /// Whether some words together are a lemma of any kind, such as "social security" or "give up".
  package func isPhrase(_ words: [String]) -> Bool {
    let phrase = words.joined(separator: "_")
    return PartOfSpeech.allCases.contains { senses[$0]?[phrase] != nil }
  }

  /// The lemmas that a form may be of, without repetition: itself, by an exception list, or by the rules.
  ///
  /// - Parameter form: in lower case.
  /// - Source: `morphy(7WN)`; doubled consonants are undone here by rule, too.
  package func lemmas(of form: String, as part: PartOfSpeech) -> [String] {
    let known = senses[part] ?? [:]
    var found: [String] = known[form] == nil ? [] : [form]
    func add(_ lemma: String) { if known[lemma] != nil, !found.contains(lemma) { found.append(lemma) } }
    if let irregular = exceptions[part]?[form] {
      irregular.forEach(add)
      return found
    }
    for (ending, replacement) in Self.endings(of: part) where form.hasSuffix(ending) && form.count > ending.count + 1 {
      let stem = String(form.dropLast(ending.count))
      add(stem + replacement)
      if part != .noun, replacement.isEmpty, let last = stem.last, ending != "s", ending != "es",
        stem.dropLast().last == last, !"aeiou".contains(last)
      {
        add(String(stem.dropLast()))
      }
    }
    return found
  }

  private static func endings(of part: PartOfSpeech) -> [(String, String)] {
    switch part {
    case .noun:
      [
        ("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"),
        ("ies", "y"),
      ]
    case .verb:
      [
        ("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""),
        ("ied", "y"),
      ]
    case .adjective: [("er", ""), ("est", ""), ("er", "e"), ("est", "e"), ("ier", "y"), ("iest", "y")]
    case .adverb: []
    }
  }
}
