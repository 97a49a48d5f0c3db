import BoundedJSON
import DataFiles
import Foundation

/// What a run remembers beside parameters and moments.
package struct RunMemory: Sendable, Equatable, Codable {
  /// Tokens computed so far.
  package var rows = 0
  /// Validations so far, and how many since the best one.
  package var validations = 0
  package var failures = 0
  /// The best validation's accuracy, or loss with its sign turned.
  package var bestMerit: Double?

  private static let name = "run.json"

  package init() {}

  /// Takes in a validation.
  ///
  /// - Parameter merit: larger is better; nil where nothing was measured.
  /// - Returns: whether it is the best so far.
  package mutating func remember(merit: Double?) -> Bool {
    guard let merit else { return false }
    validations += 1
    if let bestMerit, merit <= bestMerit {
      failures += 1
      return false
    }
    bestMerit = merit
    failures = 0
    return true
  }

  /// Reads what `write` left in a checkpoint.
  package init(directory: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: directory + "/" + Self.name)))
    self = try JSONReader.decode(
      RunMemory.self, from: bytes, limits: JSONLimits(bytesMax: 1 << 16, depthMax: 4, valuesMax: 64))
  }

  package func write(to directory: String) throws {
    try AtomicFile.write(JSONWriter.bytes(self), to: directory + "/" + Self.name)
  }
}
