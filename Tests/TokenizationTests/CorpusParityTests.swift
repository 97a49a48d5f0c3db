import BoundedJSON
import Foundation
import Testing
import Tokenization

/// Whole corpora with real vocabularies, which are no part of the repository: for development, by environment.
///
/// `PERSRM_TOKENIZER_JSON` is a vocabulary (`Scripts/golden/tokenizer_json_from_gguf.py`), `PERSRM_TOKENIZER_NAME` the
/// fixture it belongs to ("smollm2" or "qwen2"), `PERSRM_TOKENIZER_TEXTS` the folder that
/// `Scripts/golden/tokenizer_golden.py corpus --extract` wrote.
@Suite struct CorpusParityTests {
  private static let environment = ProcessInfo.processInfo.environment

  /// Counts and a digest after some number of a file's strings: [texts, bytes, tokens, digest].
  private struct Fixture: Decodable {
    var files: [String: [[JSONValue]]]
  }

  @Test(.enabled(if: environment["PERSRM_TOKENIZER_JSON"] != nil))
  func everyTextHasTheReferencesIDs() throws {
    let vocabulary = try #require(Self.environment["PERSRM_TOKENIZER_JSON"])
    let name = try #require(Self.environment["PERSRM_TOKENIZER_NAME"])
    let folder = try #require(Self.environment["PERSRM_TOKENIZER_TEXTS"])
    let tokenizer = try Tokenizer(.fromTokenizerJSON(read(vocabulary), configuration: nil))
    let fixture = try JSONReader.decode(
      Fixture.self, from: Golden.bytes("corpus-\(name).json"), limits: .modelFile)
    for (file, checkpoints) in fixture.files.sorted(by: { $0.key < $1.key }) {
      let texts = try texts(folder + "/" + file.replacing("/", with: "-") + ".texts")
      try compare(texts, with: tokenizer, checkpoints, file: file)
    }
  }

  private func compare(_ texts: [String], with tokenizer: Tokenizer, _ checkpoints: [[JSONValue]], file: String) throws
  {
    var digest = IDDigest()
    var bytes = 0
    var tokens = 0
    var next = 0
    for (index, text) in texts.enumerated() {
      let ids = tokenizer.encode(text)
      digest.add(ids)
      bytes += text.utf8.count
      tokens += ids.count
      let checkpoint = checkpoints[next]
      if checkpoint[0].integer != Int64(index + 1) { continue }
      #expect(checkpoint[1].integer == Int64(bytes), "\(file) to text \(index)")
      #expect(checkpoint[2].integer == Int64(tokens), "\(file) to text \(index)")
      #expect(checkpoint[3].string == digest.text, "\(file) to text \(index)")
      next += 1
    }
    #expect(next == checkpoints.count)
    print("\(file): \(texts.count) texts, \(bytes) bytes, \(tokens) tokens")
  }

  /// Texts as (length in 32 bits, UTF-8).
  private func texts(_ path: String) throws -> [String] {
    let data = try read(path)
    var texts: [String] = []
    var offset = 0
    while offset < data.count {
      let count = (0..<4).reduce(0) { $0 | Int(data[offset + $1]) << (8 * $1) }
      texts.append(String(decoding: data[offset + 4..<offset + 4 + count], as: UTF8.self))
      offset += 4 + count
    }
    return texts
  }

  private func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
}
