/// Function words of a text: how often, whatever it is about, its author needs each word of grammar.
extension StyleText {
  /// The function words of Burrows' Delta, in the order of their places.
  package static var functionWords: [String] { WordListTable.functionWords }

  /// The share of all words that one function word has, 0 to 1.
  ///
  /// - Precondition: `place` is one of `functionWords`.
  package func share(ofFunctionWord place: Int) -> Double { functionWordShares[place] }

  /// The share of all words that each function word has, by its place in the list; empty text, all 0.
  var functionWordShares: [Double] {
    var counts = [Double](repeating: 0, count: WordLists.functionWordCount)
    for word in words where word.functionIndex >= 0 { counts[Int(word.functionIndex)] += 1 }
    return words.isEmpty ? counts : counts.map { $0 / Double(words.count) }
  }
}
