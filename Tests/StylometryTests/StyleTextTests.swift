import Stylometry
import Testing

/// Words, sentences, paragraphs and marks of texts counted by hand, and texts that no keyboard makes.
@Suite struct StyleTextTests {
  private func words(_ text: String) -> [String] { StyleText(text).words.map(\.text) }

  private func sentences(_ text: String) -> [[String]] {
    let read = StyleText(text)
    return read.sentences.map { read.words[$0].map(\.text) }
  }

  @Test(arguments: [
    ("", []), (" \n\t ", []), ("...!?", []), ("word", ["word"]), ("two words", ["two", "words"]),
    ("don't", ["don't"]), ("don\u{2019}t", ["don\u{2019}t"]), ("the dogs' bowl", ["the", "dogs", "bowl"]),
    ("'quoted'", ["quoted"]), ("high-level talk", ["high-level", "talk"]), ("well--no", ["well", "no"]),
    ("3,000.50 at 10:30", ["3,000.50", "at", "10:30"]), ("one,two", ["one", "two"]),
    ("the U.S. and", ["the", "U.S", "and"]),
    ("end.Next", ["end", "Next"]), ("caf\u{E9} na\u{EF}ve", ["caf\u{E9}", "na\u{EF}ve"]),
    ("cafe\u{301} x", ["cafe\u{301}", "x"]), ("a@b.c", ["a", "b.c"]), ("1990s' 20th", ["1990s", "20th"]),
  ])
  func findsWords(text: String, expected: [String]) {
    #expect(words(text) == expected)
  }

  @Test(arguments: [
    ("One two. Three!", [["One", "two"], ["Three"]]),
    ("No end", [["No", "end"]]),
    ("Mr. Ash met Dr. Oak. They left.", [["Mr", "Ash", "met", "Dr", "Oak"], ["They", "left"]]),
    ("He saw J. Fir. Then slept.", [["He", "saw", "J", "Fir"], ["Then", "slept"]]),
    ("So am I. You too.", [["So", "am", "I"], ["You", "too"]]),
    ("He said \"Go.\" She went.", [["He", "said", "Go"], ["She", "went"]]),
    ("(It rained.) We stayed.", [["It", "rained"], ["We", "stayed"]]),
    ("Well... maybe. Wait... No.", [["Well", "maybe"], ["Wait"], ["No"]]),
    ("What?! Yes", [["What"], ["Yes"]]),
    ("lower. case. here", [["lower"], ["case"], ["here"]]),
    ("first line\nsecond line", [["first", "line"], ["second", "line"]]),
    ("It cost 3.5 pounds. Cheap.", [["It", "cost", "3.5", "pounds"], ["Cheap"]]),
    ("Stop.now", [["Stop", "now"]]),
    (
      "Near Napa, Calif. It rained. Geo. Ash of L.A. left.",
      [
        ["Near", "Napa", "Calif", "It", "rained"], ["Geo", "Ash", "of", "L.A", "left"],
      ]
    ),
    ("Sold by Acme Corp.. Then it rose.", [["Sold", "by", "Acme", "Corp"], ["Then", "it", "rose"]]),
    ("He left.\" She stayed.", [["He", "left"], ["She", "stayed"]]),
    (
      "'He left.' She stayed. (So it went.) Good.",
      [
        ["He", "left"], ["She", "stayed"], ["So", "it", "went"], ["Good"],
      ]
    ),
    ("\"I work at Acme Corp.\" He left.", [["I", "work", "at", "Acme", "Corp"], ["He", "left"]]),
    ("\"Go!\" she said. \"Go!\" She left.", [["Go", "she", "said"], ["Go"], ["She", "left"]]),
    ("My ky. Is it?", [["My", "ky"], ["Is", "it"]]),
  ])
  func findsSentences(text: String, expected: [[String]]) {
    #expect(sentences(text) == expected)
  }

