package import Corpora

/// Which response an evaluation says is the author's, read from its own words.
///
/// Theory of operation. The last sentence that states a preference decides, since those before it may grant a point to
/// the other side; within it the last main clause, since clauses that begin with "although" or "while" grant one too.
/// Within a clause a comparing word ("closer", "better match", "more likely") is about the response named last before
/// it, or first behind it where none is before; a name that is only compared with ("than Response B", "unlike B") is
/// not what it is about. "Not" and "less" turn it around. Where a clause says two things, or leaves open what it says
/// ("hard to say whether"), nothing is read: a judgement that cannot be read is not one to learn from.
package enum StatedPreference {
  /// The preferred response; nil where the text states no preference, or none that can be read.
  package static func read(_ evaluation: String) -> PreferencePair.Slot? {
    for sentence in Sentences.split(evaluation).reversed() {
      switch reading(ofSentence: sentence) {
      case .prefers(let slot): return slot
      case .open: return nil
      case .nothing: continue
      }
    }
    return nil
  }

  /// What a sentence or clause says.
  private enum Reading: Equatable {
    case prefers(PreferencePair.Slot)
    /// It compares, and names no winner.
    case open
    case nothing
  }

  private static let leavingOpen = [
    "hard to say", "hard to tell which", "difficult to say", "whether", "unclear", "not clear", "not the case",
    "equally", "neither", "cannot tell", "can't tell", "impossible to", "no closer", "no better", "no more likely",
    "a tie", "tied", "just as",
  ]

  private static func reading(ofSentence sentence: String) -> Reading {
    let clauses = clauses(of: sentence)
    let main = clauses.filter { !$0.isConceding }
    for group in [main, clauses.filter(\.isConceding)] {
      for clause in group.reversed() {
        let reading = reading(of: clause)
        if reading == .nothing { continue }
        // Of what is only granted, nothing can be told of the whole but that something is.
        return clause.isConceding && clauses.count > 1 ? .open : reading
      }
    }
    return .nothing
  }

  // MARK: Clauses

  private struct Clause {
    let text: String
    /// Whether it grants a point: "although", "while".
    let isConceding: Bool
    /// Whether it turns against what was before: "but".
    let isOpposing: Bool
  }

  private static let conceding: Set<String> = [
    "although", "though", "while", "whereas", "despite", "notwithstanding", "granted", "admittedly",
  ]
  private static let opposing: Set<String> = ["but", "yet", "however", "still", "nevertheless", "nonetheless"]

  /// Split at semicolons, and at commas and dashes where another clause begins.
  private static func clauses(of sentence: String) -> [Clause] {
    var parts: [String] = []
    var current = ""
    let words = sentence.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    var concedes = false
    for (index, word) in words.enumerated() {
      let bare = word.lowercased().filter { $0.isLetter }
      let beforeBreak = current.last.map { ",;:\u{2014}-".contains($0) } ?? false
      let begins = conceding.contains(bare) || (opposing.contains(bare) && bare != "still")
      // A clause that concedes ends at the comma before the next name: "while A is shorter, Response B is closer".
      let next = words[index...].prefix(3).joined(separator: " ")
      let endsConcession =
        concedes && current.last == "," && !begins
        && (ResponseMention.all(in: next).first != nil || ["it", "overall", "the", "i"].contains(bare))
      let splits =
        current.last == ";" || (begins && !current.isEmpty) || endsConcession || (beforeBreak && bare == "and")
      if splits {
        parts.append(current)
        current = ""
      }
      if current.isEmpty {
        let isEven =
          bare == "even" && index + 1 < words.count && ["though", "if"].contains(words[index + 1].lowercased())
        concedes = conceding.contains(bare) || isEven
      }
      current += current.isEmpty ? word : " " + word
    }
    if !current.isEmpty { parts.append(current) }
    return parts.map { part in
      let first = part.split { !$0.isLetter }.prefix(2).map { $0.lowercased() }
      return Clause(
        text: part,
        isConceding: first.first.map { conceding.contains($0) } ?? false
          || (first.first == "even" && first.count > 1 && ["though", "if"].contains(first[1])),
        isOpposing: first.first.map { opposing.contains($0) } ?? false)
    }
  }

  // MARK: One clause

  private static func reading(of clause: Clause) -> Reading {
    let lower = clause.text.lowercased()
    let words = ResponseMention.Word.all(in: Array(clause.text))
    let names = ResponseMention.all(in: clause.text)
    let triggers = PreferenceWords.triggers(in: words.map(\.lower))
    if leavingOpen.contains(where: { lower.contains($0) }) {
      return triggers.isEmpty && names.isEmpty ? .nothing : .open
    }
    if triggers.isEmpty { return elliptical(clause, names) }
    var said: Set<PreferencePair.Slot> = []
    for trigger in triggers {
      if isConditional(words, after: trigger.words.upperBound) { return .open }
      guard let slot = slot(of: trigger, words, names) else { continue }
      said.insert(slot)
    }
    guard let slot = said.first else { return lower.contains("response") ? .open : .nothing }
    return said.count == 1 ? .prefers(slot) : .open
  }

  /// "but Response B is": of whom the clause before was not.
  private static func elliptical(_ clause: Clause, _ names: [ResponseMention]) -> Reading {
    guard clause.isOpposing || clause.text.hasPrefix("Response") || clause.text.hasPrefix("response"),
      let name = names.last, names.count == 1
    else { return .nothing }
    let rest = Array(clause.text)[name.range.upperBound...].filter { $0.isLetter || $0 == " " }
    let words = String(rest).split(separator: " ")
    return ["is", "does", "has"].contains(String(words.first ?? "")) && words.count == 1
      ? .prefers(name.slot) : .nothing
  }

  private static func isConditional(_ words: [ResponseMention.Word], after end: Int) -> Bool {
    words[end...].contains { $0.lower == "if" || $0.lower == "unless" } || words.first?.lower == "if"
  }

  /// Words before a name that is only compared with.
  private static let comparedWith: Set<String> = [
    "than", "unlike", "versus", "over", "against", "not", "beyond", "beside", "as",
  ]
  private static let comparedWithPairs: Set<String> = [
    "compared to", "compared with", "rather than", "instead of", "relative to", "contrast to", "contrast with",
  ]
  private static let turning: Set<String> = [
    "not", "never", "hardly", "neither", "unlikely", "cannot", "scarcely", "nor", "no", "t", "without", "fails",
  ]
  /// How many words before a comparison are searched for one that turns it around.
  private static let turningReach = 5

  private static func slot(
    of trigger: PreferenceWords.Trigger, _ words: [ResponseMention.Word], _ names: [ResponseMention]
  ) -> PreferencePair.Slot? {
    let place = words[trigger.words.lowerBound].range.lowerBound
    let compared = names.filter { isComparedWith($0, words) }
    let subjects = names.filter { !compared.contains($0) }
    let before = trigger.isOfObject ? nil : subjects.last { $0.range.lowerBound < place }
    let named: PreferencePair.Slot
    if let subject = before ?? subjects.first(where: { $0.range.lowerBound >= place }) ?? subjects.last {
      named = subject.slot
    } else if let only = compared.first, Set(compared.map(\.slot)).count == 1 {
      named = only.slot.other
    } else {
      return nil
    }
    if words.contains(where: { $0.lower == "former" || $0.lower == "latter" }) { return nil }
    let isTurned = isTurned(trigger, words, names) != trigger.isContrary
    return isTurned ? named.other : named
  }

  private static func isComparedWith(_ name: ResponseMention, _ words: [ResponseMention.Word]) -> Bool {
    guard var index = words.firstIndex(where: { $0.range == name.range }) else { return false }
    while index > 0, ["response", "the", "first", "second", "that", "of"].contains(words[index - 1].lower) {
      index -= 1
    }
    guard index > 0 else { return false }
    let last = words[index - 1].lower
    if comparedWith.contains(last) { return true }
    return index > 1 && comparedWithPairs.contains("\(words[index - 2].lower) \(last)")
  }

  /// Whether a word before the comparison denies it; one that denies a name ("A, not B, is closer") does not.
  private static func isTurned(
    _ trigger: PreferenceWords.Trigger, _ words: [ResponseMention.Word], _ names: [ResponseMention]
  ) -> Bool {
    let start = max(0, trigger.words.lowerBound - turningReach)
    return (start..<trigger.words.lowerBound).contains { index in
      guard turning.contains(words[index].lower) else { return false }
      // The t of "isn't" stands by itself behind an apostrophe.
      if words[index].lower == "t", words[index].before != "'", words[index].before != "\u{2019}" { return false }
      // "no doubt", "not only" deny nothing.
      let next = index + 1 < words.count ? words[index + 1].lower : ""
      if ["doubt", "only", "just", "question"].contains(next) { return false }
      return !names.contains { name in
        guard let place = words.firstIndex(where: { $0.range == name.range }) else { return false }
        return place == index + 1 || (place == index + 2 && next == "response")
      }
    }
  }
}
