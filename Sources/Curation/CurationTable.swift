package import RemoteInference
import Reports

/// What a run made, for a terminal.
package enum CurationTable {
  package static func text(_ summary: CurationSummary) -> String {
    var table = DataTable(columns: ["negative", "pairs", "kept", "rate"])
    for (kind, rates) in summary.byNegativeKind.sorted(by: { $0.key < $1.key }) {
      table.append([.text(kind), .count(rates.made), .count(rates.kept), .rate(rates.keptRate)])
    }
    table.append([.text("all"), .count(summary.all.made), .count(summary.all.kept), .rate(summary.all.keptRate)])
    var reasons = DataTable(columns: ["dropped because", "traces"])
    for (reason, count) in summary.all.dropped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      reasons.append([.text(reason), .count(count)])
    }
    for (reason, count) in summary.unmade.sorted(by: { $0.key < $1.key }) {
      reasons.append([.text("no pair: " + reason), .count(count)])
    }
    for (reason, count) in summary.shortages.sorted(by: { $0.key < $1.key }) {
      reasons.append([.text("no draft: " + reason), .count(count)])
    }
    var floors = DataTable(columns: ["without a model", "query", "neutral query"])
    for floor in summary.floors { floors.append([.text(floor.name), .rate(floor.query), .rate(floor.neutralQuery)]) }
    return [table, reasons, floors].filter { !$0.rows.isEmpty }.map(\.plainText).joined(separator: "\n")
  }

  /// What a service was asked and what it cost.
  package static func text(_ counters: CostCounters) -> String {
    "service: \(counters.requests) requests, \(counters.retries) of them retries, \(counters.answers) answers, "
      + "\(counters.promptTokens) tokens in, \(counters.completionTokens) out, cost "
      + NumberText.fixed(counters.cost, digits: 4)
  }
}
