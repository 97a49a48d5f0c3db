private import BoundedJSON
import DataFiles
private import Digests

/// What a checkpoint consists of: `manifest.json` in its folder, written last.
package struct CheckpointManifest: Sendable, Equatable {
  package struct File: Sendable, Equatable {
    /// Relative to the checkpoint's folder.
    package var name: String
    package var bytes: Int
    /// Lower-case hexadecimal digits.
    package var sha256: String
  }

  /// Why a checkpoint is kept when newer ones are there.
  package struct Best: Sendable, Equatable {
    /// What was measured, such as "eval/accuracy".
    package var tag: String
    package var value: Double

    package init(tag: String, value: Double) {
      self.tag = tag
      self.value = value
    }
  }

  static let fileName = "manifest.json"

  package var step: Int
  /// Sorted by name.
  package var files: [File]
  /// The measurement that was the best so far when the checkpoint was made; nil where it was not.
  package var best: Best?

  /// Bounds of the file: a checkpoint has a dozen files, one of shards some hundred.
  private static let limits = JSONLimits(bytesMax: 4 << 20, depthMax: 4, valuesMax: 100_000)

  /// - Precondition: `best` is finite.
  var json: [UInt8] {
    var members: [String: JSONValue] = [
      "format": .integer(1), "step": .integer(Int64(step)),
      "files": .array(
        files.map {
          .object(["name": .string($0.name), "bytes": .integer(Int64($0.bytes)), "sha256": .string($0.sha256)])
        }),
    ]
    if let best {
      precondition(best.value.isFinite, "what is best is a number")
      members["best"] = .object(["tag": .string(best.tag), "value": .number(best.value)])
    }
    do throws(JSONError) {
      return try JSONWriter.bytes(JSONValue.object(members), indented: true) + [UInt8(ascii: "\n")]
    } catch {
      preconditionFailure("finite numbers and texts have a JSON form")
    }
  }

  /// Reads the manifest of a checkpoint's folder.
  ///
  /// - Throws: `checkpoint`, with the folder as path.
  init(folder: String) throws(TrainingRecordsError) {
    let path = "\(folder)/\(Self.fileName)"
    func fault(_ reason: String) -> TrainingRecordsError { .checkpoint(path: folder, reason: reason) }
    guard let size = SystemFolder.fileBytes(path) else { throw fault("has no \(Self.fileName)") }
    if size > Self.limits.bytesMax { throw fault("\(Self.fileName) is larger than \(Self.limits.bytesMax) bytes") }
    let bytes = try Self.content(path, folder: folder)
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONReader.value(bytes, limits: Self.limits)
    } catch {
      throw fault("\(Self.fileName): \(error)")
    }
    guard document["format"]?.integer == 1 else { throw fault("\(Self.fileName) is of another format than 1") }
    guard let step = document["step"]?.integer, let list = document["files"]?.array else {
      throw fault("\(Self.fileName) has no step or no files")
    }
    self.step = Int(step)
    files = []
    for (index, item) in list.enumerated() {
      guard let name = item["name"]?.string, Self.isPlain(name), let bytes = item["bytes"]?.integer,
        let sha256 = item["sha256"]?.string
      else { throw fault("\(Self.fileName): /files/\(index) must have a plain name, bytes and sha256") }
      files.append(File(name: name, bytes: Int(bytes), sha256: sha256))
    }
    if let best = document["best"] {
      guard let tag = best["tag"]?.string, let value = best["value"]?.number else {
        throw fault("\(Self.fileName): /best must have tag and value")
      }
      self.best = Best(tag: tag, value: value)
    }
  }

  init(step: Int, files: [File], best: Best?) {
    self.step = step
    self.files = files
    self.best = best
  }

  private static func content(_ path: String, folder: String) throws(TrainingRecordsError) -> [UInt8] {
    do throws(DataFileError) {
      let file = try SystemFile(reading: path)
      var bytes: [UInt8] = []
      while bytes.count <= limits.bytesMax {
        let piece = try file.read(1 << 20)
        if piece.isEmpty { break }
        bytes += piece
      }
      return bytes
    } catch {
      throw .checkpoint(path: folder, reason: "\(error)")
    }
  }

  /// Whether a name stays inside the folder: parts of visible ASCII between single slashes, none beginning with a dot.
  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty
      && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && !part.hasPrefix(".") && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      }
  }

  /// Reads every file and compares size and digest.
  ///
  /// - Complexity: O(bytes), one pass.
  /// - Throws: `checkpoint`, naming the first file at fault.
  func verify(folder: String) throws(TrainingRecordsError) {
    for file in files {
      let path = "\(folder)/\(file.name)"
      guard let size = SystemFolder.fileBytes(path) else {
        throw .checkpoint(path: folder, reason: "\(file.name) is missing")
      }
      guard size == file.bytes else {
        throw .checkpoint(path: folder, reason: "\(file.name) has \(size) bytes, and not \(file.bytes)")
      }
      let digest: String
      do throws(DataFileError) {
        digest = try Self.digest(of: path)
      } catch {
        throw .checkpoint(path: folder, reason: "\(error)")
      }
      guard digest == file.sha256 else {
        throw .checkpoint(path: folder, reason: "\(file.name) is damaged: its SHA-256 is not what it was when written")
      }
    }
  }

  static func digest(of path: String) throws(DataFileError) -> String {
    let file = try SystemFile(reading: path)
    var hasher = SHA256()
    while true {
      let piece = try file.read(1 << 20)
      if piece.isEmpty { break }
      hasher.update(piece)
    }
    return Hexadecimal.text(hasher.finish())
  }
}
