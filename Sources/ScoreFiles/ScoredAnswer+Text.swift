import BoundedJSON
import DataFiles
import Judge

extension ScoredAnswer {
  /// The answer for a person to read: who won and by how much, then why.
  package var text: String {
    let scores = ["a", "b"].compactMap { name in
      members["scores"]?[name]?.number.map { "\(name) \(FixedDecimal.text($0, digits: 1))" }
    }
    if scores.isEmpty {
      let reason = members["failure_reason"]?.string.map { ": \($0)" } ?? ""
      let raw = members["orders"]?.array?.compactMap { $0["raw"]?.string } ?? []
      return (["no verdict: \(failureKind ?? "unknown")\(reason)"] + raw).joined(separator: "\n\n")
    }
    // One response by itself has a score and no winner.
    var head = winner.map { $0 == .tie ? "tie" : "winner: \($0.rawValue)" } ?? "score"
    head += "  (" + scores.joined(separator: ", ")
    if let probability = members["probability_a"]?.number {
      head += ", P(a) \(FixedDecimal.text(probability, digits: 2))"
    }
    var parts = [head + ")"]
    if members["order_consistent"]?.bool == false { parts.append("The two orders disagree about the winner.") }
    if let dropped = members["truncated"]?["exemplars_dropped"]?.integer, dropped > 0 {
      parts.append("Too long for the model: the first \(dropped) of the exemplars were left out.")
    }
    for (title, name) in [("Criteria", "criteria"), ("Evaluation", "eval")] {
      if let text = members[name]?.string { parts.append("\(title)\n\(text)") }
    }
    return parts.joined(separator: "\n\n")
  }
}
