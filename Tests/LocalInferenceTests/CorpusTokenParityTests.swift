import BoundedJSON
import Compression
import Foundation
import LocalInference
import ModelFiles
import TestSupport
import Testing
import Tokenization

/// Every string of the corpora in `../shared/data`, tokenized as Python `tokenizers` does
/// (`Scripts/golden/tokenizer_golden.py corpus`; the rule is in `Tests/TokenizationTests/Fixtures/README.md`).
///
/// The first thousand strings of each file, or all of them where `PERSRM_EXHAUSTIVE` is set. The vocabulary is the
/// default model's; `PERSRM_QWEN_MODEL` names a Qwen2.5 model to check its vocabulary too.
@Suite struct CorpusTokenParityTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let data = root.appendingPathComponent("../shared/data").standardizedFileURL
  private static let hasData = FileManager.default.fileExists(atPath: data.path)
  private static let environment = ProcessInfo.processInfo.environment

  /// Counts and a digest after some number of a file's strings: [strings, bytes, tokens, digest].
  private struct Fixture: Decodable { let files: [String: [[JSONValue]]] }

  @Test(.enabled(if: hasData, "the corpora are not at ../shared/data"))
  func theDefaultVocabularyHasTheReferencesIDs() throws {
    try check(DefaultModel.tokenizer.get(), fixture: "corpus-smollm2.json")
  }

  @Test(.enabled(if: hasData && environment["PERSRM_QWEN_MODEL"] != nil, "no Qwen2.5 model is named"))
  func qwensVocabularyHasTheReferencesIDs() throws {
    let path = try #require(Self.environment["PERSRM_QWEN_MODEL"])
    let tokenizer = try Tokenizer(LocalModel.tokenizerDefinition(of: ModelCheckpoint.open(path: path)))
    try check(tokenizer, fixture: "corpus-qwen2.json")
  }

  private func check(_ tokenizer: Tokenizer, fixture name: String) throws {
    let url = Self.root.appendingPathComponent("Tests/TokenizationTests/Fixtures/\(name)")
    let fixture = try JSONReader.decode(Fixture.self, from: Array(Data(contentsOf: url)), limits: .modelFile)
    let last = Self.environment["PERSRM_EXHAUSTIVE"] == nil ? 1000 : Int64.max
    var (strings, tokens, files) = (0, 0, 0)
    for (file, all) in fixture.files.sorted(by: { $0.key < $1.key }) {
      let checkpoints = all.filter { ($0[0].integer ?? 0) <= last }
      let wanted = try #require(checkpoints.last?[0].integer)
      let texts = try self.texts(Self.data.appendingPathComponent(file), count: Int(wanted))
      try #require(texts.count == Int(wanted), "\(file)")
      tokens += try compare(texts, with: tokenizer, checkpoints, file: file)
      strings += texts.count
      files += 1
    }
    print("token parity \(name): \(files) files, \(strings) strings, \(tokens) tokens, all as the reference's")
    #expect(files >= 12)
  }

  private func compare(
    _ texts: [String], with tokenizer: Tokenizer, _ checkpoints: [[JSONValue]], file: String
  ) throws -> Int {
    var digest = IDDigest()
    var (bytes, tokens, next) = (0, 0, 0)
    for (index, text) in texts.enumerated() {
      let ids = tokenizer.encode(text)
      digest.add(ids)
      bytes += text.utf8.count
      tokens += ids.count
      guard next < checkpoints.count, checkpoints[next][0].integer == Int64(index + 1) else { continue }
      #expect(checkpoints[next][1].integer == Int64(bytes), "\(file) to string \(index)")
      #expect(checkpoints[next][2].integer == Int64(tokens), "\(file) to string \(index)")
      #expect(checkpoints[next][3].string == digest.text, "\(file) to string \(index)")
      next += 1
    }
    #expect(next == checkpoints.count, "\(file)")
    return tokens
  }

  /// The first strings of a file: every string value of every line, members in name order.
  private func texts(_ url: URL, count: Int) throws -> [String] {
    var bytes: [UInt8] = []
    var reader = GzipReader(limits: .file)
    let packed = Array(try Data(contentsOf: url))
    for start in stride(from: 0, to: packed.count, by: 1 << 16) {
      try reader.read(Array(packed[start..<min(packed.count, start + 1 << 16)]), into: &bytes)
    }
    try reader.finish()
    var texts: [String] = []
    for line in bytes.split(separator: 0x0A) {
      collect(try JSONReader.value(Array(line), limits: .modelFile), into: &texts)
      if texts.count >= count { break }
    }
    return Array(texts.prefix(count))
  }

  private func collect(_ value: JSONValue, into texts: inout [String]) {
    switch value {
    case .string(let text): texts.append(text)
    case .array(let elements): for element in elements { collect(element, into: &texts) }
    case .object(let members):
      for (_, member) in members.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }) {
        collect(member, into: &texts)
      }
    default: break
    }
  }
}
