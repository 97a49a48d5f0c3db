import BoundedJSON
import Corpora
import Randomness
import Testing

/// What goes out of a corpus, what stays, and what the report says of it.
@Suite struct CleaningTests {
  /// A sentence of twelve words that no other number gives.
  private static func sentence(_ number: Int) -> String {
    var random = SeededRandom(seed: UInt64(number))
    let words = (0..<11).map { _ in "w\(random.below(5_000))" }
    return "Then " + words.joined(separator: " ") + "."
  }

  private static func body(_ number: Int, sentences: Int = 10) -> String {
    (0..<sentences).map { sentence(1_000 * number + $0) }.joined(separator: " ")
  }

  private func clean(
    _ texts: [CorpusText], _ change: (inout CleaningOptions) -> Void = { _ in }
  ) -> (texts: [CorpusText], report: CleaningReport) {
    var options = CleaningOptions()
    change(&options)
    let (corpus, report) = CorpusCleaning(options: options).clean(Corpus(texts: texts))
    return (corpus.texts, report)
  }

  private func one(_ text: String, author: String = "JaneRoe") -> (text: String?, report: CleaningReport) {
    let (texts, report) = clean([CorpusText(author: author, documentID: "1", text: text)]) { $0.wordsMin = 0 }
    return (texts.first?.text, report)
  }

  @Test func marksBecomePlain() {
    let first = "\u{201C}It\u{2019}s\u{A0}here\u{201D}\u{2014}soon\u{2026}  \r\n"
    let (text, report) = one(first + "caf\u{E9} 1\u{2013}2 \u{1F469}\u{200D}\u{1F680}\r\n")
    #expect(text == "\"It's here\"--soon...\ncaf\u{E9} 1-2 \u{1F469}\u{200D}\u{1F680}")
    #expect(report.textsPlained == 1 && report.marksPlained == 7)
    let (texts, _) = clean([CorpusText(author: "a", documentID: "1", text: "\u{201C}Left.\u{201D}")]) {
      $0.plainsTypography = false
      $0.wordsMin = 0
    }
    #expect(texts.map(\.text) == ["\u{201C}Left.\u{201D}"])
  }

  @Test(arguments: [
    ("By Bob Lee, Staff Writer", "by_line"), ("By JANE ROE", "by_line"), ("(Jane Roe, Boston bureau)", "author_name"),
    ("Jane", "author_name"), ("-- Roe", "author_name"), ("-- Boston Newsroom +1 617 555 0100", "contact_line"),
    ("E-mail: someone at work", "contact_line"), ("write to jr@example.org", "contact_line"),
  ])
  func linesThatNameOrReachTheAuthorGo(line: String, reason: String) {
    let body = Self.body(1)
    let (text, report) = one("Heading here.\n\(line)\n\(body)".replacing("Heading here.\nBy", with: "By"))
    let other = one("\(body)\n\(line)")
    let kept = [text, other.text].compactMap { $0 }.filter { !$0.contains(line) }
    #expect(!kept.isEmpty)
    #expect(report.partsRemoved[reason] == 1 || other.report.partsRemoved[reason] == 1)
  }

  @Test func proseStays() {
    for line in [
      "By Monday the talks had ended.", "Roe said nothing to Jane about the newsroom at all.", "By and by",
      "It rained from 1996-12-31 on, 1,234,567 drops of it.", "He is either here and/or there.",
    ] {
      let text = line + "\n" + Self.body(2)
      #expect(one(text).text == text)
    }
    let named = "Here is Jane Roe again. " + Self.body(3)
    #expect(one(named, author: "b0001").text == named, "an author that is a number has no name to find")
  }

  @Test func aParagraphLosesTheSentenceWithTheNameOnly() {
    let (text, report) = one(Self.body(4) + " I, Jane Roe's own self, was there. " + Self.body(5))
    #expect(text == Self.body(4) + " " + Self.body(5))
    #expect(report.partsRemoved["author_name"] == 1)
    #expect(report.examples["author_name"]?.map(\.detail) == ["I, Jane Roe's own self, was there."])
  }

  @Test func addressesInProseAreMasked() {
    let (text, report) = one(
      "Go to (http://example.org/a), call 555-0100 or 617-555-0100, mail a.b@example.org. " + Self.body(6))
    #expect(text == "Go to ([link]), call [phone] or [phone], mail [email]. " + Self.body(6))
    #expect(report.partsRemoved["masked_address"] == 1)
  }

