import BoundedJSON
package import Corpora
import Reports

/// RewardBench 2: the best of four responses, and in the subset `Ties` of many.
///
/// Our judge sees two at a time, so a good response is judged against each bad one of its row. Outside `Ties` a row is
/// right where the good response wins all its comparisons. A response's score is the mean of those it was given.
///
/// - Source: Malik et al. 2025 (arXiv:2506.01937); allenai/reward-bench, `scripts/run_generative_v2.py`.
package struct RewardBench2: Sendable {
  package struct Row: Sendable, Equatable {
    package var id: String
    package var subset: String
    package var prompt: String
    package var chosen: [String]
    package var rejected: [String]

    package var isTies: Bool { subset.lowercased() == "ties" }
    func pairID(_ good: Int, _ bad: Int) -> String { "\(subset)/\(id)#\(good)-\(bad)" }
    var pairIDs: [String] { chosen.indices.flatMap { good in rejected.indices.map { pairID(good, $0) } } }
  }

  package let rows: [Row]
  /// By row; nil outside `Ties`.
  private let ties: [(kind: TiesScore.Prompt.Kind, number: Int)?]

  /// - Throws: `field` naming row and field.
  package init(_ rows: [BenchmarkRow]) throws(EvaluationError) {
    var read: [Row] = []
    var ties: [(kind: TiesScore.Prompt.Kind, number: Int)?] = []
    var ids: Set<String> = []
    for row in rows {
      let one = Row(
        id: try row.name("id"), subset: try row.text("subset"), prompt: try row.prompt("prompt"),
        chosen: try row.texts("chosen"), rejected: try row.texts("rejected"))
      if !ids.insert("\(one.subset)/\(one.id)").inserted { throw row.fault("id", "\"\(one.id)\" is there twice") }
      if let count = row.value["num_correct"]?.integer, count != Int64(one.chosen.count) {
        throw row.fault("num_correct", "is \(count), but there are \(one.chosen.count) chosen texts")
      }
      if one.isTies {
        ties.append(try Self.tiesID(one.id, row))
      } else {
        if one.chosen.count != 1 { throw row.fault("chosen", "must have one text outside the subset Ties") }
        ties.append(nil)
      }
      read.append(one)
    }
    self.rows = read
    self.ties = ties
  }

  private static func tiesID(
    _ id: String, _ row: BenchmarkRow
  ) throws(EvaluationError) -> (kind: TiesScore.Prompt.Kind, number: Int) {
    let parts = id.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = TiesScore.Prompt.Kind(rawValue: String(parts[0])), let number = Int(parts[1])
    else { throw row.fault("id", "\"\(id)\" must be ref:N or tied:N in the subset Ties") }
    return (kind, number)
  }

  /// Every good response against every bad one of its row.
  package func pairs(exemplars: [String], seed: UInt64) -> [PreferencePair] {
    rows.flatMap { row in
      row.chosen.enumerated().flatMap { good, chosen in
        row.rejected.enumerated().map { bad, rejected in
          BenchmarkPairs.pair(
            id: row.pairID(good, bad), row: "\(row.subset)/\(row.id)", query: row.prompt, exemplars: exemplars,
            chosen: chosen, rejected: rejected, subset: row.subset, seed: seed)
        }
      }
    }
  }

  /// - Throws: `missing` where a comparison has no result.
  package func score(_ results: [JudgedPair], model: String) throws(EvaluationError) -> BenchmarkScore {
    let results = try BenchmarkPairs.results(results, of: rows.flatMap(\.pairIDs))
    var rest = results[...]
    var rights: [String: [Double]] = [:]
    var shared: [String: [Double]] = [:]
    var prompts: [TiesScore.Prompt] = []
    for (row, tie) in zip(rows, ties) {
      let own = Array(rest.prefix(row.pairIDs.count))
      rest = rest.dropFirst(own.count)
      let scores = Self.scores(own, row)
      if let tie {
        prompts.append(.init(kind: tie.kind, number: tie.number, good: scores.good, bad: scores.bad))
      } else {
        rights[row.subset, default: []].append(own.allSatisfy { $0.outcome == .right } ? 1 : 0)
        shared[row.subset, default: []].append(Self.share(scores))
      }
    }
    return try score(rights, shared, prompts.isEmpty ? nil : TiesScore(prompts), model: model)
  }

  /// Mean score of each response; nil where one of its comparisons has none.
  private static func scores(_ results: [JudgedPair], _ row: Row) -> (good: [Double?], bad: [Double?]) {
    func mean(_ results: [JudgedPair], _ score: (Double, Double) -> Double) -> Double? {
      let scores = results.compactMap(\.preferredScores).map { score($0.preferred, $0.other) }
      return scores.count == results.count ? BenchmarkPairs.mean(scores) : nil
    }
    let columns = row.rejected.count
    return (
      row.chosen.indices.map { good in
        mean(Array(results[good * columns..<(good + 1) * columns])) { preferred, _ in preferred }
      },
      row.rejected.indices.map { bad in
        mean(row.chosen.indices.map { results[$0 * columns + bad] }) { _, other in other }
      }
    )
  }

  /// Their rule for ratings: 1 shared between all responses with the highest, a quarter where a rating is missing.
  private static func share(_ scores: (good: [Double?], bad: [Double?])) -> Double {
    let known = (scores.good + scores.bad).compactMap { $0 }
    guard known.count == scores.good.count + scores.bad.count, let best = known.max() else { return 0.25 }
    return known[0] == best ? 1 / Double(known.count { $0 == best }) : 0
  }

  private func score(
    _ rights: [String: [Double]], _ shared: [String: [Double]], _ ties: TiesScore?, model: String
  ) throws(EvaluationError) -> BenchmarkScore {
    var table = DataTable(columns: ["subset", "best of all", "their rating rule", "n"])
    var members: [String: Double] = [:]
    for subset in rights.keys.sorted() {
      members[subset] = BenchmarkPairs.mean(rights[subset] ?? [])
      table.append([
        .text(subset), .rate(members[subset]), .rate(BenchmarkPairs.mean(shared[subset] ?? [])),
        .count(rights[subset]?.count ?? 0),
      ])
    }
    if let ties {
      members["Ties"] = ties.overall
      table.append([.text("Ties"), .rate(ties.overall), .rate(ties.overall), .count(rows.count(where: \.isTies))])
    }
    table.append([
      .text("mean of subsets"), .rate(BenchmarkPairs.mean(members.sorted { $0.key < $1.key }.map(\.value))), .empty,
      .count(rows.count),
    ])
    if let ties {
      for (name, value) in [
        ("  tied accuracy", ties.tiedAccuracy), ("  ref accuracy", ties.refAccuracy),
        ("  correctness preferred", ties.preferred), ("  correctness preferred, hard", ties.preferredHard),
      ] { table.append([.text(name), .rate(value), .empty, .empty]) }
      table.append([.text("  margin term"), .number(ties.margin, digits: 4), .empty, .empty])
    }
    let whole = BenchmarkPairs.object(
      members, [("model", model), ("model_type", "Generative RM")], nulls: ["chat_template"])
    let name = "results/eval-set/\(BenchmarkPairs.fileName(model)).json"
    return BenchmarkScore(table: table, files: [.init(name: name, bytes: try BenchmarkPairs.lines([whole]))])
  }
}
