package import BoundedJSON
private import DataFiles
private import Digests

/// What a run was started with: `settings.json`.
package struct RunSettings: Sendable, Equatable {
  /// A file that the run reads.
  package struct Input: Sendable, Equatable {
    /// As it was given; a file that moved is still the same file.
    package var path: String
    package var bytes: Int
    /// Lower-case hexadecimal digits.
    package var sha256: String

    package init(path: String, bytes: Int, sha256: String) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
    }

    /// Reads a file for its digest.
    ///
    /// - Complexity: O(bytes), about 1 GB/s from the page cache.
    /// - Throws: `file`.
    package init(measuring path: String) throws(TrainingRecordsError) {
      let (bytes, sha256) = try TrainingRecordsError.wrapping { () throws(DataFileError) in
        let file = try SystemFile(reading: path)
        var hasher = SHA256()
        var count = 0
        while true {
          let piece = try file.read(1 << 20)
          if piece.isEmpty { break }
          hasher.update(piece)
          count += piece.count
        }
        return (count, Hexadecimal.text(hasher.finish()))
      }
      self.init(path: path, bytes: bytes, sha256: sha256)
    }
  }

  /// Such as "persrm-sft".
  package var program: String
  /// Everything that decides what the run computes, and what else was set. Objects may nest.
  package var settings: [String: JSONValue]
  /// By role, such as "model" or "traces/0".
  package var inputs: [String: Input]
  /// By part, such as "persrm" or "commit".
  package var versions: [String: String]

  package init(
    program: String, settings: [String: JSONValue], inputs: [String: Input] = [:], versions: [String: String] = [:]
  ) {
    self.program = program
    self.settings = settings
    self.inputs = inputs
    self.versions = versions
  }

  /// Bounds of the file: a few hundred settings and inputs.
  private static let limits = JSONLimits(bytesMax: 4 << 20, depthMax: 16, valuesMax: 100_000)

  /// The file's content.
  ///
  /// - Throws: `settings` where a number is not finite.
  func json(path: String) throws(TrainingRecordsError) -> [UInt8] {
    let document = JSONValue.object([
      "program": .string(program), "settings": .object(settings),
      "inputs": .object(
        inputs.mapValues {
          .object(["path": .string($0.path), "bytes": .integer(Int64($0.bytes)), "sha256": .string($0.sha256)])
        }), "versions": .object(versions.mapValues { .string($0) }),
    ])
    do throws(JSONError) {
      return try JSONWriter.bytes(document, indented: true) + [UInt8(ascii: "\n")]
    } catch {
      throw .settings(path: path, reason: "\(error.pointer): \(error)")
    }
  }

  /// Reads `settings.json`.
  ///
  /// - Throws: `file`, and `settings` where it is not such a file.
  package init(path: String) throws(TrainingRecordsError) {
    let bytes = try TrainingRecordsError.wrapping { () throws(DataFileError) in
      let file = try SystemFile(reading: path)
      var bytes: [UInt8] = []
      while bytes.count <= Self.limits.bytesMax {
        let piece = try file.read(1 << 20)
        if piece.isEmpty { break }
        bytes += piece
      }
      return bytes
    }
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONReader.value(bytes, limits: Self.limits)
    } catch {
      throw .settings(path: path, reason: "\(error)")
    }
    guard let program = document["program"]?.string else {
      throw .settings(path: path, reason: "/program: must be a text")
    }
    guard let settings = document["settings"]?.object else {
      throw .settings(path: path, reason: "/settings: must be an object")
    }
    self.init(program: program, settings: settings)
    for (role, value) in document["inputs"]?.object ?? [:] {
      guard let name = value["path"]?.string, let bytes = value["bytes"]?.integer, let digest = value["sha256"]?.string
      else { throw .settings(path: path, reason: "/inputs/\(role): must have path, bytes and sha256") }
      inputs[role] = Input(path: name, bytes: Int(bytes), sha256: digest)
    }
    for (part, value) in document["versions"]?.object ?? [:] {
      guard let version = value.string else { throw .settings(path: path, reason: "/versions/\(part): must be a text") }
      versions[part] = version
    }
  }

  /// Settings by name, those in objects as "optimiser.beta1", each as JSON.
  package var flattened: [(name: String, value: String)] {
    Self.flattened(settings, prefix: "").sorted { $0.name < $1.name }
  }

  private static func flattened(_ members: [String: JSONValue], prefix: String) -> [(name: String, value: String)] {
    members.flatMap { name, value in
      if case .object(let inner) = value, !inner.isEmpty { return flattened(inner, prefix: "\(prefix)\(name).") }
      return [(name: prefix + name, value: text(value))]
    }
  }

  private static func text(_ value: JSONValue) -> String {
    // `try?`: where a number is not finite, there is no JSON for it.
    (try? JSONWriter.text(value)) ?? "not a finite number"
  }

  /// What differs from an earlier start, by name: what makes it another run, and what only has to be said.
  ///
  /// An input is the same where its bytes are, wherever it lies now. Other versions do not make another run, but its
  /// numbers may differ in their last digits.
  ///
  /// - Parameter mayChange: names of settings, as `flattened` has them, that decide nothing a step computes.
  func differences(
    from earlier: RunSettings, mayChange: Set<String>
  ) -> (refused: [TrainingRecordsError.Difference], noted: [TrainingRecordsError.Difference]) {
    typealias Difference = TrainingRecordsError.Difference
    func compare(_ was: [String: String], _ now: [String: String]) -> [Difference] {
      Set(was.keys).union(now.keys).sorted().compactMap { name in
        was[name] == now[name] ? nil : Difference(name: name, was: was[name], now: now[name])
      }
    }
    func table(_ settings: RunSettings) -> [String: String] {
      Dictionary(uniqueKeysWithValues: settings.flattened.map { ($0.name, $0.value) })
    }
    func digests(_ settings: RunSettings) -> [String: String] {
      Dictionary(
        uniqueKeysWithValues: settings.inputs.map {
          ("input \($0.key)", "\($0.value.bytes) bytes, SHA-256 \($0.value.sha256)")
        })
    }
    func versions(_ settings: RunSettings) -> [String: String] {
      Dictionary(uniqueKeysWithValues: settings.versions.map { ("version of \($0.key)", $0.value) })
    }
    let changed = compare(table(earlier), table(self))
    let refused =
      compare(["program": earlier.program], ["program": program]) + changed.filter { !mayChange.contains($0.name) }
      + compare(digests(earlier), digests(self))
    return (refused, changed.filter { mayChange.contains($0.name) } + compare(versions(earlier), versions(self)))
  }
}
