/// The walk over a text that `StyleText` describes: one pass, each scalar looked at a bounded number of times.
struct StyleScanner {
  private(set) var words: [StyleText.Word] = []
  private(set) var sentences: [Range<Int>] = []
  private(set) var paragraphs: [Range<Int>] = []
  private(set) var marks = StyleText.Marks()

  private let scalars: [Unicode.Scalar]
  private let kinds: [ScalarKind]
  private var index = 0
  /// First word of the sentence and the paragraph being read.
  private var sentenceStart = 0
  private var paragraphStart = 0
  /// Whether a double quotation mark is open.
  private var isQuoting = false
  private var builder = WordBuilder()
  /// Scalars whose UTF-8 bytes have been counted, and these bytes.
  private var counted = 0
  private var bytes = 0

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    kinds = scalars.map(ScalarKind.init)
    words.reserveCapacity(scalars.count / 5)
  }

  mutating func scan() {
    while index < scalars.count {
      switch kinds[index] {
      case .letter, .digit: scanWord()
      case .lineBreak:
        endParagraph()
        index += 1
      case .space, .mark: index += 1
      case .other: scanMark()
      }
    }
    endParagraph()
  }

  private func kind(_ position: Int) -> ScalarKind? {
    position >= 0 && position < kinds.count ? kinds[position] : nil
  }

  private func scalar(_ position: Int) -> Unicode.Scalar? {
    position >= 0 && position < scalars.count ? scalars[position] : nil
  }

  private mutating func endSentence() {
    if sentenceStart < words.count { sentences.append(sentenceStart..<words.count) }
    sentenceStart = words.count
  }

  private mutating func endParagraph() {
    endSentence()
    if paragraphStart < words.count { paragraphs.append(paragraphStart..<words.count) }
    paragraphStart = words.count
    isQuoting = false
  }

  // MARK: Words

  private mutating func scanWord() {
    // Bytes up to here, counted once: from where they were last counted.
    while counted < index {
      bytes += UTF8.width(scalars[counted])
      counted += 1
    }
    builder.reset()
    reading: while index < scalars.count {
      switch kinds[index] {
      case .letter, .digit, .mark: builder.append(scalars[index], kinds[index])
      case .other:
        if !joins(index) { break reading }
        builder.appendJoint(scalars[index])
      case .space, .lineBreak: break reading
      }
      index += 1
    }
    words.append(builder.finish(start: bytes, isOpener: words.count == sentenceStart, isQuoted: isQuoting))
  }

  /// Whether the punctuation at this place, inside a word, joins what stands on both sides.
  private func joins(_ position: Int) -> Bool {
    guard let before = kind(position - 1), let after = kind(position + 1) else { return false }
    switch scalars[position] {
    case "'", "\u{2019}", "\u{02BC}": return before != .digit && after == .letter
    case "-", "\u{2010}", "\u{2011}": return after == .letter || after == .digit
    case ",", ":": return before == .digit && after == .digit
    case ".":
      if before == .digit && after == .digit { return true }
      // Inner dots of initials: "U.S.", "a.m.": one letter on each side.
      return isLoneLetter(position - 1) && isLoneLetter(position + 1)
    default: return false
    }
  }

  private func isLoneLetter(_ position: Int) -> Bool {
    kind(position) == .letter && kind(position - 1) != .letter && kind(position + 1) != .letter
  }

  // MARK: Marks

  private mutating func scanMark() {
    let scalar = scalars[index]
    switch scalar {
    case ".", "!", "?", "\u{2026}": scanTerminators()
    case "\"", "\u{201C}", "\u{201D}", "\u{201E}", "\u{00AB}", "\u{00BB}":
      marks.quotationMarks += 1
      isQuoting = scalar == "\"" ? !isQuoting : scalar == "\u{201C}" || scalar == "\u{201E}" || scalar == "\u{00AB}"
      index += 1
    case ",":
      marks.commas += 1
      index += 1
    case "(":
      if !opensTranscriptNote() { marks.parentheses += 1 }
      index += 1
    case ":", ";", "=":
      let length = emoticonLength()
      if length > 0 {
        marks.emoticons += 1
        index += length
        return
      }
      if scalar == ":" { marks.colons += 1 }
      if scalar == ";" { marks.semicolons += 1 }
      index += 1
    case "-", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2015}": scanDashes()
    default: index += 1
    }
  }

  /// A run of dashes counts once; a single hyphen only between white space.
  private mutating func scanDashes() {
    let start = index
    var isDash = false
    while let scalar = scalar(index), "-\u{2012}\u{2013}\u{2014}\u{2015}".unicodeScalars.contains(scalar) {
      if scalar != "-" { isDash = true }
      index += 1
    }
    if index - start > 1 { isDash = true }
    let spaceBefore = kind(start - 1).map { $0 == .space || $0 == .lineBreak } ?? true
    if isDash || (spaceBefore && kind(index).map { $0 == .space || $0 == .lineBreak } ?? true) { marks.dashes += 1 }
  }

  /// Length of the emoticon that begins here, 0 where none does: eyes, perhaps a nose, a mouth.
  private func emoticonLength() -> Int {
    if let before = kind(index - 1), before == .letter || before == .digit { return 0 }
    let mouth = scalar(index + 1) == "-" ? index + 2 : index + 1
    switch scalar(mouth) {
    case ")", "(", "]", "[", "|": return mouth + 1 - index
    case "D", "P", "p", "O", "o", "/":
      guard let after = kind(mouth + 1) else { return mouth + 1 - index }
      return after == .letter || after == .digit || scalar(mouth + 1) == "/" ? 0 : mouth + 1 - index
    default: return 0
    }
  }

  /// A run of `.`, `!`, `?` and ellipses, and whether a sentence ends behind it.
  private mutating func scanTerminators() {
    let start = index
    var isEllipsis = false
    var isStrong = false
    while let scalar = scalar(index) {
      switch scalar {
      case ".":
        switch scanDots(isFirst: index == start) {
        case .stop: break
        case .stopOfAbbreviation: isStrong = true
        case .ellipsis: isEllipsis = true
        }
        continue
      case "!":
        marks.exclamations += 1
        isStrong = true
      case "?":
        marks.questions += 1
        isStrong = true
      case "\u{2026}":
        marks.ellipses += 1
        isEllipsis = true
      default:
        if endsSentence(start: start, isEllipsis: isEllipsis, isStrong: isStrong) { endSentence() }
        return
      }
      index += 1
    }
  }

  private enum Dots {
    case stop
    /// The dot of an abbreviation and the full stop behind it: "Corp..".
    case stopOfAbbreviation
    case ellipsis
  }

  /// Passes over a run of dots and counts it where it is an ellipsis: two or more, but not an abbreviation's dot before
  /// a full stop, nor the leaders before a number in a table ("Sales......0.94").
  private mutating func scanDots(isFirst: Bool) -> Dots {
    let start = index
    while scalar(index) == "." { index += 1 }
    let dots = index - start
    if dots == 1 || (dots >= Self.leaderDotsMin && kind(index) == .digit) { return .stop }
    if dots == 2, isFirst, isAbbreviation(endingAt: start) { return .stopOfAbbreviation }
    marks.ellipses += 1
    return .ellipsis
  }

  private static let leaderDotsMin = 4

  /// Decides for the run that ends at `index`, counting the closing marks behind it and passing over them.
  private mutating func endsSentence(start: Int, isEllipsis: Bool, isStrong: Bool) -> Bool {
    var behind = index
    var closesQuote = false
    while let scalar = scalar(behind), Self.isCloser(scalar) {
      // A straight quote that opens looks the same, but no white space stands between it and what it opens.
      if scalar == "\"", !isQuoting, !isBeforeSpace(behind) { break }
      if scalar == "\"" || scalar == "\u{201D}" {
        isQuoting = false
        closesQuote = true
        marks.quotationMarks += 1
      }
      behind += 1
    }
    let isClosing = behind > index
    index = behind
    guard let next = kind(behind) else { return true }
    guard next == .space || next == .lineBreak else { return false }
    // "Go!" she said: the sentence goes on behind what it quotes.
    if isStrong { return !isClosing || !startsWithSmallLetter(behind) }
    if isEllipsis { return startsWithCapital(behind) }
    // "... at Acme Corp." She left: what was quoted ended with its sentence.
    if closesQuote, startsWithCapital(behind) { return true }
    return !isAbbreviation(endingAt: start)
  }

  /// Whether white space or the end stands behind this place, other closing marks aside.
  private func isBeforeSpace(_ position: Int) -> Bool {
    var behind = position + 1
    // Closing marks in a row are few; more of them are no quotation, and the walk stays linear.
    while behind < position + 4, let scalar = scalar(behind), Self.isCloser(scalar) { behind += 1 }
    return kind(behind).map { $0 == .space || $0 == .lineBreak } ?? true
  }

  private func startsWithSmallLetter(_ position: Int) -> Bool {
    var position = position
    while kind(position) == .space { position += 1 }
    return kind(position) == .letter && scalars[position].properties.isLowercase
  }

  private static func isCloser(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\"", "'", ")", "]", "}", "\u{2019}", "\u{201D}": true
    default: false
    }
  }

  /// Whether a capital stands behind the white space and the opening marks that begin at `position`.
  private func startsWithCapital(_ position: Int) -> Bool {
    var position = position
    // Far more than any real gap, and what keeps the walk linear.
    let limit = min(scalars.count, position + 8)
    while position < limit {
      switch kinds[position] {
      case .letter: return scalars[position].properties.isUppercase
      case .digit: return true
      case .lineBreak: return true
      case .space, .mark, .other: position += 1
      }
    }
    return position == scalars.count
  }

  /// Whether the word that ends here, before a dot, is one that is written with a dot.
  private func isAbbreviation(endingAt position: Int) -> Bool {
    guard let word = words.last, let before = kind(position - 1), before == .letter else { return false }
    if word.text.utf8.contains(UInt8(ascii: ".")) { return true }
    if word.letters == 1 && word.classes.contains(.startsUpper) && word.lower != "i" { return true }
    if Self.abbreviatedNames.contains(word.lower) { return word.classes.contains(.startsUpper) }
    return Self.abbreviations.contains(word.lower)
  }

  private static let abbreviations: Set<String> = [
    "mr", "mrs", "ms", "dr", "st", "jr", "sr", "prof", "rev", "gen", "gov", "sen", "rep", "col", "lt", "sgt", "capt",
    "vs", "inc", "corp", "co", "cos", "ltd", "bros", "etc", "jan", "feb", "aug", "sept", "oct", "nov", "dec", "approx",
  ]

  /// Names written short, with a capital: those that are no words in themselves.
  private static let abbreviatedNames: Set<String> = [
    "geo", "wm", "chas", "ala", "ariz", "calif", "colo", "conn", "fla", "ky", "mich", "minn", "neb", "nev", "okla",
    "ont", "penn", "pa", "sask", "tenn", "va", "vt", "wis", "wyo",
  ]

  // MARK: Parentheses

  /// Notes of whoever wrote a recording down.
  private static let transcriptNotes = ["pause", "laughs", "laughter", "inaudible", "unintelligible"].map {
    Array($0.unicodeScalars)
  }

  /// Whether the parenthesis that opens here holds a transcriber's note, and nothing of the writer's.
  private func opensTranscriptNote() -> Bool {
    let rest = scalars[(index + 1)...]
    return Self.transcriptNotes.contains { note in
      rest.count > note.count && rest[rest.startIndex + note.count] == ")"
        && zip(rest, note).allSatisfy { $0 == $1 || $0.properties.lowercaseMapping == String($1) }
    }
  }
}
