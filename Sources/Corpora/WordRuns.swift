import Randomness

/// The words of a text as hashes, and the runs of words that two texts share.
///
/// A word is a run of letters, digits and apostrophes, without regard to case; what is not ASCII counts as a letter.
package struct WordRuns: Sendable {
  /// Words in a run: five in a row that two texts share are hardly ever chance.
  package static let runWords = 5

  /// A hash for each word, in order.
  package let words: [UInt64]

  package init(_ text: some StringProtocol) {
    var words: [UInt64] = []
    var word: [UInt8] = []
    func close() {
      if !word.isEmpty { words.append(StableHash.hash(word)) }
      word.removeAll(keepingCapacity: true)
    }
    for byte in text.utf8 { if let letter = Self.folded(byte) { word.append(letter) } else { close() } }
    close()
    self.words = words
  }

  /// A byte of a word in lower case; nil for what separates words.
  private static func folded(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "'"), 0x80...: byte
    default: nil
    }
  }

  /// The hash of all words together.
  var wholeHash: UInt64 { Self.hash(words[...]) }

  /// A hash for each different run, sorted. A text of fewer words is one run.
  package func runs(of length: Int = runWords) -> [UInt64] {
    precondition(length > 0)
    if words.isEmpty { return [] }
    if words.count < length { return [wholeHash] }
    let all = (0...(words.count - length)).map { Self.hash(words[$0..<($0 + length)]) }.sorted()
    var different: [UInt64] = []
    different.reserveCapacity(all.count)
    for run in all where run != different.last { different.append(run) }
    return different
  }

  private static func hash(_ words: ArraySlice<UInt64>) -> UInt64 {
    words.reduce(UInt64(words.count)) { StableHash.mix($0 ^ $1) }
  }

  /// How many elements two sorted lists without repetition have in common.
  package static func common(_ left: [UInt64], _ right: [UInt64]) -> Int {
    var (first, second, count) = (0, 0, 0)
    while first < left.count, second < right.count {
      if left[first] == right[second] {
        count += 1
        first += 1
        second += 1
      } else if left[first] < right[second] {
        first += 1
      } else {
        second += 1
      }
    }
    return count
  }

  /// The share of two lists' union that is in both, 0...1; 0 where both are empty.
  package static func jaccard(_ left: [UInt64], _ right: [UInt64]) -> Double {
    let both = common(left, right)
    let union = left.count + right.count - both
    return union > 0 ? Double(both) / Double(union) : 0
  }
}
