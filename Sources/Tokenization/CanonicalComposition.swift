import Foundation

/// Unicode normalization form C, as the reference engine computes it.
///
/// Foundation composes; two things stand around it. Text without a character that NFC could change, which is nearly
/// all text, is returned as it is after one pass. And characters newer than Unicode 9.0 are left alone, because the
/// normalizer of Python `tokenizers` 0.23.3 does not know them (its tables reorder no mark and compose no pair of a
/// later version). Taking them as characters that nothing combines with is what an older table does, and by Unicode's
/// stability policy every older character behaves the same under a newer table.
///
/// - Source: Unicode Standard Annex 15.
enum CanonicalComposition {
  private static let version: Unicode.Version = (9, 0)

  /// The text in form C.
  ///
  /// - Complexity: O(text) for runs of bounded length of combining marks.
  static func composed(_ text: String) -> String {
    if text.unicodeScalars.allSatisfy(isUnaffected) { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count)
    var known = String.UnicodeScalarView()
    func flush() {
      if known.isEmpty { return }
      result.unicodeScalars.append(contentsOf: String(known).precomposedStringWithCanonicalMapping.unicodeScalars)
      known.removeAll(keepingCapacity: true)
    }
    for scalar in text.unicodeScalars {
      if ScalarClasses.isAssigned(scalar, in: version) {
        known.append(scalar)
      } else {
        flush()
        result.unicodeScalars.append(scalar)
      }
    }
    flush()
    return result
  }

  /// Whether a character is in blocks of which none decomposes, is a combining mark, or combines with one before it.
  ///
  /// A text of such characters only is in form C. The blocks are chosen for what text is made of: Latin with its
  /// accented letters, Greek and Cyrillic letters that do not decompose to something else, dashes and quotation marks,
  /// kana without their voicing marks, CJK ideographs, whole Hangul syllables, emoji.
  static func isUnaffected(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300, 0x400..<0x483, 0x2002..<0x2070, 0x20A0..<0x20C0, 0x2190..<0x219A, 0x2500..<0x2600,
      0x3000..<0x302A, 0x3041..<0x3099, 0x30A0..<0x3100, 0x4E00..<0xA000, 0xAC00..<0xD7A4, 0xFE0F, 0xFF00..<0xFFF0,
      0x1F300..<0x1FB00:
      true
    default: false
    }
  }
}
