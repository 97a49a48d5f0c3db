import Randomness

/// Takes out of a corpus what would let a judge know an author without their style.
///
/// Theory of operation, in this order: marks become plain; lines that name or reach the author go; sentences that recur
/// through an author's texts go (a slogan, a standing footnote); then texts that are too short, too long, in another
/// language, or nearly the same as an earlier one. Of near-duplicates the first in the corpus's order stays. Each step
/// sees what the one before left. The order of the corpus, and nothing else, decides.
package struct CorpusCleaning: Sendable {
  package let options: CleaningOptions

  /// - Precondition: word bounds are in order, `duplicateSimilarity` is in 0.1...1, `boilerplateTextsMin` is above 1.
  package init(options: CleaningOptions = CleaningOptions()) {
    precondition(options.wordsMin >= 0 && options.wordsMin <= options.wordsMax)
    precondition(options.duplicateSimilarity.map { (0.1...1).contains($0) } ?? true)
    precondition(options.boilerplateTextsMin.map { $0 > 1 } ?? true)
    self.options = options
  }

  /// The corpus cleaned, and what became of the rest. The result may be empty.
  ///
  /// - Complexity: O(words) but for the near-duplicates, each compared with the few texts that are like it.
  package func clean(_ corpus: Corpus) -> (corpus: Corpus, report: CleaningReport) {
    var report = CleaningReport(before: corpus.texts)
    var texts = corpus.texts
    for index in texts.indices {
      if options.plainsTypography {
        let (plain, marks) = Typography.plain(texts[index].text)
        texts[index].text = plain
        report.plained(marks: marks)
      }
      if options.removesNamesAndContacts { removeNames(from: &texts[index], report: &report) }
    }
    if let least = options.boilerplateTextsMin { removeBoilerplate(from: &texts, textsMin: least, report: &report) }
    texts = texts.filter { isFit($0, report: &report) }
    if let threshold = options.duplicateSimilarity {
      texts = withoutDuplicates(texts, threshold: threshold, report: &report)
    }
    report.after = CleaningReport.Size(texts)
    return (Corpus(texts: texts), report)
  }

  private func removeNames(from text: inout CorpusText, report: inout CleaningReport) {
    let rules = NameLines(author: text.author)
    let lines = text.text.split(separator: "\n", omittingEmptySubsequences: false)
    var kept: [String] = []
    for (index, line) in lines.enumerated() {
      if let reason = rules.reason(for: line, index: index, count: lines.count) {
        report.removed(line, of: text, reason)
        continue
      }
      var line = String(line)
      // A paragraph that mentions the name loses the sentence only.
      let remaining = Self.removing(from: line) { sentence in
        guard rules.hasName(sentence) else { return false }
        report.removed(sentence, of: text, .authorName)
        return true
      }
      if let remaining { line = remaining }
      let (masked, count) = Addresses.mask(line[...])
      if count > 0 { report.removed(line, of: text, .maskedAddress) }
      if remaining == nil || !line.isEmpty { kept.append(masked) }
    }
    text.text = Self.joined(kept)
  }

  private func removeBoilerplate(from texts: inout [CorpusText], textsMin: Int, report: inout CleaningReport) {
    /// For each author, in how many texts each sentence is.
    var counts: [String: [UInt64: Int]] = [:]
    for text in texts {
      let sentences = Set(Sentences.split(text.text).compactMap(Self.boilerplateKey))
      for sentence in sentences { counts[text.author, default: [:]][sentence, default: 0] += 1 }
    }
    for index in texts.indices {
      let text = texts[index]
      let recurring = counts[text.author] ?? [:]
      var kept: [String] = []
      for line in text.text.split(separator: "\n", omittingEmptySubsequences: false) {
        let remaining = Self.removing(from: String(line)) { sentence in
          guard let key = Self.boilerplateKey(sentence), recurring[key, default: 0] >= textsMin else { return false }
          report.removed(sentence, of: text, .boilerplate)
          return true
        }
        if remaining?.isEmpty != true { kept.append(remaining ?? String(line)) }
      }
      texts[index].text = Self.joined(kept)
    }
  }

  /// A sentence without regard to case and marks; nil for one too short to be told from chance.
  private static func boilerplateKey(_ sentence: Substring) -> UInt64? {
    let words = WordRuns(sentence)
    return words.words.count >= CleaningOptions.boilerplateWordsMin ? words.wholeHash : nil
  }

  /// A line without some of its sentences; nil where none goes, so that a line keeps its bytes.
  private static func removing(from line: String, _ isRemoved: (Substring) -> Bool) -> String? {
    let ranges = Sentences.ranges(in: Array(line.utf8))
    let kept = ranges.filter { !isRemoved(line[utf8: $0]) }
    return kept.count == ranges.count ? nil : kept.map { String(line[utf8: $0]) }.joined(separator: " ")
  }

  /// Lines as a text, without empty ones at its ends.
  private static func joined(_ lines: [String]) -> String {
    let isBlank = { (line: String) in line.utf8.allSatisfy(Sentences.isSpace) }
    guard let first = lines.firstIndex(where: { !isBlank($0) }), let last = lines.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return lines[first...last].joined(separator: "\n")
  }

  private func isFit(_ text: CorpusText, report: inout CleaningReport) -> Bool {
    let words = TextCut.wordCount(text.text)
    if words < options.wordsMin {
      report.removed(text, .tooShort, detail: "\(words) words: \(text.text)")
    } else if words > options.wordsMax {
      report.removed(text, .tooLong, detail: "\(words) words: \(text.text)")
    } else if options.skipsOtherLanguages, !EnglishText.isEnglish(text.text) {
      report.removed(text, .otherLanguage, detail: text.text)
    } else {
      return true
    }
    return false
  }

  private func withoutDuplicates(
    _ texts: [CorpusText], threshold: Double, report: inout CleaningReport
  ) -> [CorpusText] {
    var seen = NearDuplicates(threshold: threshold)
    var kept: [CorpusText] = []
    for text in texts {
      guard let match = seen.addIfNew(text.text) else {
        kept.append(text)
        continue
      }
      let first = kept[match.index]
      report.removed(
        text, first.author == text.author ? .duplicateOfOwn : .duplicateOfOther,
        detail: "\(Int((100 * match.similarity).rounded(.down))) % as \(first.documentID) of \(first.author)")
    }
    return kept
  }
}

/// Tells English from other languages by its commonest words.
///
/// In each of 10,793 English texts (news, mail, talk, blogs) more than 12 % of the words were among these, and in most
/// over 30 %; a text in
/// another language of the same script has a few that look the same ("in", "a", "so").
enum EnglishText {
  private static let shareMin = 0.12
  private static let words = Set(
    ("the of and to a in that it is was i you for on with he she they we as at be this have had not but by are from or "
      + "an my his her so").split(separator: " ").map { StableHash.hash($0) })

  /// Whether a text is English; a text without a word is.
  static func isEnglish(_ text: String) -> Bool {
    let found = WordRuns(text).words
    return Double(found.count { words.contains($0) }) >= shareMin * Double(found.count)
  }
}
