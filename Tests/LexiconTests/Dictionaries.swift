import Foundation
import Lexicon

/// The dictionaries that tests read.
enum Dictionaries {
  static let tinyPath = Bundle.module.resourceURL.map { $0.appending(path: "Fixtures/wordnet").path } ?? ""
  /// Made by hand; always there.
  static let tiny = Result { try WordNet.read(path: tinyPath) }
  static let isInstalled = FileManager.default.fileExists(atPath: WordNet.standardPath + "/index.verb")
  /// Debian's, where it is installed; read once.
  static let installed = Result { try WordNet.read() }
}
