package import DataFiles

extension ScoreSummary {
  /// How far the run is, for a progress line: accuracy where it is known, and what had no verdict.
  package var progress: ProgressLine.State {
    var notes: [String] = []
    if let accuracy { notes.append("accuracy \(FixedDecimal.text(100 * accuracy, digits: 1)) %") }
    if malformedCount > 0 { notes.append("malformed \(malformedCount)") }
    return ProgressLine.State(
      count: count, resumedCount: resumedCount, wallSeconds: wallSeconds, notes: notes)
  }
}
