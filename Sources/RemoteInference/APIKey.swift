import Foundation

/// A secret that goes into a request's header and nowhere else: it has no description, and texts of a server that
/// repeats it are cleaned before they reach an error, a log or a journal.
package struct APIKey: Sendable, Equatable {
  /// Far longer than any provider's; a whole file named by mistake is longer still.
  package static let bytesMax = 8_192

  private let value: String

  /// - Parameters:
  ///   - text: visible ASCII; white space around it is dropped.
  ///   - source: names the place in an error: a variable or a file.
  /// - Throws: `RemoteError.badKey` without a word of the text.
  package init(_ text: String, source: String) throws(RemoteError) {
    let value = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if value.isEmpty { throw .badKey(source: source, reason: "is empty") }
    if value.utf8.count > Self.bytesMax {
      throw .badKey(source: source, reason: "has more than \(Self.bytesMax) bytes")
    }
    guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .badKey(source: source, reason: "has characters other than visible ASCII")
    }
    self.value = value
  }

  /// The key in a variable of the environment; nil where there is no such variable.
  package init?(environmentVariable name: String) throws(RemoteError) {
    guard let text = ProcessInfo.processInfo.environment[name] else { return nil }
    try self.init(text, source: "the environment variable \(name)")
  }

  /// The key that is all there is in a file.
  package init(file path: String) throws(RemoteError) {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .badKey(source: path, reason: "cannot be opened")
    }
    let data: Data
    do {
      data = try handle.read(upToCount: Self.bytesMax + 64) ?? Data()
    } catch {
      throw .badKey(source: path, reason: "cannot be read")
    }
    try self.init(String(decoding: data, as: UTF8.self), source: path)
  }

  /// The field that carries it.
  var authorization: (name: String, value: String) { ("Authorization", "Bearer \(value)") }

  /// Shorter ones are words such as "EMPTY" for servers that want no key, and hiding "x" would garble every message.
  package static let secretBytesMin = 8

  /// A text with every copy of the key replaced.
  package func hidden(in text: String) -> String {
    if value.utf8.count < Self.secretBytesMin { return text }
    var safe = text
    for spelling in Set([value, value.replacing("/", with: "\\/")]).sorted() {
      safe = safe.replacing(spelling, with: "[key]")
    }
    return safe
  }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "[key]" }
  package var debugDescription: String { "[key]" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
