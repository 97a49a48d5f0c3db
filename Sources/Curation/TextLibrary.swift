package import Corpora
import Stylometry

/// The texts that pairs are made of: cut to length, found by author, by topic and by likeness.
package struct TextLibrary: Sendable {
  /// A text as it stands in a pair.
  package struct Entry: Sendable {
    package let author: String
    package let id: String
    package let genre: String?
    package let topic: String?
    /// Cut at a sentence's end.
    package let text: String
    /// Its first sentence; nil where there is no other.
    package let opening: String?
    /// What follows the opening; the whole text where there is none.
    package let continuation: String
    /// Words of the whole, and of the continuation.
    package let wordCount: Int
    package let continuationWordCount: Int
    /// Of the whole, to tell shared passages by.
    package let runs: WordRuns
    /// Its different runs of five words, sorted: kept, since each text is compared with many.
    let passages: [UInt64]

    /// The share of the shorter text's runs of five words that the other has too, 0...1.
    func shared(with other: Entry) -> Double {
      guard min(runs.words.count, other.runs.words.count) >= WordRuns.runWords else {
        return TextCut.sharedRuns(runs, other.runs)
      }
      return Double(WordRuns.common(passages, other.passages)) / Double(min(passages.count, other.passages.count))
    }
  }

  package let entries: [Entry]
  /// Sorted.
  package let authors: [String]
  /// Of each author, numbers of entries.
  package let entriesByAuthor: [String: [Int]]
  /// Of each entry.
  private let contentWords: [[String]]
  private let index: BM25Index

  /// - Parameter texts: in any order; the library sorts them by author and identifier, so that what is made of it does
  ///   not depend on it.
  package init(_ texts: [CorpusText], wordsMax: Int) {
    let sorted = texts.sorted {
      // All of it: a corpus may name two texts alike.
      ($0.author, $0.documentID, $0.text, $0.genre ?? "", $0.topic ?? "")
        < ($1.author, $1.documentID, $1.text, $1.genre ?? "", $1.topic ?? "")
    }
    entries = sorted.map { text in
      let cut = String(TextCut.cut(text.text, wordsMax: wordsMax))
      let parts = TextCut.splitOpening(cut)
      let runs = WordRuns(cut)
      return Entry(
        author: text.author, id: text.documentID, genre: text.genre, topic: text.topic, text: cut,
        opening: parts.map { String($0.opening) },
        continuation: parts.map { String($0.rest) } ?? cut, wordCount: TextCut.wordCount(cut),
        continuationWordCount: TextCut.wordCount(parts.map { String($0.rest) } ?? cut), runs: runs,
        passages: runs.runs())
    }
    entriesByAuthor = Dictionary(grouping: entries.indices, by: { [entries] in entries[$0].author })
    authors = entriesByAuthor.keys.sorted()
    contentWords = entries.map { Self.contentWords(of: $0.text) }
    index = BM25Index(contentWords)
  }

  /// The entries nearest in topic to another, nearest first; never itself.
  package func nearest(to entry: Int, limit: Int, where isWanted: (Int) -> Bool) -> [Int] {
    index.rank(contentWords[entry], limit: limit) { $0 != entry && isWanted($0) }.map(\.document)
  }

  /// The words that carry a text's topic, in lower case.
  static func contentWords(of text: String) -> [String] {
    StyleText(text).words.filter { $0.letters >= 3 && !$0.classes.contains(.grammatical) }.map(\.lower)
  }
}
