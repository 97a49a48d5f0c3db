import Compression
import Foundation
import Stylometry
import Testing

/// The floors on real test pairs, beside the reference figures.
///
/// Debug builds are slow, so every fourth pair is judged: 250 of a corpus, whose accuracy has a standard error of about
/// 2.6 points, so the tolerance is 6 points. With `PERSRM_FLOOR_STRIDE=1` all are, and no floor may be more than 2
/// points below its reference or 3 above (the regression across genres is 2.2 above).
@Suite struct CorpusFloorTests {
  private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data").standardizedFileURL
  private static let hasData = FileManager.default.fileExists(atPath: data.path)
  private static let stride =
    ProcessInfo.processInfo.environment["PERSRM_FLOOR_STRIDE"].flatMap { Int($0) } ?? 4

  private struct Pair: Decodable {
    let query, query_neutral, response_a, response_b, preferred, variant: String
    let exemplars: [String]
  }

  /// Every so-manieth test pair of a variant; only these are decoded.
  private static func pairs(_ corpus: String, variant: String) throws -> [Pair] {
    let path = data.appendingPathComponent("\(corpus)/pairs.test.jsonl.gz")
    let lines = try Gzip.decompress(Array(Data(contentsOf: path)), limits: .file).split(separator: UInt8(ascii: "\n"))
    let mark = Data("\"variant\": \"\(variant)\"".utf8)
    let chosen = lines.filter { Data($0).range(of: mark) != nil }
    return try Swift.stride(from: 0, to: chosen.count, by: Self.stride).map {
      try JSONDecoder().decode(Pair.self, from: Data(chosen[$0]))
    }
  }

  private static func accuracies(_ corpus: String, variant: String) throws -> [String: Double] {
    let chosen = try pairs(corpus, variant: variant)
    var right: [String: Int] = [:]
    for pair in chosen {
      let exemplars = pair.exemplars.map { StyleText($0) }
      let a = StyleText(pair.response_a)
      let b = StyleText(pair.response_b)
      for floor in [CharacterGramsFloor(), RegressionFloor()] as [any Floor] {
        let margin = floor.margin(
          query: StyleText(pair.query_neutral), exemplars: exemplars, responseA: a, responseB: b)
        if (pair.preferred == "A" && margin > 0) || (pair.preferred == "B" && margin < 0) {
          right[floor.name, default: 0] += 1
        }
      }
    }
    return right.mapValues { 100 * Double($0) / Double(chosen.count) }
  }

  @Test(
    .enabled(if: hasData, "the corpora are not at ../shared/data"),
    arguments: [
      ("ccat50", "standard", 80.1, 82.1), ("cmcc", "standard", 80.6, 88.0), ("cmcc", "cross_genre", 61.6, 59.4),
      ("blogs", "standard", 74.7, 82.5),
    ])
  func floorsReachTheReference(corpus: String, variant: String, grams: Double, regression: Double) throws {
    let found = try Self.accuracies(corpus, variant: variant)
    print("floors, \(corpus) \(variant): \(found.sorted { $0.key < $1.key })")
    for (name, reference) in [("char_ngrams", grams), ("stylometric_regression", regression)] {
      let difference = (found[name] ?? 0) - reference
      #expect(Self.stride == 1 ? (-2...3).contains(difference) : abs(difference) <= 6, "\(name) \(corpus) \(variant)")
    }
  }
}
