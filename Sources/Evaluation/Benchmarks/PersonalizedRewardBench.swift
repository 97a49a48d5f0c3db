import BoundedJSON
package import Corpora
import Reports

/// Personalized-RewardBench: which of two answers suits a person of whom earlier questions are known.
///
/// The person's earlier texts are the exemplars. Two fields of a row, `narrative` and `rubric_aspects`, say what the
/// right answer has, so they are never read.
///
/// - Source: arXiv:2604.07343; Martin-qyma/Personalized-RewardBench, `evaluation/pairwise.py`.
package struct PersonalizedRewardBench: Sendable {
  package struct Row: Sendable, Equatable {
    package var id: String
    package var category: String?
    package var question: String
    /// The person's texts, in the file's order.
    package var profile: [String]
    package var chosen: String
    package var rejected: String
  }

  package let rows: [Row]

  /// - Throws: `field` naming row and field.
  package init(_ rows: [BenchmarkRow]) throws(EvaluationError) {
    var read: [Row] = []
    var ids: Set<String> = []
    for row in rows {
      let id = try row.name("id")
      if !ids.insert(id).inserted { throw row.fault("id", "\"\(id)\" is there twice") }
      read.append(
        Row(
          id: id, category: row.value["category"]?.string, question: try row.text("question"),
          profile: try Self.profile(row), chosen: try row.text("chosen"), rejected: try row.text("rejected")))
    }
    self.rows = read
  }

  private static func profile(_ row: BenchmarkRow) throws(EvaluationError) -> [String] {
    guard let elements = row.value["profile"]?.array else { throw row.fault("profile", "must be an array") }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      guard let text = element["text"]?.string else {
        throw row.fault("profile/\(index)/text", "must be a string")
      }
      if text.contains(where: { !$0.isWhitespace }) { texts.append(text) }
    }
    if texts.isEmpty { throw row.fault("profile", "must have at least one text") }
    return texts
  }

  /// One comparison for each row.
  ///
  /// - Parameter exemplars: the first so many texts of a profile, at most 16 for our judge.
  /// - Precondition: `exemplars` > 0.
  package func pairs(exemplars: Int, seed: UInt64) -> [PreferencePair] {
    precondition(exemplars > 0, "a comparison has at least one exemplar")
    return rows.map { row in
      BenchmarkPairs.pair(
        id: row.id, row: row.id, query: row.question, exemplars: Array(row.profile.prefix(exemplars)),
        chosen: row.chosen, rejected: row.rejected, subset: row.category ?? "all", seed: seed)
    }
  }

  /// Their numbers are those of one order, A first. What names no response counts as a failed parse and as "A" there;
  /// the table's accuracy counts it as wrong.
  ///
  /// - Parameters:
  ///   - subset, split, seed: for the printed lines.
  /// - Throws: `missing` where a row has no result.
  package func score(
    _ results: [JudgedPair], subset: String, split: String, model: String, seed: UInt64
  ) throws(EvaluationError) -> BenchmarkScore {
    let results = try BenchmarkPairs.results(results, of: rows.map(\.id))
    let games = results.map { result -> (isA: Bool, saysA: Bool, isFailed: Bool) in
      let winner = result.answer(in: .ab)?.winner
      let isFailed = winner == nil || winner == .tie
      return (result.preferred == .a, isFailed || winner == .a, isFailed)
    }
    let rights = games.count { $0.isA == $0.saysA }
    let (inA, inB) = (games.filter(\.isA), games.filter { !$0.isA })
    func accuracy(_ games: [(isA: Bool, saysA: Bool, isFailed: Bool)]) -> Double {
      games.isEmpty ? 0 : Double(games.count { $0.isA == $0.saysA }) / Double(games.count)
    }
    func percent(_ value: Double) -> String { NumberText.fixed(100 * value, digits: 2) + "%" }
    let saysA = games.count(where: \.saysA)
    let total = Double(games.count)
    let rule = String(repeating: "=", count: 70)
    let printed = [
      rule, "PAIRWISE EVALUATION COMPLETE", rule, "Subset:   \(subset)", "Split:    \(split)", "Model:    \(model)",
      "Seed:     \(seed)", "", "Overall Accuracy: \(percent(accuracy(games))) (\(rights)/\(games.count))", "",
      "Position-specific Accuracy:", "  Pos in A: \(percent(accuracy(inA))) (\(inA.count) pairs)",
      "  Pos in B: \(percent(accuracy(inB))) (\(inB.count) pairs)",
      "  Position bias: \(percent(abs(accuracy(inA) - accuracy(inB))))", "", "Prediction Distribution:",
      "  Predicted A: \(saysA) (\(percent(Double(saysA) / total)))",
      "  Predicted B: \(games.count - saysA) (\(percent(Double(games.count - saysA) / total)))", "",
      "Failed parses: \(games.count(where: \.isFailed))", rule,
    ]
    var table = DataTable(columns: ["category", "accuracy", "low", "high", "n"])
    func add(_ name: String, _ members: [JudgedPair]) {
      let estimate = AccuracyEstimate(members, seed: seed)
      table.append([
        .text(name), .rate(estimate.accuracy), .rate(estimate.widest?.lowerBound), .rate(estimate.widest?.upperBound),
        .count(estimate.n),
      ])
    }
    let byCategory = Dictionary(grouping: zip(rows, results), by: { $0.0.category ?? "all" })
    for (category, members) in byCategory.sorted(by: { $0.key < $1.key }) { add(category, members.map(\.1)) }
    add("overall", results)
    let short = subset.split(separator: "_").first.map(String.init) ?? "all"
    let name = "results/\(BenchmarkPairs.fileName(short))_\(BenchmarkPairs.fileName(model))_pairwise.txt"
    return BenchmarkScore(
      table: table, printed: printed,
      files: [.init(name: name, bytes: Array(printed.joined(separator: "\n").utf8))])
  }
}
