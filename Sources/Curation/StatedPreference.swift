package import Corpora

/// Which response an evaluation says is the author's, read from its own words.
///
/// The last sentence that compares as a whole decides, since those before it may grant a point to the other side. Within
/// it the response named last before the comparing words is the one they are about; where none is named before, the one
/// named first after. "Less" or "not" before the words turns them around.
package enum StatedPreference {
  /// Words that say a response is the author's, or more so than the other; in lower case.
  private static let comparing = [
    "closer to", "closer match", "closest", "comes closer", "is closer", "nearer to", "better match", "matches better",
    "match better", "best match", "better fit", "fits better", "best fit", "stronger match", "strongest match",
    "more likely", "likelier", "more consistent", "more in line", "more in keeping", "reads more like",
    "sounds more like", "looks more like", "more faithful", "more typical", "wins", "i prefer", "prefer response",
    "the author's own", "written by the same", "same writer", "same person", "same hand", "same author",
    "higher score", "scores higher", "would have written",
  ]
  /// Words before a comparison that turn it around.
  private static let turning: Set<String> = ["less", "not", "never", "hardly", "neither", "unlikely", "cannot"]
  /// How many words before a comparison are searched for one that turns it around.
  private static let turningReach = 4

  /// The preferred response; nil where the text states no preference, or names no response in stating it.
  package static func read(_ evaluation: String) -> PreferencePair.Slot? {
    for sentence in Sentences.split(evaluation).reversed() {
      if let preference = preference(sentence) { return preference }
    }
    return nil
  }

  private static func preference(_ sentence: String) -> PreferencePair.Slot? {
    let text = sentence.lowercased()
    let found = comparing.compactMap { text.firstRange(of: $0) }.min { $0.lowerBound < $1.lowerBound }
    guard let found else { return nil }
    let before = text[..<found.lowerBound]
    let after = text[found.lowerBound...]
    guard let named = ResponseMention.all(in: before).last ?? ResponseMention.all(in: after).first else { return nil }
    let words = before.split { !$0.isLetter && $0 != "'" }.suffix(turningReach)
    let isTurned = words.contains { turning.contains(String($0)) || $0.hasSuffix("n't") }
    return isTurned ? named.slot.other : named.slot
  }
}

/// A place where a text names a response: "Response A", "response_b", "A's".
package struct ResponseMention: Sendable {
  package let slot: PreferencePair.Slot
  package let range: Range<Substring.Index>

  /// In order; the letter alone counts where it is a capital beside no other letter and is not the article.
  package static func all(in text: Substring) -> [ResponseMention] {
    var mentions: [ResponseMention] = []
    var rest = text
    while let found = rest.range(ofCaseInsensitive: "response") {
      var index = found.upperBound
      if index < text.endIndex, text[index] == "_" || text[index] == " " { index = text.index(after: index) }
      if index < text.endIndex, let slot = PreferencePair.Slot(rawValue: text[index].uppercased()) {
        let end = text.index(after: index)
        if end == text.endIndex || !text[end].isLetter {
          mentions.append(ResponseMention(slot: slot, range: index..<end))
        }
      }
      rest = text[found.upperBound...]
    }
    return mentions
  }
}

extension Substring {
  /// The first place of ASCII letters, whatever their case.
  func range(ofCaseInsensitive word: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      var here = start
      var isEqual = true
      for letter in word {
        guard here < endIndex, self[here].lowercased() == String(letter) else {
          isEqual = false
          break
        }
        here = index(after: here)
      }
      if isEqual { return start..<here }
      start = index(after: start)
    }
    return nil
  }
}
