/// How text is cut into the pieces that merges work in.
///
/// Each case is a hand scanner over UTF-8 for a published regular expression; a piece is found in time linear in its
/// length, with no regex engine and no backtracking. In all of them a run of white space gives its last character to
/// the piece that follows it (`\s+(?!\S)`), unless the text ends there.
package enum PreTokenizer: String, Sendable, Equatable, CaseIterable {
  /// GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2 = "gpt-2"
  /// SmolLM and SmolLM2: every number character by itself, then the GPT-2 pattern between them.
  case smolLM = "smollm"
  /// Qwen2 and Qwen2.5: `qwen2Pattern`.
  case qwen2 = "qwen2"

  /// The pattern as `tokenizer.json` files of Qwen2 and Qwen2.5 write it.
  static let qwen2Pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Calls `body` with each piece of `bytes[range]` in order; the pieces join up to the range.
  ///
  /// - Precondition: `bytes[range]` is valid UTF-8.
  /// - Complexity: O(range.count).
  package func forEachPiece(in bytes: [UInt8], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var scanner = PieceScanner(
      end: range.upperBound, splitsNumbers: self == .smolLM,
      classes: self == .smolLM ? .digitSplitter : .pattern)
    var start = range.lowerBound
    while start < range.upperBound {
      let end = self == .qwen2 ? scanner.qwen2End(bytes, start) : scanner.gpt2End(bytes, start)
      body(start..<end)
      start = end
    }
  }
}

/// Finds where the piece that starts at an offset ends.
///
/// The two `…End` functions take the alternatives of their pattern in order. `class(bytes, at)` also leaves the length
/// of the character there in `width`.
private struct PieceScanner {
  let end: Int
  /// Whether a number ends whatever is before it, as if the text ended there.
  let splitsNumbers: Bool
  let classes: ScalarClasses
  /// Bytes of the character last classified.
  private var width = 1

  init(end: Int, splitsNumbers: Bool, classes: ScalarClasses) {
    self.end = end
    self.splitsNumbers = splitsNumbers
    self.classes = classes
  }

  /// The end of a piece under the GPT-2 pattern.
  mutating func gpt2End(_ bytes: [UInt8], _ start: Int) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'"), let end = contractionEnd(bytes, start, ignoringCase: false) { return end }
    var kind = scalarClass(bytes, start)
    if splitsNumbers && kind == .number { return start + width }
    var next = start + width
    if first == UInt8(ascii: " "), next < end {
      let following = scalarClass(bytes, next)
      if following != .space && !(splitsNumbers && following == .number) {
        kind = following
        next += width
      }
    }
    return kind == .space ? spaceEnd(bytes, start) : runEnd(bytes, next, of: kind)
  }

  /// The end of a piece under the Qwen2 pattern.
  mutating func qwen2End(_ bytes: [UInt8], _ start: Int) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'"), let end = contractionEnd(bytes, start, ignoringCase: true) { return end }
    let kind = scalarClass(bytes, start)
    let next = start + width
    if kind == .letter { return runEnd(bytes, next, of: .letter) }
    if kind == .number { return next }
    let isNewline = Self.isNewline(first)
    if next < end && !isNewline {
      let following = scalarClass(bytes, next)
      if following == .letter { return runEnd(bytes, next + width, of: .letter) }
      if following == .other && first == UInt8(ascii: " ") {
        return newlinesEnd(bytes, runEnd(bytes, next + width, of: .other))
      }
    }
    if kind == .other { return newlinesEnd(bytes, runEnd(bytes, next, of: .other)) }
    return spaceEnd(bytes, start, throughNewlines: true)
  }

  private static func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  /// `'s|'t|'re|'ve|'m|'ll|'d` at an apostrophe; without case, U+017F (long s) is an s as well.
  private func contractionEnd(_ bytes: [UInt8], _ start: Int, ignoringCase: Bool) -> Int? {
    guard start + 1 < end else { return nil }
    let fold: UInt8 = ignoringCase ? 0x20 : 0
    switch bytes[start + 1] | fold {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < end && bytes[start + 2] | fold == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < end && bytes[start + 2] | fold == UInt8(ascii: "l") ? start + 3 : nil
    default:
      let isLongS = ignoringCase && start + 2 < end && bytes[start + 1] == 0xC5 && bytes[start + 2] == 0xBF
      return isLongS ? start + 3 : nil
    }
  }

  /// The end of a run of one class from `from` on; never crosses a splitting number, which is of another class.
  private mutating func runEnd(_ bytes: [UInt8], _ from: Int, of kind: ScalarClass) -> Int {
    var offset = from
    while offset < end, scalarClass(bytes, offset) == kind { offset += width }
    return offset
  }

  private func newlinesEnd(_ bytes: [UInt8], _ from: Int) -> Int {
    var offset = from
    while offset < end, Self.isNewline(bytes[offset]) { offset += 1 }
    return offset
  }

  /// `\s*[\r\n]+` where asked for, then `\s+(?!\S)|\s+`, at a white space character.
  private mutating func spaceEnd(_ bytes: [UInt8], _ start: Int, throughNewlines: Bool = false) -> Int {
    var offset = start
    var last = start
    var afterNewline: Int?
    while offset < end, scalarClass(bytes, offset) == .space {
      last = offset
      offset += width
      if Self.isNewline(bytes[last]) { afterNewline = offset }
    }
    if throughNewlines, let afterNewline { return afterNewline }
    let textEnds = offset == end || (splitsNumbers && scalarClass(bytes, offset) == .number)
    return textEnds || last == start ? offset : last
  }

  /// The class of the character at an offset; its length goes to `width`.
  @inline(__always)
  private mutating func scalarClass(_ bytes: [UInt8], _ offset: Int) -> ScalarClass {
    let byte = bytes[offset]
    if byte < 0x80 {
      width = 1
      return ScalarClasses.ascii(byte)
    }
    return wideScalarClass(bytes, offset, byte)
  }

  private mutating func wideScalarClass(_ bytes: [UInt8], _ offset: Int, _ lead: UInt8) -> ScalarClass {
    func trail(_ index: Int) -> UInt32 { UInt32(bytes[offset + index] & 0x3F) }
    let value: UInt32
    if lead < 0xE0 {
      width = 2
      value = UInt32(lead & 0x1F) << 6 | trail(1)
    } else if lead < 0xF0 {
      width = 3
      value = UInt32(lead & 0x0F) << 12 | trail(1) << 6 | trail(2)
    } else {
      width = 4
      value = UInt32(lead & 0x07) << 18 | trail(1) << 12 | trail(2) << 6 | trail(3)
    }
    return Unicode.Scalar(value).map(classes.of) ?? .other
  }
}
