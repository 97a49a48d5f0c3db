import BoundedJSON
package import Corpora
import Reports

/// JudgeBench: a right and a wrong response by one model, judged in both orders, the two games added up.
///
/// - Source: Tan et al. 2024 (arXiv:2410.12784); ScalerLab/JudgeBench, `utils/metrics.py` and `run_judge.py`.
package struct JudgeBench: Sendable {
  package struct Row: Sendable, Equatable {
    package var id: String
    package var source: String
    package var question: String
    package var responseA: String
    package var responseB: String
    package var label: PreferencePair.Slot
    /// The row as it was, for the output.
    let value: JSONValue
  }

  package let rows: [Row]

  /// - Throws: `field` naming row and field.
  package init(_ rows: [BenchmarkRow]) throws(EvaluationError) {
    var read: [Row] = []
    var ids: Set<String> = []
    for row in rows {
      let id = try row.name("pair_id")
      if !ids.insert(id).inserted { throw row.fault("pair_id", "\"\(id)\" is there twice") }
      let label = try row.text("label")
      guard label == "A>B" || label == "B>A" else { throw row.fault("label", "must be A>B or B>A, not \"\(label)\"") }
      read.append(
        Row(
          id: id, source: try row.text("source"), question: try row.text("question"),
          responseA: try row.text("response_A"), responseB: try row.text("response_B"), label: label == "A>B" ? .a : .b,
          value: row.value))
    }
    self.rows = read
  }

  /// One comparison for each row, to be judged in both orders; responses stay where the file has them.
  package func pairs(exemplars: [String]) -> [PreferencePair] {
    rows.map { row in
      PreferencePair(
        id: row.id, query: row.question, queryNeutral: row.question, exemplars: exemplars, responseA: row.responseA,
        responseB: row.responseB, preferred: row.label, author: row.id, genre: row.source,
        negativeKind: Self.group(row.source))
    }
  }

  /// The four parts that JudgeBench reports, by the beginning of the source.
  package static func group(_ source: String) -> String {
    let groups = [
      ("mmlu-pro", "knowledge"), ("livebench-reasoning", "reasoning"), ("livebench-math", "math"),
      ("livecodebench", "coding"),
    ]
    return groups.first { source.hasPrefix($0.0) }?.1 ?? source
  }

  /// Above zero where the games together name the right response: +1 for each that does, -1 for each that names the
  /// other.
  package static func sum(_ result: JudgedPair) -> Int {
    JudgedPair.Order.allCases.reduce(0) { sum, order in
      switch result.outcome(in: order) {
      case .right: sum + 1
      case .wrong: sum - 1
      default: sum
      }
    }
  }

  /// - Parameters:
  ///   - dataset: the file's name without `.jsonl`, as in `dataset=judgebench,response_model=...`.
  ///   - model: the judge, for the output's name.
  /// - Throws: `missing` where a row has no result.
  package func score(_ results: [JudgedPair], dataset: String, model: String) throws(EvaluationError) -> BenchmarkScore
  {
    let results = try BenchmarkPairs.results(results, of: rows.map(\.id))
    var table = DataTable(columns: ["part", "correct", "tie", "incorrect", "inconsistent", "null", "n"])
    func add(_ name: String, _ members: [JudgedPair]) {
      let sums = members.map(Self.sum)
      let nulls = members.count { $0.answers.contains { $0.failure != nil } }
      let inconsistent = members.count { $0.answers.count == 2 && $0.answers[0].winner != $0.answers[1].winner }
      table.append([
        .text(name), .rate(Share(sums.count { $0 > 0 }, of: members.count).rate), .count(sums.count { $0 == 0 }),
        .count(sums.count { $0 < 0 }), .count(inconsistent), .count(nulls), .count(members.count),
      ])
    }
    let byGroup = Dictionary(grouping: zip(rows, results), by: { Self.group($0.0.source) })
    for (group, members) in byGroup.sorted(by: { $0.key < $1.key }) { add(group, members.map(\.1)) }
    add("overall", results)
    let right = results.count { Self.sum($0) > 0 }
    let outputs = zip(rows, results).map(Self.output)
    let name = "outputs/\(dataset),judge_name=persrm,judge_model=\(BenchmarkPairs.fileName(model)).jsonl"
    return BenchmarkScore(
      table: table, printed: [NumberText.fixed(100 * Double(right) / Double(rows.count), digits: 2) + "%"],
      files: [.init(name: name, bytes: try BenchmarkPairs.lines(outputs))])
  }

  /// The row with its judgments; each game's decision is in the names that game gave the responses.
  private static func output(_ row: Row, _ result: JudgedPair) -> JSONValue {
    var members = row.value.object ?? [:]
    members["judge_name"] = .string("persrm")
    members["judgments"] = .array(
      JudgedPair.Order.allCases.compactMap { order in
        guard let answer = result.answer(in: order) else { return nil }
        guard let winner = answer.winner else { return .null }
        let shown = order == .ab ? winner : winner.swapped
        let decision =
          switch shown {
          case .a: "A>B"
          case .b: "B>A"
          case .tie: "A=B"
          }
        return .object([
          "decision": .string(decision),
          "judgment": .object([
            "judge_model": .string("persrm"),
            "scores": .array([
              BenchmarkPairs.json(order == .ab ? answer.scoreA : answer.scoreB),
              BenchmarkPairs.json(order == .ab ? answer.scoreB : answer.scoreA),
            ]),
          ]),
        ])
      })
    return .object(members)
  }
}
