private import Glibc

/// Okapi BM25 over the content words of documents: which of them are about the same things as another text.
///
/// Scores are sums over the query's distinct words of idf times a saturated term frequency. Equal scores are ordered by
/// the document's number, so that a ranking never depends on the order of a hash table.
///
/// - Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", eq. 3.15, with the
///   idf that is never negative, ln(1 + (N - n + 0.5) / (n + 0.5)).
package struct BM25Index: Sendable {
  /// How soon repetitions of a word stop counting.
  package static let k1 = 1.2
  /// How much a document's length counts.
  package static let b = 0.75

  private struct Posting {
    let document: Int
    let count: Int
  }

  private var postings: [String: [Posting]] = [:]
  private let lengths: [Int]
  private let meanLength: Double

  /// - Parameter documents: the words of each, as they are to be matched.
  package init(_ documents: [[String]]) {
    lengths = documents.map(\.count)
    meanLength = max(1, Double(lengths.reduce(0, +)) / Double(max(1, documents.count)))
    for (document, words) in documents.enumerated() {
      var counts: [String: Int] = [:]
      for word in words { counts[word, default: 0] += 1 }
      for (word, count) in counts { postings[word, default: []].append(Posting(document: document, count: count)) }
    }
  }

  /// The documents that share a word with the query, best first.
  ///
  /// - Parameters:
  ///   - words: of the query; repetitions do not count.
  ///   - isWanted: which documents may be among the results.
  /// - Returns: at most `limit` numbers of documents with their scores, all above zero.
  package func rank(
    _ words: [String], limit: Int, where isWanted: (Int) -> Bool = { _ in true }
  ) -> [(document: Int, score: Double)] {
    var scores: [Int: Double] = [:]
    // In a fixed order: sums of floating-point numbers depend on it.
    for word in Set(words).sorted() {
      guard let found = postings[word] else { continue }
      let n = Double(found.count)
      let idf = log(1 + (Double(lengths.count) - n + 0.5) / (n + 0.5))
      for posting in found where isWanted(posting.document) {
        let count = Double(posting.count)
        let length = Double(lengths[posting.document]) / meanLength
        let norm = Self.k1 * (1 - Self.b + Self.b * length)
        let score: Double = idf * count * (Self.k1 + 1) / (count + norm)
        scores[posting.document, default: 0] += score
      }
    }
    let ranked = scores.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    return ranked.prefix(limit).map { ($0.key, $0.value) }
  }
}
