private import Glibc

/// The words of a text that carry its topic, weighted by 1 + ln count, for a cosine.
///
/// Words of grammar are left out, and so are words of fewer than three letters. It tells topic rather than style: a
/// floor that shows how far topic alone gets, not evidence of authorship.
package struct ContentVector: Sendable {
  /// Words in the order of their UTF-8, each once.
  private let words: [String]
  private let weights: [Double]
  private let norm: Double

  package init(_ text: StyleText) {
    var counts: [String: Int] = [:]
    for word in text.words where word.letters >= 3 && !word.classes.contains(.grammatical) {
      counts[word.lower, default: 0] += 1
    }
    let sorted = counts.sorted { $0.key < $1.key }
    words = sorted.map(\.key)
    weights = sorted.map { 1 + log(Double($0.value)) }
    norm = sqrt(weights.reduce(0) { $0 + $1 * $1 })
  }

  /// 0 (no word shared) to 1; 0 where either text has no such word.
  package func cosine(_ other: ContentVector) -> Double {
    if norm == 0 || other.norm == 0 { return 0 }
    var sum = 0.0
    var right = 0
    for (left, word) in words.enumerated() {
      while right < other.words.count && other.words[right] < word { right += 1 }
      if right == other.words.count { break }
      if other.words[right] == word { sum += weights[left] * other.weights[right] }
    }
    return min(1, sum / (norm * other.norm))
  }
}