  @Test func anyLineBreakEndsAParagraph() {
    for lineBreak in ["\n", "\r\n", "\r", "\n\n \n", "\u{2028}", "\u{2029}", "\u{85}"] {
      let text = StyleText("one two\(lineBreak)three")
      #expect(text.paragraphs == [0..<2, 2..<3], "\(lineBreak.unicodeScalars.map(\.value))")
    }
    #expect(StyleText("\n\nonly\n").paragraphs == [0..<1])
  }

  @Test func countsMarks() {
    let marks = StyleText(
      """
      One, two; three: four -- five - six\u{2014}seven (eight) "nine" ten! Eleven?! Well... so\u{2026} at 10:30, \
      3,000. :) ;-D
      """
    ).marks
    var expected = StyleText.Marks()
    expected.commas = 2
    expected.semicolons = 1
    expected.colons = 1
    expected.dashes = 3
    expected.parentheses = 1
    expected.quotationMarks = 2
    expected.exclamations = 2
    expected.questions = 1
    expected.ellipses = 2
    expected.emoticons = 2
    #expect(marks == expected)
  }

  @Test(arguments: [
    ("\"one two\" three", 2), ("\u{201C}one\u{201D} two", 1), ("\u{AB}one\u{BB} two", 1), ("one \"two three", 2),
    ("\"one\ntwo", 1), ("\"Go.\" she said", 1), ("none", 0),
  ])
  func countsWordsInsideQuotationMarks(text: String, expected: Int) {
    #expect(StyleText(text).count(.quoted) == expected)
  }

  @Test(arguments: [
    ("well.. so... what....", 3), ("Acme a.s.. and Bee Corp.. rose", 0), ("Sales......0.94 and 3...4", 1), ("it.", 0),
    ("so?.. no", 1), ("\u{2026}", 1), ("etc...", 1),
  ])
  func countsEllipses(text: String, expected: Int) {
    #expect(StyleText(text).marks.ellipses == expected)
  }

  @Test(arguments: [
    ("one (pause) two (Laughs) three", 0), ("one (pauses) two", 1), ("one (pause", 1), ("(", 1), ("(inaudible)", 0),
    ("one (and two) (three)", 2),
  ])
  func countsParenthesesOfTheWriter(text: String, expected: Int) {
    #expect(StyleText(text).marks.parentheses == expected)
  }

  @Test func aQuoteThatClosesOpensNone() {
    let text = StyleText("He left.\" Then she spoke of it.")
    #expect(text.marks.quotationMarks == 1 && text.count(.quoted) == 0)
  }

  @Test func closingQuotesBehindASentenceAreCounted() {
    #expect(StyleText("\"Go.\" \"Stay!\"").marks.quotationMarks == 4)
    #expect(StyleText("\u{201C}Go.\u{201D}").marks.quotationMarks == 2)
  }

  @Test func everyWordBelongsToOneSentenceAndOneParagraph() {
    for seed in 0..<40 {
      let text = StyleText(RandomText.hostile(seed: UInt64(seed)))
      for ranges in [text.sentences, text.paragraphs] {
        #expect(ranges.allSatisfy { !$0.isEmpty }, "seed \(seed)")
        #expect(ranges.flatMap { Array($0) } == Array(text.words.indices), "seed \(seed)")
      }
      #expect(text.words.allSatisfy { !$0.text.isEmpty && !$0.lower.isEmpty }, "seed \(seed)")
      #expect(text.count(.opener) == text.sentences.count, "seed \(seed)")
    }
  }

  @Test func spansAreQuotedAsTheyStand() {
    let text = StyleText("\u{1F600} \"Caf\u{E9} open,\" she said -- \u{201C}at (nearly) 10:30\u{201D}.")
    #expect(text.span(0..<2) == "Caf\u{E9} open")
    #expect(text.span(1..<4) == "open,\" she said")
    #expect(text.span(3..<7) == "said -- \u{201C}at (nearly) 10:30")
    #expect(text.span(2..<2) == "")
  }

