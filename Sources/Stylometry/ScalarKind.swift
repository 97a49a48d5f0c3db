/// What a scalar is to the scanner.
enum ScalarKind: UInt8, Sendable {
  case letter
  case digit
  /// A combining mark; it belongs to the word it stands in and begins none.
  case mark
  case space
  case lineBreak
  /// Punctuation, symbols, emoji, controls and what is unassigned.
  case other

  init(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      self = Self.ascii[Int(scalar.value)]
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      // The apostrophe letter is judged as an apostrophe.
      self = scalar == "\u{02BC}" ? .other : .letter
    case .decimalNumber: self = .digit
    case .nonspacingMark, .spacingMark, .enclosingMark: self = .mark
    case .lineSeparator, .paragraphSeparator: self = .lineBreak
    case .spaceSeparator: self = .space
    default: self = scalar == "\u{85}" ? .lineBreak : .other
    }
  }

  private static let ascii: [ScalarKind] = (0..<128).map { value -> ScalarKind in
    switch UInt8(value) {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letter
    case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
    case 0x20, 0x09: .space
    case 0x0A...0x0D: .lineBreak
    default: .other
    }
  }
}
