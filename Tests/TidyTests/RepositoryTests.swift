import Foundation
import Testing

/// Holds every source file of the repository to the style rules.
@Suite struct RepositoryTests {
  /// The repository, from this file's own place in it.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Source files under a folder, relative to the repository; fixtures and recorded data are not source.
  static func files(under folder: String) throws -> [String] {
    let base = root.appending(path: folder)
    let names = try FileManager.default.subpathsOfDirectory(atPath: base.path)
    return names.map { "\(folder)/\($0)" }.filter { path in
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isFolder)
      let suffix = URL(filePath: path).pathExtension
      return exists && !isFolder.boolValue && !path.contains("/Fixtures/")
        && ["swift", "c", "h", "modulemap", "py", "sh", ""].contains(suffix)
        // Their long lines are tables of texts to be recorded.
        && !path.hasPrefix("Scripts/golden/")
    }.sorted()
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test func everySourceFileFollowsTheStyle() throws {
    let sources = try Self.files(under: "Sources")
    let cModules = sources.filter { $0.hasSuffix("module.modulemap") || $0.contains("/include/") }
      .map { String($0.split(separator: "/")[1]) }
    let rules = StyleRules(manifest: Manifest(manifest: try Self.text("Package.swift")), cModules: Set(cModules))
    let all = try sources + Self.files(under: "Tests") + Self.files(under: "Scripts") + ["Makefile", "Package.swift"]
    try #require(all.count >= 15)
    let found = try all.flatMap { rules.violations(path: $0, text: try Self.text($0)) }
    #expect(found.isEmpty, "\(found.map(\.description).joined(separator: "\n"))")
  }

  @Test func everyTargetIsInThePicture() throws {
    let picture = try Self.text("ARCHITECTURE.md")
    for folder in try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path) {
      #expect(picture.contains("`\(folder)`"), "ARCHITECTURE.md does not say what \(folder) is for")
    }
  }
}