  @Test(arguments: 0..<40) func everyWordStandsWhereItSays(seed: Int) {
    let source = RandomText.hostile(seed: UInt64(seed))
    let text = StyleText(source)
    for index in text.words.indices {
      // Bytes, since a mark behind a word makes it equal to no substring of characters.
      #expect(Array(text.span(index..<(index + 1)).utf8) == Array(text.words[index].text.utf8), "seed \(seed)")
    }
    let whole = text.span(text.words.indices)
    #expect(Array(source.utf8).firstRange(of: Array(whole.utf8)) != nil, "seed \(seed)")
  }

  @Test func survivesHostileText() {
    let texts = [
      "\u{301}\u{301}", "a\u{301}\u{301}\u{301}", "\u{FEFF}word", "\0\0\0\0", "\u{202E}right to left",
      "\u{1F468}\u{200D}\u{1F469}",
      "\u{1F600} ok", "\u{10FFFF}\u{FFFF}", "\u{130}\u{130}\u{130}\u{130}", "\u{DF}\u{FB01}", "\u{661}\u{662}", "-",
      "'", "'''", "--'--",
      "\"\"\"\"", "....", "?\"?\"", ":", ":-", "=)", "a'", "'a", "a-", "-a", "1.", ".1", "1,", "\u{2019}s", "A.B.C.",
      "i'", "x.y.z",
      String(repeating: "\"", count: 1001), String(repeating: ".", count: 1001), String(repeating: "a", count: 10_000),
      String(repeating: "\u{301}", count: 5000), String(repeating: "\n", count: 5000),
      String(repeating: "(", count: 999),
      String(repeating: "Mr. ", count: 999), String(repeating: "... ", count: 999),
      String(repeating: "'n'", count: 999),
    ]
    for text in texts {
      let read = StyleText(text)
      for feature in StyleFeature.allCases {
        if let value = feature.value(in: read) {
          #expect(value.isFinite && value >= 0, "\(feature) of \(text.unicodeScalars.prefix(8))")
        } else {
          #expect(read.words.isEmpty || feature == .vocabulary || feature == .sentenceSpread)
        }
      }
    }
  }

  @Test func aLongTextIsReadInOnePass() {
    // 1 MB; a walk that is not linear would take minutes here.
    let text = StyleText(String(repeating: "Some words, and \"more\" of them... then a stop. ", count: 21_000))
    #expect(text.words.count == 9 * 21_000)
    #expect(text.sentences.count == 21_000)
    #expect(StyleFeature.vocabulary.value(in: text) == 9)
  }

  @Test(arguments: [
    ("don't", WordClasses.contraction, true), ("Anna's", .contraction, false), ("that's", .contraction, true),
    ("THAT\u{2019}S", .contraction, true), ("don't", .negation, true), ("shouldn't", .modal, true),
    ("couldn't", .modal, true),
    ("WTO", .allCapitals, true), ("I", .allCapitals, false), ("U.S", .allCapitals, false), ("B2B", .allCapitals, false),
    ("soooo", .repeatedLetters, true), ("SoOo", .repeatedLetters, true), ("www", .repeatedLetters, false),
    ("cooool", .repeatedLetters, true), ("book", .repeatedLetters, false), ("i", .smallI, true), ("i'm", .smallI, true),
    ("I'm", .smallI, false), ("is", .smallI, false), ("1990s", .number, true), ("really", .endsInLy, true),
    ("only", .endsInLy, false),
    ("going", .endsInIng, true), ("ring", .endsInIng, false), ("used", .endsInEd, true), ("red", .endsInEd, false),
    ("\u{C9}TUDE", .startsUpper, true), ("\u{E9}tude", .startsLower, true), ("eightltr", .long, true),
    ("sevenlt", .long, false),
    ("Sa\u{301}id", .attribution, false), ("SAID", .attribution, true),
  ])
  func knowsTheShapeOfAWord(word: String, wordClass: WordClasses, expected: Bool) {
    #expect((StyleText(word).count(wordClass) == 1) == expected)
  }

  @Test func capitalsInsideASentenceAreNamesAndNotI() {
    let text = StyleText("Then I saw Anna in NATO. Bob left, I'm told.")
    #expect(text.words.filter { $0.classes.contains(.capitalInside) }.map(\.text) == ["Anna"])
  }
}
