import Foundation

/// The style rules that a machine can hold a source file to, each a pure function from text to violations.
struct StyleRules {
  /// One place where a rule is broken; the description is what a failing test prints.
  struct Violation: Equatable, CustomStringConvertible {
    let path: String
    let line: Int
    let rule: String

    var description: String { "\(path):\(line): \(rule)" }
  }

  static let fileLinesMax = 600
  static let functionLinesMax = 70
  static let lineCharactersMax = 120
  /// Spelled in halves, so that this file does not break its own rule.
  static let unfinishedWords = [
    "TO" + "DO", "FIX" + "ME", "not imple" + "mented", "unimple" + "mented", "fatal" + "Error(",
  ]
  /// What has to be explained by a safety comment directly above.
  static let unsafeMarks = [
    "nonisolated(unsafe)", "@unchecked Sendable", ".allocate(capacity:", ".allocate(byteCount:",
  ]

  let manifest: Manifest
  /// Modules written in C, or C libraries of the system.
  let cModules: Set<String>

  /// Every rule over one file.
  ///
  /// - Parameters:
  ///   - path: relative to the repository, with `/`; its first two parts say which target the file is in.
  ///   - text: the whole file.
  func violations(path: String, text: String) -> [Violation] {
    var found = lengths(path: path, text: text) + unfinished(path: path, text: text)
    if path.hasSuffix(".swift") {
      let code = SwiftText.codeOnly(text)
      found += functionLengths(path: path, code: code)
      if path.hasPrefix("Sources/") || path.hasPrefix("Tests/") { found += imports(path: path, code: code) }
      if path.hasPrefix("Sources/") {
        found += safety(path: path, text: text, code: code) + names(path: path, code: code)
        if !text.contains("///") {
          found.append(Violation(path: path, line: 1, rule: "no doc comment says its reason"))
        }
      }
    }
    return found
  }

  func lengths(path: String, text: String) -> [Violation] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var found: [Violation] = []
    // Scripts that record a reference are mostly tables of inputs.
    if path.hasPrefix("Scripts/golden/") { return [] }
    let isTable = path.hasSuffix("Table.swift") || path.hasSuffix("Tables.swift")
    let count = text.hasSuffix("\n") ? lines.count - 1 : lines.count
    if count > Self.fileLinesMax, !isTable {
      found.append(Violation(path: path, line: count, rule: "\(count) lines, at most \(Self.fileLinesMax)"))
    }
    // Counting characters is slow, and a line of so few bytes cannot have more characters.
    for (number, line) in lines.enumerated()
    where line.utf8.count > Self.lineCharactersMax && line.count > Self.lineCharactersMax {
      found.append(Violation(path: path, line: number + 1, rule: "longer than \(Self.lineCharactersMax) characters"))
    }
    return found
  }

  func unfinished(path: String, text: String) -> [Violation] {
    let words = Self.unfinishedWords.filter { text.contains($0) }
    if words.isEmpty { return [] }
    var found: [Violation] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      for word in words where line.contains(word) {
        found.append(Violation(path: path, line: number + 1, rule: "says \"\(word)\": finish it or leave it out"))
      }
    }
    return found
  }

  func functionLengths(path: String, code: String) -> [Violation] {
    SwiftText.functions(in: code).filter { $0.count > Self.functionLinesMax }.map {
      Violation(path: path, line: $0.line, rule: "function of \($0.count) lines, at most \(Self.functionLinesMax)")
    }
  }

  /// Imports that the manifest does not declare, or of a C module that are not private.
  func imports(path: String, code: String) -> [Violation] {
    let target = String(path.split(separator: "/")[1])
    var allowed = (manifest.dependencies[target] ?? []).union(Manifest.toolchainModules)
    if path.hasPrefix("Tests/") { allowed.insert("Testing") }
    if target == "HTTP" { allowed = [] }
    var found: [Violation] = []
    for (number, line) in code.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where line.contains("import ") {
      let pattern =
        /^(@\w+ )?((?:public|package|internal|fileprivate|private) )?import (?:(?:struct|class|enum|func|var) )?(\w+)/
      guard let match = line.firstMatch(of: pattern) else { continue }
      let module = String(match.3)
      if match.1 == "@testable " {
        found.append(Violation(path: path, line: number + 1, rule: "@testable import; use `package` access"))
      }
      if !allowed.contains(module) {
        found.append(Violation(path: path, line: number + 1, rule: "\(target) may not import \(module)"))
      }
      if cModules.contains(module), match.2 != "private " {
        found.append(Violation(path: path, line: number + 1, rule: "C module \(module) needs `private import`"))
      }
    }
    return found
  }

  /// Unsafe marks without a safety comment in the comment and attribute lines directly above.
  func safety(path: String, text: String, code: String) -> [Violation] {
    guard Self.unsafeMarks.contains(where: { code.contains($0) }) else { return [] }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let codeLines = code.split(separator: "\n", omittingEmptySubsequences: false)
    var found: [Violation] = []
    for (number, line) in codeLines.enumerated() where Self.unsafeMarks.contains(where: { line.contains($0) }) {
      let above = lines[..<number].reversed().prefix {
        let start = $0.drop { $0 == " " }
        return start.hasPrefix("//") || start.hasPrefix("@") || Self.unsafeMarks.contains(where: { start.contains($0) })
      }
      if !above.contains(where: { $0.contains("// SAFETY:") }) {
        found.append(Violation(path: path, line: number + 1, rule: "no `// SAFETY:` line directly above"))
      }
    }
    return found
  }

  /// Types named like their module, which make `Module.name` ambiguous.
  func names(path: String, code: String) -> [Violation] {
    let target = String(path.split(separator: "/")[1])
    var found: [Violation] = []
    for (number, line) in code.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where line.contains(" " + target) {
      guard let match = line.firstMatch(of: /\b(?:struct|class|enum|actor|protocol|typealias) (\w+)/) else { continue }
      if match.1 == target {
        found.append(Violation(path: path, line: number + 1, rule: "type named like its module"))
      }
    }
    return found
  }
}
