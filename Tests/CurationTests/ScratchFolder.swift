import Foundation

/// A folder of its own for one test, removed with it.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "persrm-curation-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  // `try?`: what is left behind in the system's temporary folder does no harm.
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The bytes of all files, by name.
  func files() throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(filePath: "\(path)/\($0)"))) })
  }

  func append(_ text: String, to name: String) throws {
    let url = URL(filePath: "\(path)/\(name)")
    try (Data(contentsOf: url) + Data(text.utf8)).write(to: url)
  }

  func write(_ data: Data, to name: String) throws { try data.write(to: URL(filePath: "\(path)/\(name)")) }
}