  @Test func whatRecursThroughAnAuthorsTextsGoes() {
    let slogan = "Visit the old mill this weekend!"
    var texts = (0..<3).map {
      CorpusText(
        author: "ann", documentID: "\($0)", text: "\(Self.body($0)) \(slogan.uppercased())\nSo it is.\n\(slogan)")
    }
    texts += (3..<5).map { CorpusText(author: "bob", documentID: "\($0)", text: "\(Self.body($0)) \(slogan)") }
    let (cleaned, report) = clean(texts)
    #expect(cleaned[0].text == Self.body(0) + "\nSo it is.", "short sentences recur by chance")
    #expect(cleaned[3] == texts[3], "two of an author's texts are too few, and other authors do not count")
    #expect(report.partsRemoved["boilerplate"] == 6)
    #expect(clean(texts) { $0.boilerplateTextsMin = nil }.texts == texts)
  }

  @Test func textsOfTheWrongLengthGo() {
    let texts = [5, 10, 20].map { CorpusText(author: "a", documentID: "\($0)", text: Self.body($0, sentences: $0)) }
    let (cleaned, report) = clean(texts) { $0.wordsMax = 200 }
    #expect(cleaned.map(\.documentID) == ["10"])
    #expect(report.textsRemoved["too_short"] == 1 && report.textsRemoved["too_long"] == 1)
    #expect(report.before.words == 420 && report.after.words == 120 && report.before.texts == 3)
    #expect(report.examples["too_short"]?.first?.detail.hasPrefix("60 words: Then w") == true)
  }

  @Test func nearDuplicatesOfOneselfAndOthersGo() {
    let base = Self.body(7, sentences: 20)
    let edited = base.replacing("Then", with: "Now", maxReplacements: 3)
    let texts = [
      CorpusText(author: "ann", documentID: "1", text: base), CorpusText(author: "ann", documentID: "2", text: edited),
      CorpusText(author: "ann", documentID: "3", text: Self.body(8)),
      CorpusText(author: "bob", documentID: "4", text: base),
    ]
    let (cleaned, report) = clean(texts) { $0.boilerplateTextsMin = nil }
    #expect(cleaned.map(\.documentID) == ["1", "3"])
    #expect(report.textsRemoved["near_duplicate_of_same_author"] == 1)
    #expect(report.textsRemoved["near_duplicate_of_other_author"] == 1)
    #expect(report.examples["near_duplicate_of_other_author"]?.first?.detail == "100 % as 1 of ann")
    #expect(clean(texts) { ($0.boilerplateTextsMin, $0.duplicateSimilarity) = (nil, nil) }.texts == texts)
  }

  @Test func theIndexFindsWhatComparingAllFinds() {
    // Variants of a few texts, from the same to quite different.
    var random = SeededRandom(seed: 11)
    let texts = (0..<150).map { number -> String in
      let base = number % 10
      return (0..<12).map { Self.sentence(random.unit() < 0.25 ? 90_000 + 100 * number + $0 : 100 * base + $0) }
        .joined(separator: " ")
    }
    for threshold in [0.3, 0.5, 0.8] {
      var index = NearDuplicates(threshold: threshold)
      var kept: [[UInt64]] = []
      var missed = 0
      for text in texts {
        let runs = WordRuns(text).runs()
        let best = kept.map { WordRuns.jaccard($0, runs) }.max() ?? 0
        let match = index.addIfNew(text)
        if let match { #expect(match.similarity == best) } else { kept.append(runs) }
        if match == nil, best >= threshold { missed += 1 }
      }
      #expect(missed <= 1, "threshold \(threshold)")
      #expect((10..<150).contains(kept.count))
    }
  }

  @Test func otherLanguagesGoWhenAsked() {
    let english = "It was the end of a long day and we had to walk to the house on our own. "
    let german = "Es war das Ende eines langen Tages, und wir mussten allein nach Hause gehen. "
    let texts = [
      CorpusText(author: "a", documentID: "1", text: String(repeating: english, count: 10)),
      CorpusText(author: "a", documentID: "2", text: String(repeating: german, count: 10)),
    ]
    let (cleaned, report) = clean(texts) { ($0.skipsOtherLanguages, $0.boilerplateTextsMin) = (true, nil) }
    #expect(cleaned.map(\.documentID) == ["1"] && report.textsRemoved["other_language"] == 1)
    #expect(clean(texts) { $0.boilerplateTextsMin = nil }.texts.count == 2)
  }

  @Test func theReportNamesEveryReasonAndTheSameRunGivesTheSameBytes() throws {
    let texts = (0..<6).map { CorpusText(author: "a\($0 % 2)", documentID: "\($0)", text: Self.body($0 / 2)) }
    let first = try JSONWriter.bytes(clean(texts).report)
    #expect(try JSONWriter.bytes(clean(texts).report) == first)
    let value = try JSONReader.value(first, limits: .request)
    #expect(value["texts_removed"]?.object?.count == 5 && value["parts_removed"]?.object?.count == 5)
    #expect(value["before"]?["texts"] == .integer(6) && value["after"]?["texts"] == .integer(3))
    #expect(value["examples"]?["near_duplicate_of_other_author"]?.array?.first?["doc_id"] == .string("1"))
  }
}
