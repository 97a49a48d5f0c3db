import Compression
import Foundation
import LocalInference
import ModelFiles
import Models
import Testing
import Tokenization

/// What reduced precision costs on real text, beside float32: texts of training authors, the default model or the one
/// that `PERSRM_GUARD_MODEL` names; `PERSRM_GUARD_TEXTS` (8) texts of up to 512 tokens.
@Suite struct PrecisionGuardTests {
  private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data/ccat50").standardizedFileURL
  private static let hasData = FileManager.default.fileExists(atPath: data.path)
  private static let environment = ProcessInfo.processInfo.environment

  private struct Text: Decodable { let author, text: String }
  private struct Splits: Decodable { let train: [String] }

  private func texts(_ count: Int) throws -> [String] {
    let splits = try JSONDecoder().decode(
      Splits.self, from: Data(contentsOf: Self.data.appendingPathComponent("splits.json")))
    let bytes = try Gzip.decompress(
      Array(Data(contentsOf: Self.data.appendingPathComponent("texts.jsonl.gz"))),
      limits: .file)
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    let texts = try lines.map { try JSONDecoder().decode(Text.self, from: Data(Array($0))) }
      .filter { Set(splits.train).contains($0.author) }
    return (0..<count).map { texts[$0 * texts.count / count].text }
  }

  private struct Reading {
    var top1: [Int32] = []
    var logProbability = 0.0
    var positions = 0

    init(_ model: DecoderModel, _ texts: [[Int32]]) {
      for tokens in texts {
        let (first, logProbabilities) = model.readGivenText(tokens)
        top1 += first
        logProbability += logProbabilities.reduce(0) { $0 + Double($1) }
        positions += logProbabilities.count
      }
    }
  }

  @Test(.enabled(if: hasData, "the corpora are not at ../shared/data"))
  func balancedPrecisionKeepsPerplexityAndTheLikeliestTokens() throws {
    let path = Self.environment["PERSRM_GUARD_MODEL"] ?? DefaultModel.path
    let count = Self.environment["PERSRM_GUARD_TEXTS"].flatMap { Int($0) } ?? 8
    let tokenizer = try Tokenizer(LocalModel.tokenizerDefinition(of: ModelCheckpoint.open(path: path)))
    let texts = try texts(count).map { Array(tokenizer.encode($0, addedTokens: false).prefix(512)) }
    let reference = Reading(try DefaultModel.decoder(path: path), texts)
    for precision in [Precision.balanced, .fast] {
      let reading = Reading(try DefaultModel.decoder(path: path, precision: precision), texts)
      let same = zip(reading.top1, reference.top1).count { $0 == $1 }
      let agreement = Double(same) / Double(reference.top1.count)
      let perplexity = exp((reference.logProbability - reading.logProbability) / Double(reference.positions)) - 1
      print(
        "precision \(precision) beside float32: \(reference.top1.count) positions, top-1 agreement \(agreement), "
          + "perplexity \(perplexity >= 0 ? "+" : "")\(perplexity * 100) %")
      // The guard is for what is a default.
      #expect(agreement >= (precision == .balanced ? 0.98 : 0.94))
      #expect(abs(perplexity) < (precision == .balanced ? 0.005 : 0.02))
    }
  }
}
