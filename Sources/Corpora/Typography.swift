/// Writes typographic marks as a keyboard has them, so that a word processor does not stand for an author.
///
/// Curly quotes and primes become straight ones, an em dash `--`, other dashes `-`, an ellipsis three periods, each
/// kind of space but tab and line feed one space; marks without width, and soft hyphens, go. Line breaks become line
/// feeds, white space at a line's end goes. Runs of spaces stay: some people write two after a sentence.
package enum Typography {
  /// The text in plain marks, and how many marks were replaced.
  package static func plain(_ text: String) -> (text: String, replaced: Int) {
    var plain = String.UnicodeScalarView()
    var replaced = 0
    /// Spaces and tabs that wait for something to follow them on their line.
    var spaces: [Unicode.Scalar] = []
    var isAfterReturn = false
    for scalar in text.unicodeScalars {
      if scalar == "\n" && isAfterReturn {
        isAfterReturn = false
        continue
      }
      isAfterReturn = scalar == "\r"
      let replacement = replacement(of: scalar)
      if replacement != nil, scalar != "\r" { replaced += 1 }
      for scalar in replacement ?? [scalar] {
        switch scalar {
        case " ", "\t": spaces.append(scalar)
        case "\n":
          spaces = []
          plain.append(scalar)
        default:
          plain.append(contentsOf: spaces)
          spaces = []
          plain.append(scalar)
        }
      }
    }
    return (String(plain), replaced)
  }

  private static func replacement(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    if scalar.isASCII { return scalar == "\r" ? ["\n"] : nil }
    switch scalar.value {
    case 0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x02BC: return ["'"]
    case 0x201C, 0x201D, 0x201E, 0x201F, 0x2033: return ["\""]
    case 0x2010, 0x2011, 0x2012, 0x2013, 0x2212: return ["-"]
    case 0x2014, 0x2015: return ["-", "-"]
    case 0x2026: return [".", ".", "."]
    case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: return [" "]
    case 0xAD, 0x200B, 0x2060, 0xFEFF: return []
    case 0x85, 0x2028, 0x2029: return ["\n"]
    default: return nil
    }
  }
}
