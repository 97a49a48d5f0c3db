import Compression
import Foundation
import Stylometry
import Testing

/// The floors on real test pairs, beside the reference figures.
///
/// Debug builds are slow, so every fifth pair is judged (`PERSRM_FLOOR_STRIDE`, 5): 200 pairs of a corpus, whose
/// accuracy has a standard error of about 3 points. The tolerance is then 6 points; with a stride of 1 it is 2, and
/// where a floor is above the reference by more than that, the test says so and passes only if listed.
@Suite struct CorpusFloorTests {
  private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data").standardizedFileURL
  private static let hasData = FileManager.default.fileExists(atPath: data.path)
  private static let stride =
    ProcessInfo.processInfo.environment["PERSRM_FLOOR_STRIDE"].flatMap { Int($0) } ?? 5

  private struct Pair: Decodable {
    let query, query_neutral, response_a, response_b, preferred, variant: String
    let exemplars: [String]
  }

  private static func pairs(_ corpus: String) throws -> [Pair] {
    let path = data.appendingPathComponent("\(corpus)/pairs.test.jsonl.gz")
    let bytes = try Gzip.decompress(Array(Data(contentsOf: path)), limits: .file)
    return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Pair.self, from: Data($0)) }
  }

  private static func accuracies(_ corpus: String, variant: String) throws -> [String: Double] {
    let all = try pairs(corpus).filter { $0.variant == variant }
    let chosen = Swift.stride(from: 0, to: all.count, by: Self.stride).map { all[$0] }
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
    let tolerance = Self.stride == 1 ? 2.0 : 6.0
    #expect(abs((found["char_ngrams"] ?? 0) - grams) <= tolerance)
    #expect(abs((found["stylometric_regression"] ?? 0) - regression) <= tolerance)
  }
}
