/// Where the sentences of a text are.
///
/// A line break always ends a sentence: a heading, a turn of a chat. Within a line one ends behind `.`, `!` or `?`, and
/// the quotes and brackets that close there, where white space follows and then something that can begin a sentence.
/// Known abbreviations and initials end none. A writer who begins sentences in lower case throughout is taken at their
/// word.
package enum Sentences {
  /// The sentences as ranges of UTF-8 offsets, without the white space around them, in order.
  ///
  /// - Complexity: O(bytes).
  package static func ranges(in bytes: [UInt8]) -> [Range<Int>] {
    let beginsInLowerCase = beginsInLowerCase(bytes)
    var found: [Range<Int>] = []
    var start = 0
    func close(at end: Int) {
      if let range = trimmed(start..<end, in: bytes) { found.append(range) }
      start = end
    }
    var offset = 0
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "\n") {
        close(at: offset)
      } else if let end = end(at: offset, in: bytes, allowsLowerCase: beginsInLowerCase) {
        close(at: end)
        offset = end
        continue
      }
      offset += 1
    }
    close(at: bytes.count)
    return found
  }

  /// The sentences themselves.
  package static func split(_ text: String) -> [Substring] {
    ranges(in: Array(text.utf8)).map { text[utf8: $0] }
  }

  /// The offset behind a sentence's closing marks, where a run of them begins here and ends one.
  private static func end(at offset: Int, in bytes: [UInt8], allowsLowerCase: Bool) -> Int? {
    guard isMark(bytes[offset]) else { return nil }
    var end = offset + 1
    while end < bytes.count, isMark(bytes[end]) || isClosing(bytes[end]) { end += 1 }
    guard end < bytes.count, isSpace(bytes[end]) else { return nil }
    var next = end
    while next < bytes.count, bytes[next] != UInt8(ascii: "\n"), isSpace(bytes[next]) || isOpening(bytes[next]) {
      next += 1
    }
    // At the end of a line the break itself ends the sentence.
    guard next < bytes.count, bytes[next] != UInt8(ascii: "\n") else { return nil }
    if isLower(bytes[next]), !allowsLowerCase { return nil }
    let isOnePeriod = bytes[offset] == UInt8(ascii: ".") && end == offset + 1
    return isOnePeriod && isAbbreviation(endingAt: offset, in: bytes) ? nil : end
  }

  /// Whether the word before a period is one that is written with it.
  private static func isAbbreviation(endingAt period: Int, in bytes: [UInt8]) -> Bool {
    var start = period
    while start > 0, !isSpace(bytes[start - 1]), !isOpening(bytes[start - 1]) { start -= 1 }
    let word = bytes[start..<period]
    // An initial, and what has periods inside, such as "U.S" and "p.m".
    if word.count == 1, let letter = word.first, isUpper(letter), letter != UInt8(ascii: "I") { return true }
    if word.contains(UInt8(ascii: ".")) { return true }
    return abbreviations.contains(String(decoding: word, as: UTF8.self).lowercased())
  }

  private static let abbreviations: Set<String> = [
    "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "lt", "capt", "sgt", "sen", "rep", "gov", "st", "mt", "vs",
    "jr", "sr", "inc", "corp", "co", "ltd", "bros", "jan", "feb", "aug", "sept", "oct", "nov", "dec", "approx", "est",
  ]

  /// Whether most of what follows an end of a sentence begins in lower case.
  private static func beginsInLowerCase(_ bytes: [UInt8]) -> Bool {
    var (lower, upper) = (0, 0)
    // Only a period behind a word: "Yahoo! said" and "well... maybe" are no one's sentences.
    for offset in bytes.indices.dropFirst().dropLast(2)
    where bytes[offset] == UInt8(ascii: ".") && bytes[offset + 1] == UInt8(ascii: " ") && isLower(bytes[offset - 1]) {
      if isLower(bytes[offset + 2]) { lower += 1 } else if isUpper(bytes[offset + 2]) { upper += 1 }
    }
    return lower > upper
  }

  private static func trimmed(_ range: Range<Int>, in bytes: [UInt8]) -> Range<Int>? {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    return start < end ? start..<end : nil
  }

  private static func isMark(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
  }

  private static func isClosing(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]")
  }

  private static func isOpening(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[")
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
  static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
}

extension String {
  /// The part between two UTF-8 offsets, which lie between characters.
  subscript(utf8 range: Range<Int>) -> Substring {
    let start = utf8.index(startIndex, offsetBy: range.lowerBound)
    return self[start..<utf8.index(start, offsetBy: range.count)]
  }
}
