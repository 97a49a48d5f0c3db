import Testing

/// Plants one violation of each rule and expects it to be found, so that a clean repository means something.
@Suite struct StyleRulesTests {
  let rules = StyleRules(
    manifest: Manifest(
      manifest: """
        let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .target(
          name: "Compression",
          dependencies: ["CZlib", collections], swiftSettings: shared),
        .target(name: "HTTP", swiftSettings: strict),
        .testTarget(name: "CompressionTests", dependencies: ["Compression"]),
        """),
    cModules: ["CZlib"])

  private func found(_ text: String, path: String = "Sources/Compression/A.swift") -> [String] {
    rules.violations(path: path, text: "/// Reason.\n" + text).map { "\($0.line) \($0.rule)" }
  }

  @Test func acceptsWhatFollowsTheRules() {
    let text = """
      private import CZlib
      import DequeModule
      package import FoundationEssentials
      // SAFETY: guarded by the lock beside it.
      @available(*, deprecated)
      nonisolated(unsafe) var count = 0
      struct Gzip { let text = "struct Compression { import Nothing" } // class Compression
      """
    #expect(found(text) == [])
  }

  @Test func findsLongFilesAndLines() {
    #expect(found(String(repeating: "\n", count: 600)) == ["601 601 lines, at most 600"])
    #expect(found(String(repeating: "\n", count: 600), path: "Sources/Compression/BitTables.swift") == [])
    let long = "// " + String(repeating: "x", count: 118)
    #expect(found(long) == ["2 longer than 120 characters"])
    #expect(rules.violations(path: "Scripts/golden/record.py", text: long) == [])
  }

  @Test(arguments: ["func f() {", "init(a: Int) {", "subscript(i: Int) -> Int {", "func f(\n  a: Int = { 1 }()\n) {"])
  func findsLongFunctions(start: String) {
    let lines = start.split(separator: "\n").count
    let body = String(repeating: "  if let text = \"}\" { print(\"\\(text)\") } // }\n", count: 69 - lines)
    #expect(found(start + "\n" + body + "}\n") == [])
    #expect(found(start + "\n" + body + "\n}\n") == ["2 function of 71 lines, at most 70"])
  }

  @Test func requirementsHaveNoBody() {
    let many = String(repeating: "  func f() throws -> Int\n  init(a: [Int])\n", count: 100)
    #expect(found("protocol P {\n" + many + "}\n") == [])
  }

  @Test(arguments: StyleRules.unfinishedWords)
  func findsUnfinishedWork(word: String) {
    #expect(found("// \(word)").count == 1)
    #expect(rules.violations(path: "Scripts/run", text: "# \(word)").count == 1)
  }

  @Test(arguments: StyleRules.unsafeMarks)
  func findsUnexplainedUnsafety(mark: String) {
    #expect(found("let x: Int\n\(mark)") == ["3 no `// SAFETY:` line directly above"])
    #expect(found("// SAFETY: far away\nlet x: Int\n\(mark)") == ["4 no `// SAFETY:` line directly above"])
    #expect(found("// SAFETY: owned by self.\n/// Doc.\n\(mark)") == [])
    #expect(found("let text = \"\(mark)\"") == [])
  }

  @Test func findsImportsOutsideTheGraph() {
    #expect(found("import HTTP") == ["2 Compression may not import HTTP"])
    #expect(found("import CZlib") == ["2 C module CZlib needs `private import`"])
    #expect(
      found("import struct Foundation.Data", path: "Sources/HTTP/A.swift") == ["2 HTTP may not import Foundation"])
    #expect(found("import Testing") == ["2 Compression may not import Testing"])
    #expect(found("import Testing\nimport Compression", path: "Tests/CompressionTests/A.swift") == [])
    #expect(found("@testable import Compression", path: "Tests/CompressionTests/A.swift").count == 1)
  }

  @Test func findsTypesNamedLikeTheirModule() {
    #expect(found("package enum Compression {") == ["2 type named like its module"])
    #expect(found("package enum CompressionError {") == [])
  }

  @Test func findsFilesWithoutAReason() {
    #expect(rules.violations(path: "Sources/Compression/A.swift", text: "struct A {}\n").map(\.rule).count == 1)
  }

  @Test func blanksStringsAndCommentsOnly() {
    let text = #"let a = "x\(f("y)") + 1)z" + #"\"# + "##" /* b /* c */ d */
    // e"##
    let code = SwiftText.codeOnly(text)
    #expect(code.utf8.count == text.utf8.count)
    #expect(code.filter { $0 != " " } == "leta=f()+1+")
  }
}
