import Stylometry
import Testing

/// Every feature on a text counted by hand, and what must hold of all of them.
@Suite struct StyleFeatureTests {
  /// Feature, text, value. Comments count.
  private static let expected: [(StyleFeature, String, Double?)] = [
    (.sentenceLength, "One two three. Four five.", 2.5),
    // 4 and 2 words: mean 3, squares 1 + 1, over 1.
    (.sentenceSpread, "One two three four. Five six.", 2.0.squareRoot()),
    (.sentenceSpread, "Only one sentence here.", nil),
    // 5, 6 and 1 words.
    (.shortSentences, "One two three four five. One two three four five six. Yes.", 200.0 / 3),
    (.longSentences, String(repeating: "w ", count: 30) + ". " + String(repeating: "w ", count: 29) + ".", 50),
    (.paragraphLength, "One two three.\nFour. Five.", 2.5),
    // 3 + 4 + 5 letters; digits and the apostrophe are none.
    (.wordLength, "one four don't1x", 4),
    (.longWords, "eighteen sevente four five", 25),
    (.vocabulary, String(repeating: "a b c d e ", count: 10), 5),
    (.vocabulary, String(repeating: "w ", count: 49), nil),
    // Windows: 50 times w; then 49 times w and x.
    (.vocabulary, String(repeating: "w ", count: 50) + "x", 1.5),
    (.commas, "one, two, three 3,000", 50),
    (.semicolons, "one; two three four", 25),
    (.colons, "one: two at 10:30", 25),
    (.dashes, "one -- two - three well-four", 50),
    (.parentheses, "(one) two three four", 25),
    (.exclamations, "No!! Go!", 150),
    (.questions, "Why? Who knows what", 25),
    (.ellipses, "one... two\u{2026} three. four..", 75),
    (.quotationMarks, "\"one\" two three four", 50),
    (.quotedShare, "He said \"go now\".", 50),
    (.emoticons, "fun :) today = good :-P", 200.0 / 3),
    (.hyphenated, "a well-known state-of-the-art thing", 50),
    // Fractions and scores join numbers.
    (.hyphenated, "up 2-1/8 in a 20-year game", 100.0 / 7),
    (.numbers, "in 1997 the 3rd man", 40),
    (.allCapitals, "the WTO and I", 25),
    (.capitalsInside, "The man met Bob and I left", 100.0 / 7),
    (.smallOpeners, "yes. No. maybe. 4 more", 50),
    (.smallI, "i think i'm I", 50),
    (.contractions, "don't we'll Anna's it's", 75),
    (.bareContractions, "dont go im here", 50),
    (.repeatedLetters, "soooo good yesss III", 50),
    (.firstSingular, "I gave my book to them", 100.0 / 3),
    (.firstPlural, "we lost our way", 50),
    (.secondPerson, "you and your dog", 50),
    (.thirdPerson, "he saw them there", 50),
    (.articles, "a dog and the cat", 40),
    (.prepositions, "in the house of him", 40),
    (.conjunctions, "dog and cat but no", 40),
    (.negations, "I do not know, don't ask", 100.0 / 3),
    (.modals, "I can go and would stay", 100.0 / 3),
    (.beingForms, "he is what they were", 40),
    (.relatives, "the man who knew that", 40),
    (.hedges, "maybe it seems fine", 50),
    (.intensifiers, "very good and really old", 40),
    (.intensifiers, "so we left", 0),
    (.opinions, "I think you believe me", 40),
    (.opinions, "you know it", 0),
    (.attributions, "he said she told them", 40),
    (.fillers, "um yeah we go", 50),
    (.slang, "lol gonna go home", 50),
    (.lyWords, "slowly she walked early", 50),
    (.ingWords, "going to a singing king", 40),
    (.edWords, "he walked and stopped red", 40),
    (.openersI, "I go. I'm here. It is. im in", 75),
    (.openersConjunction, "And so. But no. Sold out. Or not", 75),
    (.openersArticle, "The dog. A cat. Anna. Then a", 50),
  ]

  @Test(arguments: expected) func isWhatAHandCounts(feature: StyleFeature, text: String, value: Double?) throws {
    let found = feature.value(in: StyleText(text))
    guard let value else {
      #expect(found == nil)
      return
    }
    #expect(abs(try #require(found) - value) < 1e-9)
  }

  @Test func everyFeatureIsCountedByHandSomewhere() {
    #expect(Set(Self.expected.map(\.0)) == Set(StyleFeature.allCases))
  }

  @Test func anEmptyTextHasNoValues() {
    for text in ["", "\n", "?!", "\u{1F600}"] {
      #expect(StyleFeature.allCases.allSatisfy { $0.value(in: StyleText(text)) == nil })
    }
  }

  @Test func namesAreUniqueReadableASCII() {
    #expect(Set(StyleFeature.allCases.map(\.name)).count == StyleFeature.allCases.count)
    for feature in StyleFeature.allCases {
      #expect(feature.name.allSatisfy { $0.isASCII } && !feature.name.contains("_"), "\(feature)")
      #expect(StyleFeature.allCases[feature.index] == feature)
    }
  }

  /// A text twice over, as two runs of paragraphs, has every ratio it had; only the sample's spread and the window that
  /// slides over the seam are others.
  @Test(arguments: 0..<20) func repeatingATextChangesNoRatio(seed: Int) {
    let once = RandomText.ordinary(seed: UInt64(seed))
    let single = StyleText(once)
    let double = StyleText(once + "\n" + once)
    for feature in StyleFeature.allCases where feature != .sentenceSpread && feature != .vocabulary {
      let difference = (feature.value(in: single) ?? -1) - (feature.value(in: double) ?? -1)
      #expect(abs(difference) < 1e-9, "\(feature), seed \(seed)")
    }
  }

  @Test(arguments: 0..<20) func ratesAreCountsOverWords(seed: Int) throws {
    let text = StyleText(RandomText.ordinary(seed: UInt64(seed)))
    for feature in StyleFeature.allCases where [.per100Words, .percentOfWords].contains(feature.unit) {
      let value = try #require(feature.value(in: text))
      #expect(value == 100 * Double(feature.occurrences(in: text)) / Double(text.words.count), "\(feature)")
    }
  }

  @Test func differentWordsInAWindowAgreeWithASlowCount() throws {
    for seed in 0..<10 {
      let text = StyleText(RandomText.ordinary(seed: UInt64(seed), count: 90))
      let lower = text.words.map(\.lower)
      let windows = (0...(lower.count - 50)).map { Set(lower[$0..<($0 + 50)]).count }
      let mean = Double(windows.reduce(0, +)) / Double(windows.count)
      #expect(try #require(StyleFeature.vocabulary.value(in: text)) == mean, "seed \(seed)")
    }
  }
}
