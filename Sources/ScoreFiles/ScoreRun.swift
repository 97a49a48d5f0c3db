/// Judges what is missing from an output, several comparisons at a time, and writes the answers in the input's order.
///
/// Theory of operation: `concurrency` judgements are under way at once, so that the engine can batch them. An answer
/// that is ready before its turn waits; so that a slow one cannot pile up the rest, no comparison is begun that lies
/// more than `windowPerSlot * concurrency` behind the next to be written. One task holds all state, and writes.
package struct ScoreRun: Sendable {
  /// How far behind, per judgement under way, the slowest may be.
  private static let windowPerSlot = 4

  package let records: [ComparisonRecord]
  /// As given to `ScoreOutput`.
  package let scorerVersion: String
  package let concurrency: Int
  private let judge: @Sendable (ComparisonRecord) async throws -> ScoredAnswer

  /// - Parameter judge: answers one comparison, or throws where the run cannot go on.
  package init(
    records: [ComparisonRecord], scorerVersion: String, concurrency: Int,
    judge: @escaping @Sendable (ComparisonRecord) async throws -> ScoredAnswer
  ) {
    precondition(concurrency > 0)
    self.records = records
    self.scorerVersion = scorerVersion
    self.concurrency = concurrency
    self.judge = judge
  }

  /// Runs to the end of the input.
  ///
  /// - Parameters:
  ///   - output: as opened on the same records.
  ///   - now: seconds on any clock that does not go back.
  ///   - progress: called after each line written, and once before the first.
  /// - Throws: the first error of `judge` or the output. What was written before stays, and can be continued.
  package func run(
    output: inout ScoreOutput, now: () -> Double, progress: (ScoreSummary) -> Void
  ) async throws -> ScoreSummary {
    var summary = ScoreSummary()
    for outcome in output.resumed { summary.add(outcome, isResumed: true) }
    let start = now()
    progress(summary)
    do {
      try await judgeMissing(output: &output) { outcome in
        summary.add(outcome)
        summary.wallSeconds = now() - start
        progress(summary)
      }
    } catch {
      // `try?`: the error that ended the run is the one to report.
      try? output.synchronise()
      throw error
    }
    try output.synchronise()
    summary.wallSeconds = now() - start
    return summary
  }

  /// A named type, because a tuple as the result of tasks is miscompiled in release builds of Swift 6.3.1.
  private struct Finished: Sendable {
    let index: Int
    let answer: ScoredAnswer
  }

  private func judgeMissing(output: inout ScoreOutput, written: (ScoreOutcome) -> Void) async throws {
    try await withThrowingTaskGroup(of: Finished.self) { group in
      var nextToWrite = output.resumed.count
      var nextToBegin = nextToWrite
      var underWay = 0
      var waiting: [Int: ScoredAnswer] = [:]
      while nextToWrite < records.count {
        let windowEnd = min(records.count, nextToWrite + Self.windowPerSlot * concurrency)
        while underWay < concurrency, nextToBegin < windowEnd {
          let record = records[nextToBegin]
          let index = nextToBegin
          group.addTask { [judge] in Finished(index: index, answer: try await judge(record)) }
          nextToBegin += 1
          underWay += 1
        }
        guard let finished = try await group.next() else { return }
        underWay -= 1
        waiting[finished.index] = finished.answer
        while let answer = waiting.removeValue(forKey: nextToWrite) {
          let line = AnswerLine(record: records[nextToWrite], scorerVersion: scorerVersion)
          try output.write(line.bytes(answer))
          nextToWrite += 1
          written(
            ScoreOutcome(
              winner: answer.winner, failureKind: answer.failureKind, isCorrect: line.isCorrect(answer.winner)))
        }
      }
    }
  }
}
