import Foundation
import ModelFiles
import Testing

/// A directory for one test, removed when the last reference to it goes.
final class Scratch: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("persrm-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)  // `try?`: a leftover in the temporary directory does no harm.
  }

  /// Writes a file and returns its path.
  @discardableResult func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }

  @discardableResult func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}

/// The recorded files beside the tests.
enum Fixture {
  static func path(_ name: String) throws -> String {
    let root = try #require(Bundle.module.resourceURL)
    return root.appendingPathComponent("Fixtures").appendingPathComponent(name).path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Copies a directory of fixtures, to be damaged.
  static func copy(_ name: String) throws -> Scratch {
    let scratch = try Scratch()
    for file in try FileManager.default.contentsOfDirectory(atPath: path(name)) {
      try scratch.write(file, bytes(name + "/" + file))
    }
    return scratch
  }
}

/// SplitMix64: the same bytes from the same seed on every run.
struct SeededBytes: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// The error of opening a model, reading all of it and building its tokenizer; nil where all of that works.
///
/// Everything a hostile file can reach is reached: the claim under test is that it ends in one of the two.
func problemOpening(_ path: String) -> ModelFileError? {
  do throws(ModelFileError) {
    let checkpoint = try ModelCheckpoint.open(path: path)
    for record in checkpoint.tensors.values { _ = checkpoint.readAll(record) }
    _ = try checkpoint.tokenizerMaterial()
    return nil
  } catch {
    return error
  }
}
