import Lexicon
import Testing

/// Forms are made and told as English has them; what is not certain is nil.
@Suite struct InflectionTests {
  private func tiny() throws -> Inflection { Inflection(wordNet: try Dictionaries.tiny.get()) }

  @Test(arguments: [
    ("begin", ["begins", "beginning", "began", "begun", nil]),
    ("buy", ["buys", "buying", "bought", "bought", "bought"]),
    ("purchase", ["purchases", "purchasing", "purchased", "purchased", "purchased"]),
    ("try", ["tries", "trying", "tried", "tried", "tried"]),
    ("forbid", ["forbids", "forbidding", "forbade", "forbidden", nil]),
    ("admit", ["admits", "admitting", "admitted", "admitted", "admitted"]),
    ("stop", ["stops", "stopping", "stopped", "stopped", "stopped"]),
    ("wish", ["wishes", "wishing", "wished", "wished", "wished"]),
    ("agree", ["agrees", "agreeing", "agreed", "agreed", "agreed"]),
    ("die", ["dies", "dying", "died", "died", "died"]),
    ("veto", ["vetoes", "vetoing", "vetoed", "vetoed", "vetoed"]),
    ("fix", ["fixes", "fixing", "fixed", "fixed", "fixed"]),
    ("enjoy", ["enjoys", "enjoying", "enjoyed", "enjoyed", "enjoyed"]),
    ("reveal", ["reveals", "revealing", "revealed", "revealed", "revealed"]),
  ])
  func inflectsVerbs(lemma: String, forms: [String?]) throws {
    let inflection = try tiny()
    let kinds: [Inflection.Form] = [.thirdPerson, .gerund, .past, .participle, .pastOrParticiple]
    #expect(kinds.map { inflection.inflect(lemma, as: $0) } == forms)
  }

  @Test(arguments: [
    ("large", "larger", "largest"), ("big", "bigger", "biggest"), ("funny", "funnier", "funniest"),
    ("vast", "vaster", "vastest"), ("wide", "wider", "widest"), ("hard", "harder", "hardest"),
    ("difficult", nil, nil), ("immense", nil, nil), ("good", nil, nil),
  ])
  func comparesAdjectives(lemma: String, comparative: String?, superlative: String?) throws {
    let inflection = try tiny()
    #expect(inflection.inflect(lemma, as: .comparative) == comparative)
    #expect(inflection.inflect(lemma, as: .superlative) == superlative)
  }

  @Test(arguments: [
    ("begins", "begin", Inflection.Form.thirdPerson), ("began", "begin", .past), ("begun", "begin", .participle),
    ("bought", "buy", .pastOrParticiple), ("buying", "buy", .gerund), ("buy", "buy", .base),
    ("admitted", "admit", .pastOrParticiple), ("set", "set", nil), ("buyer", "buy", nil),
  ])
  func tellsTheFormOfAVerb(word: String, lemma: String, form: Inflection.Form?) throws {
    #expect(try tiny().form(of: word, lemma: lemma, as: .verb) == form)
  }

  @Test(.enabled(if: Dictionaries.isInstalled, "wordnet-base is not installed"))
  func everySynonymOfTheRulesHasItsForms() throws {
    let wordNet = try Dictionaries.installed.get()
    let inflection = Inflection(wordNet: wordNet)
    for pair in SynonymRules.pairs where pair.part == .verb {
      for form in [Inflection.Form.thirdPerson, .gerund, .past, .participle] {
        let word = inflection.inflect(pair.synonym, as: form) ?? ""
        let isKnown = wordNet.lemmas(of: word, as: .verb).contains(pair.synonym)
        #expect(isKnown, "\(pair.synonym), \(form): \(word)")
      }
    }
  }
}
