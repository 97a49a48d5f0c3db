private import Glibc

extension StyleFeature {
  /// Words of the window in which different words are counted, so that a longer text is not poorer for its length.
  package static let vocabularyWindow = 50
  /// A sentence of at most so many words is short, of at least so many is long.
  package static let shortSentenceWords = 5
  package static let longSentenceWords = 30

  /// What this feature measures in a text.
  ///
  /// - Returns: in `unit`; nil where it cannot be measured: no word, one sentence for a spread, fewer words than the
  ///   window for the vocabulary. Never NaN or infinite.
  package func value(in text: StyleText) -> Double? {
    if text.words.isEmpty { return nil }
    switch self {
    case .sentenceLength: return Double(text.words.count) / Double(text.sentences.count)
    case .sentenceSpread: return Self.spread(text.sentences.map(\.count))
    case .shortSentences: return sentenceShare(text) { $0.count <= Self.shortSentenceWords }
    case .longSentences: return sentenceShare(text) { $0.count >= Self.longSentenceWords }
    case .paragraphLength: return Double(text.words.count) / Double(text.paragraphs.count)
    case .wordLength: return Double(text.letters) / Double(text.words.count)
    case .vocabulary: return Self.meanDifferentWords(text.words)
    case .smallOpeners: return sentenceShare(text) { text.words[$0.lowerBound].classes.contains(.startsLower) }
    case .openersI:
      return sentenceShare(text) {
        let word = text.words[$0.lowerBound].lower
        return word == "i" || word.hasPrefix("i'") || word == "im" || word == "ive"
      }
    case .openersConjunction:
      return sentenceShare(text) { ["and", "but", "or", "so"].contains(text.words[$0.lowerBound].lower) }
    case .openersArticle: return sentenceShare(text) { text.words[$0.lowerBound].classes.contains(.article) }
    default: return 100 * Double(occurrences(in: text)) / Double(text.words.count)
    }
  }

  /// The length over several texts, all their words over all their sentences or paragraphs: a text of one endless
  /// sentence counts for one sentence, not for as much as its neighbours of many.
  ///
  /// - Returns: nil of other features, which are averaged by text, and where there is no word.
  func pooledLength(of texts: [StyleText]) -> Double? {
    let words = texts.reduce(0) { $0 + $1.words.count }
    if words == 0 { return nil }
    switch self {
    case .sentenceLength: return Double(words) / Double(texts.reduce(0) { $0 + $1.sentences.count })
    case .paragraphLength: return Double(words) / Double(texts.reduce(0) { $0 + $1.paragraphs.count })
    default: return nil
    }
  }

  /// What a rate counts, before it is divided by the number of words; 0 for the features that are no rate.
  package func occurrences(in text: StyleText) -> Int {
    if let wordClass { return text.count(wordClass) }
    switch self {
    case .commas: return text.marks.commas
    case .semicolons: return text.marks.semicolons
    case .colons: return text.marks.colons
    case .dashes: return text.marks.dashes
    case .parentheses: return text.marks.parentheses
    case .exclamations: return text.marks.exclamations
    case .questions: return text.marks.questions
    case .ellipses: return text.marks.ellipses
    case .quotationMarks: return text.marks.quotationMarks
    case .emoticons: return text.marks.emoticons
    default: return 0
    }
  }

  /// The class of words that this feature counts; nil where it counts something else.
  package var wordClass: WordClasses? {
    switch self {
    case .longWords: .long
    case .quotedShare: .quoted
    case .hyphenated: .hyphenated
    case .numbers: .number
    case .allCapitals: .allCapitals
    case .capitalsInside: .capitalInside
    case .smallI: .smallI
    case .contractions: .contraction
    case .bareContractions: .bareContraction
    case .repeatedLetters: .repeatedLetters
    case .firstSingular: .firstSingular
    case .firstPlural: .firstPlural
    case .secondPerson: .secondPerson
    case .thirdPerson: .thirdPerson
    case .articles: .article
    case .prepositions: .preposition
    case .conjunctions: .conjunction
    case .negations: .negation
    case .modals: .modal
    case .beingForms: .being
    case .relatives: .relative
    case .hedges: .hedge
    case .intensifiers: .intensifier
    case .opinions: .opinion
    case .attributions: .attribution
    case .fillers: .filler
    case .slang: .slang
    case .lyWords: .endsInLy
    case .ingWords: .endsInIng
    case .edWords: .endsInEd
    default: nil
    }
  }

  private func sentenceShare(_ text: StyleText, where matches: (Range<Int>) -> Bool) -> Double {
    100 * Double(text.sentences.count(where: matches)) / Double(text.sentences.count)
  }

  /// The standard deviation (of a sample, n - 1); nil of fewer than two.
  private static func spread(_ lengths: [Int]) -> Double? {
    if lengths.count < 2 { return nil }
    let mean = Double(lengths.reduce(0, +)) / Double(lengths.count)
    let squares = lengths.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return sqrt(squares / Double(lengths.count - 1))
  }

  /// Different words in a window that slides over the text by one word, on average.
  ///
  /// - Source: Covington and McFall 2010, the moving-average type-token ratio.
  /// - Complexity: linear; each word enters and leaves the window once.
  private static func meanDifferentWords(_ words: [StyleText.Word]) -> Double? {
    if words.count < vocabularyWindow { return nil }
    var counts: [String: Int] = [:]
    counts.reserveCapacity(2 * vocabularyWindow)
    var sum = 0
    for (index, word) in words.enumerated() {
      counts[word.lower, default: 0] += 1
      if index >= vocabularyWindow {
        let leaving = words[index - vocabularyWindow].lower
        // It entered the window, so it has a count.
        let rest = (counts[leaving] ?? 1) - 1
        counts[leaving] = rest == 0 ? nil : rest
      }
      if index >= vocabularyWindow - 1 { sum += counts.count }
    }
    return Double(sum) / Double(words.count - vocabularyWindow + 1)
  }
}
