/// What cleaning took out of a corpus, and why.
package struct CleaningReport: Sendable, Equatable, Encodable {
  /// Why a whole text went.
  package enum TextReason: String, Sendable, CaseIterable {
    case tooShort = "too_short"
    case tooLong = "too_long"
    case otherLanguage = "other_language"
    case duplicateOfOwn = "near_duplicate_of_same_author"
    case duplicateOfOther = "near_duplicate_of_other_author"
  }

  /// Why a line or sentence went out of a text, or an address was masked in it.
  package enum PartReason: String, Sendable, CaseIterable {
    case byLine = "by_line"
    case authorName = "author_name"
    case contactLine = "contact_line"
    case maskedAddress = "masked_address"
    case boilerplate
  }

  package struct Example: Sendable, Equatable, Encodable {
    package var author: String
    package var documentID: String
    /// The start of what went; of a near-duplicate, which text it repeats.
    package var detail: String

    package enum CodingKeys: String, CodingKey {
      case author, detail
      case documentID = "doc_id"
    }
  }

  /// Texts, authors and words before and after.
  package struct Size: Sendable, Equatable, Encodable {
    package var texts: Int
    package var authors: Int
    package var words: Int

    package init(_ texts: [CorpusText]) {
      self.texts = texts.count
      authors = Set(texts.map(\.author)).count
      words = texts.reduce(0) { $0 + TextCut.wordCount($1.text) }
    }
  }

  /// Examples kept for each reason.
  static let examplesMax = 3
  private static let exampleCharacters = 120

  package var before: Size
  package var after: Size
  /// Texts in which typographic marks were replaced, and how many marks.
  package private(set) var textsPlained = 0
  package private(set) var marksPlained = 0
  /// Texts that went, by `TextReason.rawValue`; every reason is there.
  package private(set) var textsRemoved: [String: Int]
  /// Lines and sentences that went, and addresses masked, by `PartReason.rawValue`; every reason is there.
  package private(set) var partsRemoved: [String: Int]
  /// The first few by either's raw value.
  package private(set) var examples: [String: [Example]] = [:]

  package enum CodingKeys: String, CodingKey {
    case before, after, examples
    case textsPlained = "texts_plained"
    case marksPlained = "marks_plained"
    case textsRemoved = "texts_removed"
    case partsRemoved = "parts_removed"
  }

  init(before: [CorpusText]) {
    self.before = Size(before)
    after = Size([])
    textsRemoved = Dictionary(uniqueKeysWithValues: TextReason.allCases.map { ($0.rawValue, 0) })
    partsRemoved = Dictionary(uniqueKeysWithValues: PartReason.allCases.map { ($0.rawValue, 0) })
  }

  mutating func plained(marks: Int) {
    if marks > 0 { textsPlained += 1 }
    marksPlained += marks
  }

  mutating func removed(_ text: CorpusText, _ reason: TextReason, detail: String) {
    textsRemoved[reason.rawValue, default: 0] += 1
    note(reason.rawValue, text, detail)
  }

  mutating func removed(_ part: some StringProtocol, of text: CorpusText, _ reason: PartReason) {
    partsRemoved[reason.rawValue, default: 0] += 1
    note(reason.rawValue, text, String(part))
  }

  private mutating func note(_ reason: String, _ text: CorpusText, _ detail: String) {
    guard examples[reason, default: []].count < Self.examplesMax else { return }
    let example = Example(
      author: text.author, documentID: text.documentID, detail: String(detail.prefix(Self.exampleCharacters)))
    examples[reason, default: []].append(example)
  }
}
