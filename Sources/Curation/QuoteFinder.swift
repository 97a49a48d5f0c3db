package import Stylometry

/// Finds short spans of a text that show a feature, as they stand there.
package enum QuoteFinder {
  /// Words of a quotation.
  private static let wordsMin = 3
  private static let wordsMax = 5
  /// Characters of a quotation at most: a long token such as a link is no example of style.
  private static let charactersMax = 60

  /// Where a feature shows in a text, first to last; none where it is no matter of single words or marks.
  ///
  /// - Returns: spans without line breaks and double quotation marks, so that each can be quoted.
  package static func spans(of feature: StyleFeature, in text: String) -> [String] {
    let tokens = tokens(text)
    if feature == .smallOpeners { return smallOpenings(of: text) }
    return tokens.indices.compactMap { index in
      shows(feature, tokens[index], isFirst: index == 0) ? span(around: index, tokens, text) : nil
    }
  }

  /// The first words of sentences.
  package static func openings(of text: String) -> [String] {
    let tokens = tokens(text)
    return tokens.indices.compactMap { index in
      let begins =
        index == 0 || ends(tokens[index - 1], before: tokens[index]) || hasBreak(tokens[index - 1], tokens[index], text)
      return begins ? span(from: index, tokens, text) : nil
    }
  }

  /// The first words of sentences that are begun in lower case.
  private static func smallOpenings(of text: String) -> [String] {
    let text = StyleText(text)
    return text.sentences.compactMap { sentence in
      guard sentence.count >= wordsMin, text.words[sentence.lowerBound].classes.contains(.startsLower) else {
        return nil
      }
      let span = text.span(sentence.prefix(wordsMax - 1))
      return span.count <= charactersMax && isQuotable(span[...]) ? span : nil
    }
  }

  /// Whether a sentence surely ends between two tokens: not behind an abbreviation, which is short or has a dot inside.
  private static func ends(_ token: Substring, before next: Substring) -> Bool {
    guard isStop(token), next.first?.isUppercase == true else { return false }
    let word = token.drop { !$0.isLetter }.prefix { $0.isLetter || $0.isNumber || $0 == "'" }
    return word.count > 4 && !token.dropLast(2).contains(".")
  }

  /// Whether a token ends as a sentence does, closing quotes and brackets aside.
  private static func isStop(_ token: Substring) -> Bool {
    var token = token
    while let last = token.last, "\"')]\u{2019}\u{201D}".contains(last) { token.removeLast() }
    return token.last.map { ".!?\u{2026}".contains($0) } ?? false
  }

  private static func tokens(_ text: String) -> [Substring] { text.split { $0.isWhitespace } }

  private static func shows(_ feature: StyleFeature, _ token: Substring, isFirst: Bool) -> Bool {
    if let mark = marks[feature] { return token.contains { mark.contains($0) } }
    switch feature {
    case .commas: return token.hasSuffix(",")
    // As they are measured: not every dot or bracket is one of the writer's.
    case .ellipses: return StyleText(String(token)).marks.ellipses > 0
    case .parentheses: return StyleText(String(token)).marks.parentheses > 0
    case .dashes: return token == "-" || token == "--" || token == "\u{2013}" || token == "\u{2014}"
    // These need a place in the sentence, which a token by itself does not have.
    case .capitalsInside, .quotedShare, .smallI: return false
    default:
      guard let wordClass = feature.wordClass else { return false }
      return StyleText(String(token)).words.contains { $0.classes.contains(wordClass) }
    }
  }

  private static let marks: [StyleFeature: Set<Character>] = [
    .semicolons: [";"], .colons: [":"], .exclamations: ["!"], .questions: ["?"],
  ]

  /// A window of whole tokens around one, on one line and without quotation marks; nil where it would be too short or
  /// too long.
  private static func span(around index: Int, _ tokens: [Substring], _ text: String) -> String? {
    guard isQuotable(tokens[index]) else { return nil }
    var (first, last) = (index, index)
    // Backwards first: what leads up to a word says more of how it is used.
    while last - first + 1 < wordsMax {
      if index - first < 2, first > 0, joins(tokens[first - 1], tokens[first], text) {
        first -= 1
      } else if last + 1 < tokens.count, joins(tokens[last], tokens[last + 1], text), last - index < 3 {
        last += 1
      } else {
        break
      }
    }
    return quotation(first, last, marked: index, tokens, text)
  }

  private static func span(from index: Int, _ tokens: [Substring], _ text: String) -> String? {
    guard isQuotable(tokens[index]) else { return nil }
    var last = index
    while last - index + 1 < wordsMax - 1, last + 1 < tokens.count, joins(tokens[last], tokens[last + 1], text) {
      last += 1
    }
    return quotation(index, last, marked: nil, tokens, text)
  }

  private static func quotation(_ first: Int, _ last: Int, marked: Int?, _ tokens: [Substring], _ text: String)
    -> String?
  {
    guard last - first + 1 >= wordsMin else { return nil }
    // Tabs and runs of spaces are one space in a quotation.
    var span = tokens[first...last].joined(separator: " ")
    // What ends a clause is not part of the example, unless it is all there is to show.
    while let mark = span.last, last != marked, ",;:".contains(mark) { span.removeLast() }
    // Nor is the full stop of its sentence, which would stand before that of the trace's.
    if span.hasSuffix("."), !span.hasSuffix("..") { span.removeLast() }
    return span.count <= charactersMax ? span : nil
  }

  private static func isQuotable(_ token: Substring) -> Bool {
    // Angle brackets are tags to whoever reads the trace, quotation marks would end the quotation.
    // Control characters have no place in a trace either.
    !token.contains { !$0.isASCII || "\"<>".contains($0) || ($0.asciiValue ?? 0) < 0x20 || $0.asciiValue == 0x7F }
  }

  /// Whether a span may go on from one token to the next: on one line, in one sentence.
  private static func joins(_ one: Substring, _ next: Substring, _ text: String) -> Bool {
    isQuotable(one) && isQuotable(next) && !hasBreak(one, next, text)
      && (!isStop(one) || (one.hasSuffix("..") && next.first?.isLowercase == true))
  }

  private static func hasBreak(_ one: Substring, _ next: Substring, _ text: String) -> Bool {
    text[one.endIndex..<next.startIndex].contains { $0.isNewline }
  }
}
