/// Runs independent parts of one computation on several cores: the only place that does.
///
/// Regions never nest. Which thread takes which part is left to chance, so a part must compute the same bits wherever
/// it runs: it may not share an accumulator with another part.
package struct ParallelFor: Sendable {
  /// Threads that work at a time, the caller included; 1 or more.
  package let threads: Int
  private let pool: ThreadPool?

  /// - Parameter threads: 1...1024.
  package init(threads: Int) {
    precondition((1...1024).contains(threads))
    self.threads = threads
    pool = threads == 1 ? nil : ThreadPool.shared(threads: threads)
  }

  /// Calls `body` once for each part 0..<parts and returns when all have.
  package func callAsFunction(parts: Int, _ body: @Sendable (Int) -> Void) {
    guard let pool, parts > 1 else {
      for part in 0..<parts { body(part) }
      return
    }
    if parts <= ThreadPool.partsMax { return pool.run(parts: parts, body) }
    let runs = ThreadPool.partsMax
    pool.run(parts: runs) { run in
      for part in parts * run / runs..<parts * (run + 1) / runs { body(part) }
    }
  }

  /// Cuts 0..<count into at most `threads * slack` ranges of at least `grain` and calls `body` once for each.
  package func ranges(of count: Int, grain: Int, slack: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
    if count == 0 { return }
    let parts = threads == 1 ? 1 : max(1, min(threads * slack, count / max(1, grain)))
    self(parts: parts) { part in body(count * part / parts..<count * (part + 1) / parts) }
  }
}
