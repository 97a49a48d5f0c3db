/// One word's entry in the lists: its classes, and its place among the function words.
struct WordEntry: Sendable {
  var classes: WordClasses = []
  /// Place in `WordListTable.functionWords`; -1 where it is none.
  var functionIndex: Int16 = -1
}

/// Looks words up in every list at once, so that a text costs one look-up a word.
enum WordLists {
  static let functionWordCount = WordListTable.functionWords.count

  private static let entries: [String: WordEntry] = {
    var entries: [String: WordEntry] = [:]
    for (classes, words) in WordListTable.lists {
      for word in words.split(separator: " ") { entries[String(word), default: WordEntry()].classes.formUnion(classes) }
    }
    for (index, word) in WordListTable.functionWords.enumerated() {
      entries[word, default: WordEntry()].functionIndex = Int16(index)
    }
    return entries
  }()

  /// Endings that make a word a contraction whatever stands before them.
  private static let endings = ["n't", "'m", "'re", "'ve", "'ll", "'d"]
  /// Words after which "'s" is "is" or "us", not a possessive.
  private static let beforeS: Set<String> = [
    "it", "he", "she", "that", "what", "who", "there", "here", "let", "where", "how", "when", "why", "everything",
    "something", "nothing",
  ]

  /// The entry of a word.
  ///
  /// - Parameters:
  ///   - word: lower case, straight apostrophes.
  ///   - hasApostrophe: whether it has one inside; only then it can be a contraction.
  static func entry(_ word: String, hasApostrophe: Bool) -> WordEntry {
    var entry = entries[word] ?? WordEntry()
    guard hasApostrophe else { return entry }
    if word.utf8.suffix(2).elementsEqual("'s".utf8) {
      if beforeS.contains(String(word.dropLast(2))) { entry.classes.insert(.contraction) }
    } else if word == "y'all" || endings.contains(where: { word.hasSuffix($0) }) {
      entry.classes.insert(.contraction)
      if word.hasSuffix("n't") { entry.classes.insert(.negation) }
    }
    return entry
  }
}
