/// Finds what names the author of a text, or says how to reach them: a judge of style must not see either.
struct NameLines {
  /// Lines longer than this are not by-lines or signatures, but prose that mentions a name.
  private static let lineWordsMax = 25
  /// By-lines stand at the top, signatures at the bottom.
  private static let edgeLines = 3

  /// The author's name in lower case, part by part; empty where the corpus calls its authors by a number.
  private let name: [String]

  init(author: String) { name = Self.nameParts(author) }

  /// "JaneRoe", "jane_roe" and "Jane Roe" are a name of two parts; what has a digit in it, or one part only, is none.
  static func nameParts(_ author: String) -> [String] {
    if author.unicodeScalars.contains(where: { ("0"..."9").contains($0) }) { return [] }
    var parts: [String] = []
    var part = ""
    var isAfterLower = false
    for character in author {
      let isLetter = character.isLetter || character == "'"
      if !isLetter || (isAfterLower && character.isUppercase) {
        if !part.isEmpty { parts.append(part) }
        part = ""
      }
      if isLetter { part += character.lowercased() }
      isAfterLower = character.isLowercase
    }
    if !part.isEmpty { parts.append(part) }
    return parts.count > 1 && parts.allSatisfy { $0.count > 1 } ? parts : []
  }

  /// Why a whole line has to go; nil where it may stay.
  ///
  /// - Parameters:
  ///   - index: of the line, from 0.
  ///   - count: of the text's lines.
  func reason(for line: Substring, index: Int, count: Int) -> CleaningReport.PartReason? {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard !words.isEmpty, words.count <= Self.lineWordsMax else { return nil }
    if index < Self.edgeLines, isByLine(words) { return .byLine }
    if hasName(line) { return .authorName }
    if index >= count - Self.edgeLines, isSignature(line) { return .authorName }
    return isContactLine(line, words: words) ? .contactLine : nil
  }

  /// "By Jane Roe", "By JANE ROE, Staff Writer": names without the end of a sentence.
  private func isByLine(_ words: [Substring]) -> Bool {
    guard (3...9).contains(words.count), words[0].lowercased() == "by", let last = words.last?.last else {
      return false
    }
    if ".!?:;\"".contains(last) { return false }
    return words.dropFirst().allSatisfy { word in
      ["and", "in", "of", "for"].contains(word) || word.first?.isUppercase == true
    }
  }

  /// Whether the author's whole name is in a text.
  func hasName(_ text: Substring) -> Bool {
    if name.isEmpty { return false }
    let words = Self.words(text)
    guard words.count >= name.count else { return false }
    return (0...(words.count - name.count)).contains { words[$0..<($0 + name.count)].elementsEqual(name) }
  }

  /// A line of nothing but a part of the author's name.
  private func isSignature(_ line: Substring) -> Bool {
    let words = Self.words(line)
    return !words.isEmpty && words.allSatisfy { name.contains($0) && $0.count > 2 }
  }

  private func isContactLine(_ line: Substring, words: [Substring]) -> Bool {
    let lowered = line.lowercased()
    let isDesk = lowered.contains("newsroom") || lowered.contains("newsdesk") || lowered.contains("news desk")
    let isMarked = line.hasPrefix("--") || line.hasPrefix("((")
    if isDesk, isMarked || Addresses.mask(line).count > 0 { return true }
    let labels = ["tel:", "fax:", "phone:", "telephone:", "e-mail:", "email:", "mobile:"]
    if labels.contains(where: { lowered.hasPrefix($0) }) { return true }
    // A line that is little else than an address.
    return words.count <= 6 && Addresses.mask(line).count > 0
  }

  private static func words(_ text: Substring) -> [String] {
    text.split { !$0.isLetter && $0 != "'" }.map { word in
      let lowered = word.lowercased()
      return lowered.hasSuffix("'s") ? String(lowered.dropLast(2)) : lowered
    }
  }
}

/// Addresses of the network, of mail and of the telephone, put out of sight.
enum Addresses {
  /// The text with `[link]`, `[email]` and `[phone]` in their places, and how many.
  static func mask(_ text: Substring) -> (text: String, count: Int) {
    // Most texts have none of what an address cannot be without.
    guard
      text.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") })
        || text.utf8.count(where: { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) >= phoneDigitsMin
        || text.contains("www.")
    else { return (String(text), 0) }
    var masked = ""
    var count = 0
    var rest = text
    while !rest.isEmpty {
      let space = rest.prefix(while: \.isWhitespace)
      masked += space
      rest = rest[space.endIndex...]
      let word = rest.prefix { !$0.isWhitespace }
      rest = rest[word.endIndex...]
      let core = word.trimmingPrefix { "(<\"'[".contains($0) }
      let end = core.lastIndex { !")>\"'].,;:!?".contains($0) }.map { core.index(after: $0) } ?? core.startIndex
      if let mark = mark(for: core[..<end]) {
        masked += word[..<core.startIndex] + mark + core[end...]
        count += 1
      } else {
        masked += word
      }
    }
    return (masked, count)
  }

  private static let phoneDigitsMin = 7

  private static func mark(for word: Substring) -> String? {
    let lowered = word.lowercased()
    if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") || lowered.hasPrefix("www.") { return "[link]" }
    let halves = word.split(separator: "@", omittingEmptySubsequences: false)
    if halves.count == 2, !halves[0].isEmpty, halves[1].dropFirst().dropLast().contains(".") { return "[email]" }
    return isPhone(word) ? "[phone]" : nil
  }

  /// Groups of digits joined by hyphens, seven or more in all, which are no date and no range of years.
  private static func isPhone(_ word: Substring) -> Bool {
    let groups = word.split(omittingEmptySubsequences: false) { "-.()".contains($0) }
    let digits = word.filter { ("0"..."9").contains($0) }.count
    guard digits >= phoneDigitsMin, groups.count > 1 else { return false }
    guard word.allSatisfy({ ("0"..."9").contains($0) || "-.()+".contains($0) }) else { return false }
    let lengths = groups.map(\.count)
    return word.contains("-") && lengths.last == 4 && lengths.dropLast().allSatisfy { $0 <= 3 }
  }
}
