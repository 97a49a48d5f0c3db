/// A record held against an earlier one: which rows have become worse.
package struct BaselineComparison: Sendable, Equatable {
  /// One row of both records.
  package struct Change: Sendable, Equatable {
    package let name: String
    package let unit: String
    package let goal: BenchmarkRow.Goal
    package let before: Double
    package let after: Double

    /// How much worse, as a share of what it was: 0.1 is a tenth slower; negative is better.
    package var loss: Double {
      switch goal {
      case .higher: (before - after) / before
      case .lower: (after - before) / before
      case .none: 0
      }
    }

    /// Such as "pp512: 1200 -> 1000 tokens/s, 16.7 % lower, which is worse".
    package var sentence: String {
      let moved = 100 * abs(after - before) / before
      let direction = after < before ? "lower" : "higher"
      return "\(name): \(Quantity.text(before)) -> \(Quantity.text(after)) \(unit), "
        + "\(Quantity.fixed(moved, digits: 1)) % \(direction), which is \(loss > 0 ? "worse" : "better")"
    }
  }

  /// By how much a row may be worse: other load on a machine makes ten per cent.
  package static let lossMax = 0.10

  /// Rows that both records have and that can be compared, in the new record's order.
  package let changes: [Change]
  /// Names of the baseline's rows that were not measured this time.
  package let missing: [String]
  /// What makes the two records hard to compare: another machine, model, precision or number of threads.
  package let differences: [String]

  /// Holds `record` against `baseline`.
  ///
  /// - Throws: `otherKind`, `nothingInCommon`.
  package init(_ record: BenchmarkRecord, against baseline: BenchmarkRecord) throws(BenchmarkError) {
    guard record.kind == baseline.kind else { throw .otherKind(record.kind, baseline: baseline.kind) }
    let known = Dictionary(baseline.rows.map { ($0.name, $0) }) { first, _ in first }
    changes = record.rows.compactMap { row in
      guard let before = known[row.name], row.goal != .none, before.unit == row.unit, before.median > 0 else {
        return nil
      }
      return Change(name: row.name, unit: row.unit, goal: row.goal, before: before.median, after: row.median)
    }
    if changes.isEmpty { throw .nothingInCommon }
    let measured = Set(record.rows.map(\.name))
    missing = baseline.rows.map(\.name).filter { !measured.contains($0) }
    let (now, then) = (record.origin, baseline.origin)
    differences = [
      ("processor", then.machine.processor, now.machine.processor), ("model", then.model, now.model),
      ("precision", then.precision ?? "unknown", now.precision ?? "unknown"),
      ("threads", "\(then.threads ?? 0)", "\(now.threads ?? 0)"),
    ].filter { $0.1 != $0.2 }.map { "\($0.0): the baseline's is \($0.1), this one's \($0.2)" }
  }

  /// Rows that are worse by more than `lossMax`.
  package var regressions: [Change] { changes.filter { $0.loss > Self.lossMax } }

  /// The outcome as lines for a person.
  package var text: String {
    var lines = differences.map { "note: \($0)" }
    if !missing.isEmpty { lines.append("note: \(missing.count) rows of the baseline were not measured") }
    let limit = Quantity.fixed(100 * Self.lossMax, digits: 0)
    if regressions.isEmpty {
      lines.append("baseline: none of \(changes.count) rows is more than \(limit) % worse")
    } else {
      lines.append("baseline: \(regressions.count) of \(changes.count) rows are more than \(limit) % worse")
      lines += regressions.map { "  " + $0.sentence }
    }
    return lines.joined(separator: "\n")
  }
}
