import BoundedJSON
import Foundation
import Tokenization

/// What `Scripts/golden/tokenizer_golden.py` recorded.
enum Golden {
  struct Torture: Decodable {
    struct Kind: Decodable {
      /// Ids of each text without added tokens.
      var user: [[Int32]]
      /// Ids with added tokens; null where they are the same.
      var added: [[Int32]?]
      /// Digest of each run.
      var runs: [String]
      /// Digest over `scalarText` of all `edges`, and of every scalar value.
      var edges: String
      var every: String
      /// Bytes of each piece of each text, before normalization.
      var pieces: [[Int32]]
      /// Digest of the same over `scalarText` of all `edges`.
      var edgePieces: String

      private enum CodingKeys: String, CodingKey {
        case user, added, runs, edges, every, pieces
        case edgePieces = "edge_pieces"
      }
    }
    var names: [String]
    var texts: [String]
    var edges: [UInt32]
    var kinds: [String: Kind]
    private var runs: [[JSONValue]]
    /// Texts that are one string repeated.
    var repeated: [String] {
      runs.map { String(repeating: $0[0].string ?? "", count: Int($0[1].integer ?? 0)) }
    }
  }

  struct Characters: Decodable {
    /// First and last of each run of characters of the class, one after another.
    var letters: [UInt32]
    var numbers: [UInt32]
    var spaces: [UInt32]
    var digits: [UInt32]
    /// Text and its form C.
    var nfc: [[String]]
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    guard let url = Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures") else {
      throw CocoaError(.fileNoSuchFile)
    }
    return Array(try Data(contentsOf: url))
  }

  static func torture() throws -> Torture {
    try JSONReader.decode(Torture.self, from: bytes("torture.json"), limits: .modelFile)
  }

  static func characters() throws -> Characters {
    try JSONReader.decode(Characters.self, from: bytes("characters.json"), limits: .modelFile)
  }

  /// The small vocabulary trained for a pre-tokenizer.
  static func definition(_ kind: PreTokenizer) throws -> TokenizerDefinition {
    try .fromTokenizerJSON(bytes("\(kind.rawValue).tokenizer.json"), configuration: nil)
  }

  static func tokenizer(_ kind: PreTokenizer) throws -> Tokenizer { try Tokenizer(definition(kind)) }

  /// A text in which a character meets each kind of neighbour on both sides.
  static func scalarText(_ scalar: Unicode.Scalar) -> String {
    let c = String(scalar)
    return "x\(c)y \(c) 1\(c)'\(c)\n\(c)!\(c)?\(c)\(c)  \(c)  "
  }
}

/// SplitMix64: small, seeded, the same everywhere.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
