import BoundedJSON
package import Corpora
import Reports

/// RM-Bench: three styles of a chosen response against three styles of a rejected one. Hard is a plain good answer
/// against a polished bad one.
///
/// - Source: Liu et al. 2024 (arXiv:2410.16184); THU-KEG/RM-Bench, `README.md`, "how to compute the accuracy".
package struct RMBench: Sendable {
  package struct Row: Sendable, Equatable {
    package var id: String
    package var domain: String
    package var prompt: String
    /// Concise, detailed, detailed with markup.
    package var chosen: [String]
    package var rejected: [String]
  }

  /// Accuracies by difficulty.
  package struct Difficulties: Sendable, Equatable {
    package var hard: Double
    package var normal: Double
    package var easy: Double
    package var mean: Double { (hard + normal + easy) / 3 }

    package init(hard: Double, normal: Double, easy: Double) {
      self.hard = hard
      self.normal = normal
      self.easy = easy
    }

    /// - Parameter matrix: [3][3], share of rows whose chosen response in style i beats the rejected one in style j.
    /// - Precondition: it is three by three.
    package init(_ matrix: [[Double]]) {
      precondition(matrix.count == 3 && matrix.allSatisfy { $0.count == 3 }, "the matrix is not three by three")
      hard = (matrix[0][1] + matrix[0][2] + matrix[1][2]) / 3
      normal = (matrix[0][0] + matrix[1][1] + matrix[2][2]) / 3
      easy = (matrix[1][0] + matrix[2][0] + matrix[2][1]) / 3
    }

    /// Nil for none.
    init?(meanOf all: [Difficulties]) {
      guard let hard = BenchmarkPairs.mean(all.map(\.hard)), let normal = BenchmarkPairs.mean(all.map(\.normal)),
        let easy = BenchmarkPairs.mean(all.map(\.easy))
      else { return nil }
      self.init(hard: hard, normal: normal, easy: easy)
    }
  }

  static let styles = 3
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
          id: id, domain: try row.text("domain"), prompt: try row.prompt("prompt"),
          chosen: try row.texts("chosen", count: Self.styles), rejected: try row.texts("rejected", count: Self.styles)))
    }
    self.rows = read
  }

  private static func pairID(_ row: Row, _ i: Int, _ j: Int) -> String { "\(row.id)#\(i)-\(j)" }

  /// Nine comparisons for each row.
  package func pairs(exemplars: [String], seed: UInt64) -> [PreferencePair] {
    rows.flatMap { row in
      (0..<Self.styles).flatMap { i in
        (0..<Self.styles).map { j in
          BenchmarkPairs.pair(
            id: Self.pairID(row, i, j), row: row.id, query: row.prompt, exemplars: exemplars, chosen: row.chosen[i],
            rejected: row.rejected[j], subset: row.domain, seed: seed)
        }
      }
    }
  }

  /// Domains as the paper has them: the two halves of safety count as one.
  ///
  /// - Throws: `missing` where a comparison has no result.
  package func score(_ results: [JudgedPair], model: String) throws(EvaluationError) -> BenchmarkScore {
    let cells = (0..<Self.styles).flatMap { i in (0..<Self.styles).map { (i, $0) } }
    let ids = rows.flatMap { row in cells.map { Self.pairID(row, $0.0, $0.1) } }
    let results = try BenchmarkPairs.results(results, of: ids)
    var sums: [String: [[Double]]] = [:]
    var counts: [String: Int] = [:]
    for (index, row) in rows.enumerated() {
      counts[row.domain, default: 0] += 1
      var sum = sums[row.domain] ?? Array(repeating: Array(repeating: 0, count: Self.styles), count: Self.styles)
      for (cell, place) in cells.enumerated() where results[index * cells.count + cell].outcome == .right {
        sum[place.0][place.1] += 1
      }
      sums[row.domain] = sum
    }
    var byDomain: [String: Difficulties] = [:]
    for (domain, sum) in sums {
      let count = Double(counts[domain] ?? 1)
      byDomain[domain] = Difficulties(sum.map { $0.map { $0 / count } })
    }
    var table = DataTable(columns: ["domain", "hard", "normal", "easy", "mean", "rows"])
    func add(_ name: String, _ value: Difficulties, _ count: Int) {
      table.append([
        .text(name), .rate(value.hard), .rate(value.normal), .rate(value.easy), .rate(value.mean), .count(count),
      ])
    }
    let ordered = byDomain.sorted { $0.key < $1.key }
    for (domain, value) in ordered { add(domain, value, counts[domain] ?? 0) }
    let halves = ordered.filter { $0.key.hasPrefix("safety") }
    var domains = ordered.filter { !$0.key.hasPrefix("safety") }.map(\.value)
    if let safety = Difficulties(meanOf: halves.map(\.value)) {
      domains.append(safety)
      if halves.count > 1 { add("safety", safety, halves.reduce(0) { $0 + (counts[$1.key] ?? 0) }) }
    }
    if let whole = Difficulties(meanOf: domains), domains.count > 1 { add("mean of domains", whole, rows.count) }
    let outputs = rows.enumerated().map { index, row in
      Self.output(row, Array(results[index * cells.count..<(index + 1) * cells.count]))
    }
    let name = "results/\(BenchmarkPairs.fileName(model))_rm_bench.jsonl"
    return BenchmarkScore(table: table, files: [.init(name: name, bytes: try BenchmarkPairs.lines(outputs))])
  }

  /// What became of each comparison of a row, by style of the chosen and of the rejected response.
  private static func output(_ row: Row, _ results: [JudgedPair]) -> JSONValue {
    .object([
      "id": .string(row.id), "domain": .string(row.domain),
      "outcomes": .array(
        (0..<styles).map { i in
          .array((0..<styles).map { .string(results[i * styles + $0].outcome.rawValue) })
        }),
    ])
  }
}
