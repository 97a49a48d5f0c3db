import Corpora
import Stylometry

/// Whether a text that a model wrote can stand in a pair.
package struct WritingCheck: Sendable {
  /// Why not; the raw value is what files and reports say.
  package enum Fault: String, Sendable, CaseIterable {
    case tooShort = "written_too_short"
    /// It copies the text it was to imitate, or what it was shown.
    case copied = "written_copies"
    /// The same words over and over, as small models end up writing.
    case repeats = "written_repeats"
    /// The model refused the request, or speaks of itself.
    case notAText = "written_no_text"
  }

  /// How many times as long one response may be as the other.
  package var lengthRatioMax: Double
  /// The share of runs of five words that may stand in a text it was made from.
  package var copiedRunsMax = 0.15
  /// Runs of five words that occur before in the same text, of all.
  package var repeatedRunsMax = 0.2
  private static let refusals =
    [
      "as an ai", "language model", "i'm sorry, but i c", "i am sorry, but i c",
      "i'm unable to", "i am unable to",
    ]
    + ["cannot", "can't", "can not", "won't"].flatMap { no in
      ["assist", "help with", "fulfill", "fulfil", "comply", "write", "provide", "imitate"].map { "i \(no) \($0)" }
    }
  /// Where a refusal stands if it is one, in characters.
  private static let refusalReach = 200

  package init(lengthRatioMax: Double) { self.lengthRatioMax = lengthRatioMax }

  /// The text as it may stand in a pair: cut at a sentence to the length of its rival, without what models put around.
  ///
  /// - Parameters:
  ///   - words: how long its rival is.
  ///   - sources: the texts it must not copy.
  ///   - isCut: whether it ends where there were tokens enough, maybe inside a sentence.
  package func text(
    _ written: String, opening: String?, words: Int, sources: [String], isCut: Bool = false
  ) -> Result<String, Rejection> {
    var text = Self.unwrapped(written)
    if let opening, text.hasPrefix(opening) { text = String(text.dropFirst(opening.count)).trimmed }
    // Half a sentence at the end would show which text a machine wrote: those of people end with one.
    if isCut { text = String(TextCut.cut(text, wordsMax: max(1, TextCut.wordCount(text) - 1))) }
    let wordsMax = Int(Double(words) * lengthRatioMax)
    text = String(TextCut.cut(text, wordsMax: max(1, wordsMax)))
    let count = TextCut.wordCount(text)
    let start = text.prefix(Self.refusalReach).lowercased().replacing("\u{2019}", with: "'")
    if Self.refusals.contains(where: { start.contains($0) }) { return .failure(Rejection(fault: .notAText)) }
    if Double(count) * lengthRatioMax < Double(words) { return .failure(Rejection(fault: .tooShort)) }
    if sources.contains(where: { TextCut.sharedRuns(text, $0) > copiedRunsMax }) {
      return .failure(Rejection(fault: .copied))
    }
    if Self.repeatedRuns(text) > repeatedRunsMax { return .failure(Rejection(fault: .repeats)) }
    return .success(text)
  }

  package struct Rejection: Error, Equatable {
    package let fault: Fault

    package init(fault: Fault) { self.fault = fault }
  }

  /// Without white space, a heading line of asterisks or hashes, and quotation marks around the whole.
  private static func unwrapped(_ text: String) -> String {
    var lines = text.trimmed.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let first = lines.first, first.hasPrefix("#") || first.hasPrefix("**") || first.hasSuffix(":"), lines.count > 1 {
      lines.removeFirst()
    }
    var body = lines.joined(separator: "\n").trimmed
    if body.count > 1, body.first == "\"", body.last == "\"", !body.dropFirst().dropLast().contains("\"") {
      body = String(body.dropFirst().dropLast()).trimmed
    }
    return body
  }

  private static func repeatedRuns(_ text: String) -> Double {
    let words = StyleText(text).words.map(\.lower)
    guard words.count > 10 else { return 0 }
    var seen: Set<[String]> = []
    var repeated = 0
    for start in 0...(words.count - 5) where !seen.insert(Array(words[start..<start + 5])).inserted { repeated += 1 }
    return Double(repeated) / Double(words.count - 4)
  }
}
