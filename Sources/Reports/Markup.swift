/// Text that others wrote, made safe to stand in HTML and SVG.
///
/// Both are written so that an XML parser reads them too. XML 1.0 has no way to write most control characters, not even
/// by number, so they are shown by their pictures (U+2400 and on), which also lets a reader see them.
package enum Markup {
  /// The text with `& < > " '` as entities and control characters as pictures; tabs and line ends stay.
  package static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(visible(scalar))
      }
    }
    return result
  }

  /// As `escaped`, for one line: tabs and line ends become spaces.
  package static func escapedLine(_ text: String) -> String {
    escaped(String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }))
  }

  /// A character that XML 1.0 allows and that does not act on its neighbours.
  private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: scalar
    case 0x00...0x1F: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case 0x7F: "\u{2421}"
    // C1 controls, marks that turn the direction of writing round, and the two that are no characters.
    case 0x80...0x9F, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE...0xFFFF: "\u{FFFD}"
    default: scalar
    }
  }
}
