/// Collects a word's scalars and what its shape says; reused for every word of a text, so that its buffers are made
/// once.
struct WordBuilder {
  /// UTF-8 as written, and in lower case with straight apostrophes and hyphens.
  private var text: [UInt8] = []
  private var lower: [UInt8] = []
  private var letters = 0
  private var upperLetters = 0
  private var lowerLetters = 0
  private var hasDigit = false
  private var hasDot = false
  private var hasHyphen = false
  private var hasApostrophe = false
  private var startsUpper = false
  private var startsLower = false
  private var hasTriple = false
  private var previousLetter: UInt32 = 0
  private var run = 0

  /// Makes it empty, for the next word.
  mutating func reset() {
    text.removeAll(keepingCapacity: true)
    lower.removeAll(keepingCapacity: true)
    letters = 0
    upperLetters = 0
    lowerLetters = 0
    hasDigit = false
    hasDot = false
    hasHyphen = false
    hasApostrophe = false
    startsUpper = false
    startsLower = false
    hasTriple = false
    run = 0
  }

  mutating func append(_ scalar: Unicode.Scalar, _ kind: ScalarKind) {
    if kind != .letter {
      if kind == .digit { hasDigit = true }
      Self.encode(scalar, into: &text)
      Self.encode(scalar, into: &lower)
      // A mark belongs to its letter: it neither counts as one nor hides a repetition.
      if kind == .digit { run = 0 }
      return
    }
    let isUpper: Bool
    let isLower: Bool
    var folded = scalar.value
    if scalar.isASCII {
      isUpper = scalar.value < 0x60
      isLower = !isUpper
      folded |= 0x20
      appendLetter(isUpper: isUpper, isLower: isLower, folded: folded)
      text.append(UInt8(truncatingIfNeeded: scalar.value))
      lower.append(UInt8(truncatingIfNeeded: folded))
    } else {
      let properties = scalar.properties
      isUpper = properties.isUppercase || properties.generalCategory == .titlecaseLetter
      isLower = properties.isLowercase
      let mapping = properties.lowercaseMapping
      folded = mapping.unicodeScalars.first?.value ?? folded
      appendLetter(isUpper: isUpper, isLower: isLower, folded: folded)
      Self.encode(scalar, into: &text)
      lower.append(contentsOf: mapping.utf8)
    }
  }

  private mutating func appendLetter(isUpper: Bool, isLower: Bool, folded: UInt32) {
    if text.isEmpty {
      startsUpper = isUpper
      startsLower = isLower
    }
    letters += 1
    if isUpper { upperLetters += 1 }
    if isLower { lowerLetters += 1 }
    run = run > 0 && folded == previousLetter ? run + 1 : 1
    previousLetter = folded
    if run == 3 { hasTriple = true }
  }

  /// Punctuation that joins two parts of the word.
  mutating func appendJoint(_ scalar: Unicode.Scalar) {
    Self.encode(scalar, into: &text)
    run = 0
    switch scalar {
    case "'", "\u{2019}", "\u{02BC}":
      hasApostrophe = true
      lower.append(UInt8(ascii: "'"))
    case "-", "\u{2010}", "\u{2011}":
      hasHyphen = true
      lower.append(UInt8(ascii: "-"))
    default:
      if scalar == "." { hasDot = true }
      lower.append(UInt8(truncatingIfNeeded: scalar.value))
    }
  }

  private static func encode(_ scalar: Unicode.Scalar, into bytes: inout [UInt8]) {
    if scalar.isASCII {
      bytes.append(UInt8(truncatingIfNeeded: scalar.value))
    } else {
      bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }

  private func ends(_ first: Character, _ second: Character) -> Bool {
    lower.count >= 2 && lower[lower.count - 2] == first.asciiValue && lower[lower.count - 1] == second.asciiValue
  }

  func finish(start: Int, isOpener: Bool, isQuoted: Bool) -> StyleText.Word {
    let word = String(decoding: lower, as: UTF8.self)
    let entry = WordLists.entry(word, hasApostrophe: hasApostrophe)
    var classes = entry.classes
    let isI = lower.first == UInt8(ascii: "i") && (lower.count == 1 || (hasApostrophe && lower[1] == UInt8(ascii: "'")))
    let isAllCapitals = upperLetters >= 2 && lowerLetters == 0 && !hasDigit && !hasDot
    if startsUpper { classes.insert(.startsUpper) }
    if startsLower { classes.insert(.startsLower) }
    if isAllCapitals { classes.insert(.allCapitals) }
    if hasDigit { classes.insert(.number) }
    // "2-1" and "1996-97" join numbers, not words.
    if hasHyphen && letters > 0 { classes.insert(.hyphenated) }
    if letters >= 8 { classes.insert(.long) }
    if hasTriple && letters >= 4 { classes.insert(.repeatedLetters) }
    if letters >= 5 && ends("l", "y") { classes.insert(.endsInLy) }
    if letters >= 5 && ends("n", "g") && lower[lower.count - 3] == UInt8(ascii: "i") { classes.insert(.endsInIng) }
    if letters >= 4 && ends("e", "d") { classes.insert(.endsInEd) }
    if isQuoted { classes.insert(.quoted) }
    if isOpener { classes.insert(.opener) }
    if startsUpper && !isOpener && !isI && !isAllCapitals { classes.insert(.capitalInside) }
    if isI && startsLower { classes.insert(.smallI) }
    return StyleText.Word(
      text: startsLower && upperLetters == 0 && lower == text ? word : String(decoding: text, as: UTF8.self),
      lower: word, classes: classes, start: start, letters: letters, functionIndex: entry.functionIndex)
  }
}
