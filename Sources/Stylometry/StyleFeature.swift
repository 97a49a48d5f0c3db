/// One measurement of style that a reader can repeat by hand.
///
/// The order of the cases is the order in which features are listed anywhere; the raw value is the name in files.
/// `StyleFeature+Value.swift` says how each is computed.
package enum StyleFeature: String, CaseIterable, Sendable, Hashable {
  // Sentences, words and paragraphs.
  case sentenceLength = "sentence_length"
  case sentenceSpread = "sentence_spread"
  case shortSentences = "short_sentences"
  case longSentences = "long_sentences"
  case paragraphLength = "paragraph_length"
  case wordLength = "word_length"
  case longWords = "long_words"
  case vocabulary
  // Punctuation.
  case commas
  case semicolons
  case colons
  case dashes
  case parentheses
  case exclamations
  case questions
  case ellipses
  case quotationMarks = "quotation_marks"
  case quotedShare = "quoted_share"
  case emoticons
  // Spelling.
  case hyphenated
  case numbers
  case allCapitals = "all_capitals"
  case capitalsInside = "capitals_inside"
  case smallOpeners = "small_openers"
  case smallI = "small_i"
  case contractions
  case bareContractions = "bare_contractions"
  case repeatedLetters = "repeated_letters"
  // Words.
  case firstSingular = "first_singular"
  case firstPlural = "first_plural"
  case secondPerson = "second_person"
  case thirdPerson = "third_person"
  case articles
  case prepositions
  case conjunctions
  case negations
  case modals
  case beingForms = "being_forms"
  case relatives
  case hedges
  case intensifiers
  case opinions
  case attributions
  case fillers
  case slang
  case lyWords = "ly_words"
  case ingWords = "ing_words"
  case edWords = "ed_words"
  // Openings.
  case openersI = "openers_i"
  case openersConjunction = "openers_conjunction"
  case openersArticle = "openers_article"

  /// What a number counts.
  package enum Unit: String, Sendable {
    case words
    case letters
    case per100Words = "per 100 words"
    case percentOfWords = "% of words"
    case percentOfSentences = "% of sentences"
  }

  /// Place in `allCases`.
  package var index: Int { Self.indices[self] ?? 0 }

  private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

  /// Plain English, lower case, without the unit; unique.
  package var name: String { Self.descriptions[index].name }

  package var unit: Unit { Self.descriptions[index].unit }

  /// How many decimals are printed at most: as many as a text of 200 words can tell apart.
  package var decimals: Int {
    switch unit {
    case .words: self == .vocabulary ? 1 : 0
    case .percentOfWords, .percentOfSentences: 0
    case .per100Words: 1
    case .letters: 2
    }
  }

  private struct Description {
    let name: String
    let unit: Unit
  }

  private static let descriptions: [Description] = allCases.map { $0.description }

  private var description: Description {
    switch self {
    case .sentenceLength: Description(name: "words per sentence", unit: .words)
    case .sentenceSpread: Description(name: "spread of sentence length", unit: .words)
    case .shortSentences: Description(name: "sentences of 5 words or fewer", unit: .percentOfSentences)
    case .longSentences: Description(name: "sentences of 30 words or more", unit: .percentOfSentences)
    case .paragraphLength: Description(name: "words per paragraph", unit: .words)
    case .wordLength: Description(name: "letters per word", unit: .letters)
    case .longWords: Description(name: "words of 8 letters or more", unit: .percentOfWords)
    case .vocabulary: Description(name: "different words in 50", unit: .words)
    case .quotedShare: Description(name: "words inside quotation marks", unit: .percentOfWords)
    case .smallOpeners: Description(name: "sentences begun in lower case", unit: .percentOfSentences)
    case .openersI: Description(name: "sentences begun with I", unit: .percentOfSentences)
    case .openersConjunction: Description(name: "sentences begun with And, But, Or or So", unit: .percentOfSentences)
    case .openersArticle: Description(name: "sentences begun with A, An or The", unit: .percentOfSentences)
    default: Description(name: rateName, unit: .per100Words)
    }
  }

  private var rateName: String {
    switch self {
    case .commas, .semicolons, .colons, .dashes, .parentheses, .ellipses, .emoticons, .contractions, .articles,
      .prepositions, .conjunctions, .negations, .numbers:
      rawValue
    case .exclamations: "exclamation marks"
    case .questions: "question marks"
    case .quotationMarks: "double quotation marks"
    case .hyphenated: "hyphenated words"
    case .allCapitals: "words in capitals"
    case .capitalsInside: "capitalised words inside sentences"
    case .smallI: "lower-case i for I"
    case .bareContractions: "contractions without apostrophe"
    case .repeatedLetters: "words with a letter three times in a row"
    case .firstSingular: "I, me, my"
    case .firstPlural: "we, us, our"
    case .secondPerson: "you, your"
    case .thirdPerson: "he, she, they"
    case .modals: "modal verbs (can, would)"
    case .beingForms: "forms of to be"
    case .relatives: "that, which, who"
    case .hedges: "hedges (maybe, seems)"
    case .intensifiers: "intensifiers (very, just)"
    case .opinions: "opinion verbs (think, feel)"
    case .attributions: "attribution verbs (said, told)"
    case .fillers: "fillers (yeah, well, um)"
    case .slang: "slang and abbreviations"
    case .lyWords: "words in -ly"
    case .ingWords: "words in -ing"
    case .edWords: "words in -ed"
    default: rawValue
    }
  }
}
