/// What the pre-tokenizers' patterns ask of a character: `\p{L}`, `\p{N}`, `\s`, or none of these.
package enum ScalarClass: UInt8 {
  case letter
  case number
  case space
  case other
}

/// Classes of characters as the reference engine sees them, whatever Unicode version the toolchain brings.
///
/// A vocabulary was trained under one Unicode version. Characters assigned later must stay "other", or their ids
/// would change with the toolchain. Measured over every scalar value against Python `tokenizers` 0.23.3, the standard
/// library's properties agree with it exactly once newer characters are left out: `\p{L}` and `\p{N}` of its regex
/// engine are those of Unicode 16.0 (141,028 and 1,911 characters), its digit splitter those of 17.0 (1,924), its
/// NFC that of 9.0 (see `CanonicalComposition`); `\s` is White_Space (25).
package struct ScalarClasses: Sendable {
  /// The newest version whose numbers count as numbers.
  private let numbersVersion: Unicode.Version
  private static let lettersVersion: Unicode.Version = (16, 0)

  /// Rules of the regex engine.
  package static let pattern = ScalarClasses(numbersVersion: (16, 0))
  /// Rules of the digit splitter, with the regex engine's letters.
  package static let digitSplitter = ScalarClasses(numbersVersion: (17, 0))

  /// The class of a character below 0x80.
  @inline(__always)
  static func ascii(_ byte: UInt8) -> ScalarClass {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A: .letter
    case 0x20, 0x09...0x0D: .space
    case 0x30...0x39: .number
    default: .other
    }
  }

  /// The class of any character.
  package func of(_ scalar: Unicode.Scalar) -> ScalarClass {
    if let byte = UInt8(exactly: scalar.value), byte < 0x80 { return Self.ascii(byte) }
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return Self.isAssigned(scalar, in: Self.lettersVersion) ? .letter : .other
    case .decimalNumber, .letterNumber, .otherNumber:
      return Self.isAssigned(scalar, in: numbersVersion) ? .number : .other
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control:
      return properties.isWhitespace ? .space : .other
    default:
      return .other
    }
  }

  /// Whether a character existed in a version of Unicode.
  static func isAssigned(_ scalar: Unicode.Scalar, in version: Unicode.Version) -> Bool {
    if scalar.value < 0x370 { return true }  // Latin, IPA and combining marks: complete long before any version asked
    guard let age = scalar.properties.age else { return false }
    return age <= version
  }
}
