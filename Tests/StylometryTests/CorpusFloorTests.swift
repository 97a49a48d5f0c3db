import Compression
import Foundation
import Stylometry
import Testing

/// The floors on real test pairs, beside the reference figures.
///
/// Debug builds are slow, so every fifth pair is judged, 100 or 200 of a variant, and the tolerance is the 2 points
/// that the reference is to be reproduced within plus twice the standard error of so few pairs. With
/// `PERSRM_FLOOR_STRIDE=1` all are, and no floor may be more than 2 points below its reference or 3 above (the
/// regression across genres is 2.6 above).
@Suite struct CorpusFloorTests {
  private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data").standardizedFileURL
  private static let hasData = FileManager.default.fileExists(atPath: data.path)
  private static let stride =
    ProcessInfo.processInfo.environment["PERSRM_FLOOR_STRIDE"].flatMap { Int($0) } ?? 5

  private struct Pair: Decodable {
    let response_a, response_b, preferred, variant: String
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

  private static func accuracies(_ corpus: String, variant: String) throws -> (pairs: Int, percent: [String: Double]) {
    let chosen = try pairs(corpus, variant: variant)
    let gramInput = try #require(StylometricRegression.inputNames.firstIndex(of: "gram_mean"))
    var right: [String: Int] = [:]
    for pair in chosen {
      // The regression has the n-grams' margin among its inputs, so every text is measured once; that it is the floor's
      // own margin is tested in `FloorTests`.
      let differences = StylometricRegression.differences(
        profile: AuthorProfile(exemplars: pair.exemplars.map { StyleText($0) }),
        responseA: StyleText(pair.response_a), responseB: StyleText(pair.response_b))
      let margins = [
        "char_ngrams": differences[gramInput],
        "stylometric_regression": StylometricRegression.standard.margin(differences: differences),
      ]
      for (name, margin) in margins where margin * (pair.preferred == "A" ? 1 : -1) > 0 {
        right[name, default: 0] += 1
      }
    }
    return (chosen.count, right.mapValues { 100 * Double($0) / Double(chosen.count) })
  }

  @Test(
    .enabled(if: hasData, "the corpora are not at ../shared/data"),
    arguments: [
      ("ccat50", "standard", 80.1, 82.1), ("cmcc", "standard", 80.6, 88.0), ("cmcc", "cross_genre", 61.6, 59.4),
      ("blogs", "standard", 74.7, 82.5),
    ])
  func floorsReachTheReference(corpus: String, variant: String, grams: Double, regression: Double) throws {
    let found = try Self.accuracies(corpus, variant: variant)
    print("floors, \(corpus) \(variant), \(found.pairs) pairs: \(found.percent.sorted { $0.key < $1.key })")
    for (name, reference) in [("char_ngrams", grams), ("stylometric_regression", regression)] {
      let difference = try #require(found.percent[name]) - reference
      let error = (reference * (100 - reference) / Double(found.pairs)).squareRoot()
      let allowed = Self.stride == 1 ? -2...3 : -(2 + 2 * error)...(2 + 2 * error)
      #expect(allowed.contains(difference), "\(name), \(corpus) \(variant)")
    }
  }
}
