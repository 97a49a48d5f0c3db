/// Forms of English verbs and adjectives, and words put into the form that another had.
package struct Inflection: Sendable {
  let wordNet: WordNet

  /// - Parameter wordNet: whose exception lists hold irregular forms.
  package init(wordNet: WordNet) { self.wordNet = wordNet }

  /// What a form says beside its lemma.
  package enum Form: Sendable, Equatable {
    case base
    /// "walks"
    case thirdPerson
    /// "walking"
    case gerund
    /// "walked", "took": told from the participle by its spelling, or spelled the same.
    case past
    /// "taken", where it is spelled unlike the past.
    case participle
    /// "walked", which may be either.
    case pastOrParticiple
    /// "larger"
    case comparative
    /// "largest"
    case superlative
  }

  /// Which form of a lemma a word is; nil where it is none that is certain.
  package func form(of word: String, lemma: String, as part: WordNet.PartOfSpeech) -> Form? {
    if word == lemma { return part == .verb && Self.pastIsBase.contains(lemma) ? nil : .base }
    switch part {
    case .adjective:
      if word.hasSuffix("er") { return .comparative }
      return word.hasSuffix("est") ? .superlative : nil
    case .verb:
      if word.hasSuffix("ing") { return .gerund }
      if let (past, participle) = Self.irregular[lemma] {
        if word == past { return past == participle ? .pastOrParticiple : .past }
        if word == participle { return .participle }
      }
      if word == thirdPerson(lemma) { return .thirdPerson }
      return word.hasSuffix("ed") || isOnlyIrregularPast(word, of: lemma) ? .pastOrParticiple : nil
    case .noun, .adverb: return nil
    }
  }

  /// A lemma in a form; nil where the form is not certain, such as the past of an irregular verb that is not known, or
  /// a comparative that takes "more".
  package func inflect(_ lemma: String, as form: Form) -> String? {
    switch form {
    case .base: lemma
    case .thirdPerson: thirdPerson(lemma)
    case .gerund: gerund(lemma)
    case .past: past(lemma)
    case .participle: Self.irregular[lemma]?.participle ?? past(lemma)
    case .pastOrParticiple:
      // Only where both are spelled alike does it not matter which is meant.
      if let (past, participle) = Self.irregular[lemma] { past == participle ? past : nil } else { past(lemma) }
    case .comparative: compared(lemma, ending: "er")
    case .superlative: compared(lemma, ending: "est")
    }
  }

  private func thirdPerson(_ lemma: String) -> String {
    if ["s", "x", "z", "ch", "sh"].contains(where: { lemma.hasSuffix($0) }) { return lemma + "es" }
    if let last = lemma.last, let before = lemma.dropLast().last, !Self.isVowel(before) {
      if last == "y" { return lemma.dropLast() + "ies" }
      if last == "o" { return lemma + "es" }
    }
    return lemma + "s"
  }

  private func gerund(_ lemma: String) -> String {
    if let listed = irregularForm(of: lemma, as: .verb, ending: "ing") { return listed }
    if lemma.hasSuffix("ie") { return lemma.dropLast(2) + "ying" }
    if lemma.hasSuffix("e"), !["ee", "oe", "ye"].contains(where: { lemma.hasSuffix($0) }) {
      return lemma.dropLast() + "ing"
    }
    return doubled(lemma) + "ing"
  }

  private func past(_ lemma: String) -> String? {
    if let known = Self.irregular[lemma] { return known.past }
    if let listed = irregularForm(of: lemma, as: .verb, ending: "ed") { return listed }
    // Other listed forms that are not "-ing" are irregular pasts: one alone is past and participle.
    let others = (wordNet.irregularForms[.verb]?[lemma] ?? []).filter { !$0.hasSuffix("ing") && !$0.hasSuffix("s") }
    if !others.isEmpty { return others.count == 1 ? others[0] : nil }
    if Self.pastIsBase.contains(lemma) { return lemma }
    if lemma.hasSuffix("e") { return lemma + "d" }
    if lemma.hasSuffix("y"), let before = lemma.dropLast().last, !Self.isVowel(before) {
      return lemma.dropLast() + "ied"
    }
    return doubled(lemma) + "ed"
  }

  private func compared(_ lemma: String, ending: String) -> String? {
    if ["good", "bad", "well", "ill", "far", "little"].contains(lemma) { return nil }
    let syllables = Self.syllables(lemma)
    guard syllables == 1 || (syllables == 2 && lemma.hasSuffix("y")) else { return nil }
    if let listed = irregularForm(of: lemma, as: .adjective, ending: ending) { return listed }
    if lemma.hasSuffix("e") { return lemma + ending.dropFirst() }
    if lemma.hasSuffix("y"), let before = lemma.dropLast().last, !Self.isVowel(before) {
      return lemma.dropLast() + "i" + ending
    }
    return doubled(lemma) + ending
  }

  /// Whether the exception list has this one form of a verb beside gerunds.
  private func isOnlyIrregularPast(_ word: String, of lemma: String) -> Bool {
    (wordNet.irregularForms[.verb]?[lemma] ?? []).filter { !$0.hasSuffix("ing") } == [word]
  }

  private func irregularForm(of lemma: String, as part: WordNet.PartOfSpeech, ending: String) -> String? {
    let forms = (wordNet.irregularForms[part]?[lemma] ?? []).filter { $0.hasSuffix(ending) }
    return forms.count == 1 ? forms[0] : nil
  }

  /// The stem with its last consonant doubled, where a word of one syllable ends in one vowel and one consonant.
  private func doubled(_ lemma: String) -> String {
    let letters = Array(lemma)
    guard letters.count > 2, let last = letters.last, Self.syllables(lemma) == 1 else { return lemma }
    let (before, first) = (letters[letters.count - 2], letters[letters.count - 3])
    let isShort = !Self.isVowel(last) && Self.isVowel(before) && (!Self.isVowel(first) || lemma.hasPrefix("qu"))
    return isShort && !"wxy".contains(last) ? lemma + String(last) : lemma
  }

  static func isVowel(_ letter: Character) -> Bool { "aeiou".contains(letter) }

  /// Groups of vowels, without a silent "e" at the end: a rule of thumb that is right for short words.
  static func syllables(_ word: String) -> Int {
    var groups = 0
    var isInGroup = false
    for letter in word.hasSuffix("e") && !word.hasSuffix("le") ? word.dropLast() : word[...] {
      let isVowel = isVowel(letter) || letter == "y"
      if isVowel, !isInGroup { groups += 1 }
      isInGroup = isVowel
    }
    return max(1, groups)
  }

  /// Verbs whose past looks like their base: the form does not say which is meant.
  static let pastIsBase: Set<String> = [
    "bet", "bid", "burst", "cast", "cost", "cut", "hit", "hurt", "let", "put", "quit", "rid", "set", "shed", "shut",
    "slit", "split", "spread", "thrust", "wed", "read", "beat",
  ]

  /// Past and participle of verbs in which they differ, or which the exception list has several forms of.
  static let irregular: [String: (past: String, participle: String)] = [
    "begin": ("began", "begun"), "choose": ("chose", "chosen"), "buy": ("bought", "bought"),
    "build": ("built", "built"), "forbid": ("forbade", "forbidden"), "give": ("gave", "given"),
    "grow": ("grew", "grown"), "hide": ("hid", "hidden"), "know": ("knew", "known"),
    "see": ("saw", "seen"), "shake": ("shook", "shaken"), "show": ("showed", "shown"), "speak": ("spoke", "spoken"),
    "steal": ("stole", "stolen"), "strive": ("strove", "striven"), "swear": ("swore", "sworn"),
    "take": ("took", "taken"), "tear": ("tore", "torn"), "throw": ("threw", "thrown"), "wear": ("wore", "worn"),
    "write": ("wrote", "written"), "draw": ("drew", "drawn"), "drive": ("drove", "driven"), "eat": ("ate", "eaten"),
    "fall": ("fell", "fallen"), "forget": ("forgot", "forgotten"), "break": ("broke", "broken"),
    "oversee": ("oversaw", "overseen"), "outdo": ("outdid", "outdone"), "withdraw": ("withdrew", "withdrawn"),
    "creep": ("crept", "crept"), "mend": ("mended", "mended"), "tell": ("told", "told"), "get": ("got", "got"),
    "run": ("ran", "run"), "make": ("made", "made"),
    "think": ("thought", "thought"), "keep": ("kept", "kept"), "rise": ("rose", "risen"),
    "stop": ("stopped", "stopped"), "find": ("found", "found"),
  ]
}
