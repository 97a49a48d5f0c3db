/// Just enough reading of Swift source for the style rules: what is code and what is not, and where functions end.
///
/// No parser: the formatter has already normalised the layout, and a rule that is wrong about an exotic construct is
/// noticed at once, because it fails the build that introduced it.
enum SwiftText {
  /// The text with comments and the contents of string literals blanked, line breaks kept.
  static func codeOnly(_ text: String) -> String {
    var scanner = CodeScanner(bytes: Array(text.utf8))
    scanner.scanCode(untilClosingParenthesis: false)
    return String(decoding: scanner.output, as: UTF8.self)
  }

  private static let functionWords = ["func", "init", "deinit", "subscript"].map { Array($0.utf8) }

  /// Each function's first line (from 1) and its number of lines, signature and closing brace included.
  static func functions(in code: String) -> [(line: Int, count: Int)] {
    let bytes = Array(code.utf8)
    var found: [(line: Int, count: Int)] = []
    var line = 1
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\n") { line += 1 }
      guard isWordByte(bytes[index]) else {
        index += 1
        continue
      }
      let start = index
      while index < bytes.count, isWordByte(bytes[index]) { index += 1 }
      let isMember = start > 0 && bytes[start - 1] == UInt8(ascii: ".")
      guard functionWords.contains(where: { bytes[start..<index].elementsEqual($0) }), !isMember else { continue }
      if let count = bodyLines(bytes, from: index) { found.append((line, count)) }
    }
    return found
  }

  /// Lines from a signature to the end of its body; nil for a requirement, which has no body.
  private static func bodyLines(_ bytes: [UInt8], from start: Int) -> Int? {
    var parentheses = 0
    var braces = 0
    var lines = 1
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
      case UInt8(ascii: "{"): braces += 1
      case UInt8(ascii: "}"):
        braces -= 1
        if braces == 0, parentheses == 0 { return lines }
        if braces < 0 { return nil }
      case UInt8(ascii: "\n"):
        lines += 1
        if braces == 0, parentheses == 0, startsDeclaration(bytes, at: index + 1) { return nil }
      default: break
      }
      index += 1
    }
    return nil
  }

  private static func startsDeclaration(_ bytes: [UInt8], at start: Int) -> Bool {
    let rest = bytes[start...].drop { $0 == UInt8(ascii: " ") }
    let word = String(decoding: rest.prefix { isWordByte($0) || $0 == UInt8(ascii: "@") }, as: UTF8.self)
    return [
      "", "func", "var", "let", "init", "deinit", "subscript", "case", "static", "private", "package", "mutating",
      "struct",
      "enum", "extension", "protocol", "actor", "class", "final", "nonisolated", "associatedtype", "typealias",
    ].contains(word) && rest.first != UInt8(ascii: "{") && rest.first != UInt8(ascii: ")")
  }

  static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// Walks Swift source once and writes it out again with blanks for what is not code.
private struct CodeScanner {
  let bytes: [UInt8]
  var output: [UInt8] = []
  private var index = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
    output.reserveCapacity(bytes.count)
  }

  private func starts(with text: String) -> Bool { bytes[index...].starts(with: text.utf8) }

  private mutating func keep() {
    output.append(bytes[index])
    index += 1
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where index < bytes.count {
      output.append(bytes[index] == UInt8(ascii: "\n") ? bytes[index] : UInt8(ascii: " "))
      index += 1
    }
  }

  /// Code up to the end, or, inside an interpolation, up to the parenthesis that closes it.
  mutating func scanCode(untilClosingParenthesis: Bool) {
    var depth = 0
    while index < bytes.count {
      if starts(with: "//") {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { blank() }
      } else if starts(with: "/*") {
        scanBlockComment()
      } else if let hashes = hashesBeforeQuote() {
        scanString(hashes: hashes)
      } else {
        if bytes[index] == UInt8(ascii: "(") { depth += 1 }
        if bytes[index] == UInt8(ascii: ")") {
          if untilClosingParenthesis, depth == 0 { return }
          depth -= 1
        }
        keep()
      }
    }
  }

  private mutating func scanBlockComment() {
    var depth = 0
    while index < bytes.count {
      if starts(with: "/*") {
        depth += 1
        blank(2)
      } else if starts(with: "*/") {
        depth -= 1
        blank(2)
        if depth == 0 { return }
      } else {
        blank()
      }
    }
  }

  /// The number of `#` before the quote that starts here, or nil where no string starts.
  private func hashesBeforeQuote() -> Int? {
    let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
    let quote = index + hashes
    return quote < bytes.count && bytes[quote] == UInt8(ascii: "\"") ? hashes : nil
  }

  private mutating func scanString(hashes: Int) {
    let pound = String(repeating: "#", count: hashes)
    let isMultiline = bytes[(index + hashes)...].starts(with: "\"\"\"".utf8)
    let quote = isMultiline ? "\"\"\"" : "\""
    blank(hashes + quote.utf8.count)
    while index < bytes.count {
      if starts(with: quote + pound) {
        blank(quote.utf8.count + hashes)
        return
      } else if starts(with: "\\" + pound + "(") {
        blank(hashes + 2)
        scanCode(untilClosingParenthesis: true)
        blank()
      } else if starts(with: "\\" + pound) {
        blank(hashes + 2)
      } else {
        blank()
      }
    }
  }
}
