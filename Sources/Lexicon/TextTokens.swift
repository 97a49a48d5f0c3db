/// The words of a text with their places, and what a rule needs to see around each.
struct TextTokens {
  struct Token: Equatable {
    /// UTF-8 offsets in the text.
    var range: Range<Int>
    /// As it stands.
    var text: String
    var lowercased: String
    /// Letters of ASCII only: no digit, hyphen or apostrophe.
    var isPlain: Bool
    /// Inside quotation marks: somebody else's words.
    var isQuoted = false
    /// First in its sentence, where a capital says nothing.
    var startsSentence = false
    /// Only spaces stand before the next word; false where punctuation, a line break or the end does.
    var isJoinedToNext = false
    /// Behind the word, before the next: `,` `.` and the like, or nothing.
    var markBehind: Character?

    var isCapitalised: Bool { text.first?.isUppercase == true }
  }

  private(set) var tokens: [Token] = []

  init(_ text: String) {
    var scanner = Scanner()
    for scalar in text.unicodeScalars { scanner.take(scalar) }
    tokens = scanner.finish()
  }

  /// The word some places on, where nothing but spaces stands between.
  func joined(_ index: Int, by distance: Int) -> Token? {
    let target = index + distance
    guard tokens.indices.contains(target) else { return nil }
    let between = distance > 0 ? index..<target : target..<index
    return between.allSatisfy({ tokens[$0].isJoinedToNext }) ? tokens[target] : nil
  }

  private struct Scanner {
    private var tokens: [Token] = []
    private var word = String.UnicodeScalarView()
    private var wordStart = 0
    private var offset = 0
    /// An apostrophe or hyphen that belongs to the word if a letter follows.
    private var pending: Unicode.Scalar?
    private var isQuoted = false
    private var startsSentence = true
    private var gap = ""

    mutating func take(_ scalar: Unicode.Scalar) {
      let width = UTF8.width(scalar)
      if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        if word.isEmpty {
          closeGap()
          wordStart = offset
        }
        if let joiner = pending { word.append(joiner) }
        pending = nil
        word.append(scalar)
      } else if !word.isEmpty, pending == nil, Self.joiners.contains(scalar) {
        pending = scalar
      } else {
        closeWord()
        separate(scalar)
      }
      offset += width
    }

    mutating func finish() -> [Token] {
      closeWord()
      gap += "\n"
      closeGap()
      return tokens
    }

    private static let joiners: Set<Unicode.Scalar> = ["'", "\u{2019}", "-", "_", "@", "/", ".", "&"]

    private mutating func closeWord() {
      if word.isEmpty { return }
      let text = String(word)
      var token = Token(
        range: wordStart..<(wordStart + text.utf8.count), text: text, lowercased: text.lowercased(),
        isPlain: word.allSatisfy { ("a"..."z").contains($0) || ("A"..."Z").contains($0) })
      token.isQuoted = isQuoted
      token.startsSentence = startsSentence
      tokens.append(token)
      startsSentence = false
      word = String.UnicodeScalarView()
      if let left = pending {
        pending = nil
        separate(left)
      }
    }

    private mutating func separate(_ scalar: Unicode.Scalar) {
      gap.unicodeScalars.append(scalar)
      switch scalar {
      case "\"": isQuoted.toggle()
      case "\u{201C}": isQuoted = true
      case "\u{201D}": isQuoted = false
      case "\n":
        // A quotation that nobody closed ends with its paragraph.
        isQuoted = false
        startsSentence = true
      case ".", "!", "?", ":": startsSentence = true
      default: break
      }
    }

    private mutating func closeGap() {
      if let last = tokens.indices.last {
        tokens[last].isJoinedToNext = !gap.isEmpty && gap.allSatisfy { $0 == " " }
        tokens[last].markBehind = gap.first { $0 != " " }
      }
      gap = ""
    }
  }
}
