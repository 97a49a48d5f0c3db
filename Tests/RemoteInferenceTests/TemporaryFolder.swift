import Foundation

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "persrm-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  // `try?`: what is left behind in the system's temporary folder does no harm.
  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  @discardableResult func write(_ bytes: some Sequence<UInt8>, to name: String = "input.jsonl") throws -> String {
    try Data(bytes).write(to: url.appending(path: name))
    return path(name)
  }

  @discardableResult func write(_ text: String, to name: String = "input.jsonl") throws -> String {
    try write(text.utf8, to: name)
  }

  func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }
}
