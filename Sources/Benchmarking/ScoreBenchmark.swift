package import Judge
import Synchronization

/// What a target says of one comparison.
package struct JudgedComparison: Sendable, Equatable {
  package var model: String
  package var usage: Usage

  package init(model: String, usage: Usage) {
    self.model = model
    self.usage = usage
  }
}

/// Whoever judges the comparisons of a benchmark: a judge in this process, or a service.
package protocol JudgingTarget: Sendable {
  /// - Parameter seed: of the draws.
  func judge(_ comparison: Comparison, seed: UInt64) async throws -> JudgedComparison
}

/// A judge in this process.
package struct LocalTarget: JudgingTarget {
  private let judge: PairJudge
  private let options: JudgeOptions

  package init(_ judge: PairJudge, options: JudgeOptions) {
    self.judge = judge
    self.options = options
  }

  package func judge(_ comparison: Comparison, seed: UInt64) async throws -> JudgedComparison {
    var options = options
    options.sampling.seed = seed
    let judgement = try await judge.judge(comparison, options: options)
    return JudgedComparison(model: judge.generator.modelName, usage: judgement.usage)
  }
}

/// Drives a target with a closed loop of clients: each asks for its next comparison when the last is answered.
///
/// A repeat judges every comparison once. Latency is what a client waits. Speeds, and quantiles of latency, are taken
/// for each repeat, and the table shows their medians over the repeats.
package struct ScoreBenchmark: Sendable {
  /// Which comparisons a repeat judges.
  package enum Source: Sendable {
    /// Other texts in each repeat and for each number of clients, so that none finds an earlier one's prefix cache.
    case workload(JudgeWorkload)
    /// The same each time: the first repeat alone measures a cold cache.
    case fixed([Comparison])
  }

  /// One repeat.
  struct Outcome {
    var seconds = 0.0
    var latencies: [Double] = []
    var usage = Usage()
    /// Why a comparison was not judged; nil where all were.
    var failure: String?
    var model = ""
  }

  /// Untimed comparisons before the repeats of each number of clients.
  static let warmUps = 2

  package let target: any JudgingTarget
  package let source: Source
  /// What rows are called: the method, and how it is reached.
  package let name: String
  package let repeats: Int
  private let progress: BenchmarkProgress
  private let now: @Sendable () -> Double

  package init(
    _ target: any JudgingTarget, source: Source, name: String, repeats: Int, progress: BenchmarkProgress = .silent,
    now: @escaping @Sendable () -> Double = Stopwatch.monotonicSeconds
  ) {
    self.target = target
    self.source = source
    self.name = name
    self.repeats = repeats
    self.progress = progress
    self.now = now
  }

  /// What was measured, and the name of the model that judged.
  package struct Report: Sendable {
    package let rows: [BenchmarkRow]
    package let model: String
  }

  /// Measures each number of clients.
  ///
  /// - Throws: `failed` where a comparison was not judged: a speed over the others would not be the workload's.
  package func run(clients: [Int]) async throws -> Report {
    var rows: [BenchmarkRow] = []
    var model = ""
    for count in clients {
      let title = "\(name), \(count) \(count == 1 ? "client" : "clients")"
      if case .workload(let workload) = source {
        let warmUps = workload.comparisons(seed: Self.seed(clients: count, repeats: -1)).prefix(Self.warmUps)
        _ = try await drive(Array(warmUps), clients: count) { _ in }
      }
      var outcomes: [Outcome] = []
      for number in 0..<repeats {
        let comparisons = comparisons(seed: Self.seed(clients: count, repeats: number))
        let outcome = try await drive(comparisons, clients: count) { done in
          progress.step(done, of: comparisons.count, "\(title), repeat \(number + 1) of \(repeats)")
        }
        progress.end()
        model = outcome.model
        outcomes.append(outcome)
      }
      rows += Self.rows(title, outcomes)
    }
    return Report(rows: rows, model: model)
  }

  private func comparisons(seed: Int) -> [Comparison] {
    switch source {
    case .workload(let workload): workload.comparisons(seed: seed)
    case .fixed(let comparisons): comparisons
    }
  }

  /// No two pairs of numbers have the same.
  static func seed(clients: Int, repeats: Int) -> Int { clients * (Stopwatch.repeatsMax + 1) + repeats + 1 }

  /// Judges all comparisons with so many clients; stops at the first that is not judged.
  func drive(
    _ comparisons: [Comparison], clients: Int, answered: @escaping @Sendable (Int) -> Void
  ) async throws(BenchmarkError) -> Outcome {
    let tally = Tally()
    let start = now()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<clients {
        group.addTask {
          while let index = tally.take(below: comparisons.count) {
            let begun = now()
            let result: Result<JudgedComparison, any Error>
            do { result = .success(try await target.judge(comparisons[index], seed: UInt64(index))) } catch {
              result = .failure(error)
            }
            answered(tally.add(result, seconds: now() - begun))
          }
        }
      }
    }
    var outcome = tally.value
    outcome.seconds = now() - start
    if let failure = outcome.failure {
      throw .failed(answered: outcome.latencies.count, of: comparisons.count, reason: failure)
    }
    return outcome
  }

  /// The rows of one number of clients.
  static func rows(_ title: String, _ outcomes: [Outcome]) -> [BenchmarkRow] {
    func row(
      _ name: String, _ unit: String, _ goal: BenchmarkRow.Goal, _ value: (Outcome) -> Double?
    ) -> BenchmarkRow? {
      Measurement(outcomes.map { value($0) ?? .nan }).map {
        BenchmarkRow(name: name.isEmpty ? title : "\(title), \(name)", unit: unit, goal: goal, $0)
      }
    }
    func each(_ sum: @escaping (Usage) -> Int) -> (Outcome) -> Double? {
      { $0.latencies.isEmpty ? nil : Double(sum($0.usage)) / Double($0.latencies.count) }
    }
    let latencies = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")].map { share, name in
      row(name, "s", .lower) { Measurement($0.latencies)?.quantile(share) }
    }
    return
      ([row("", "judgements/s", .higher) { Double($0.latencies.count) / $0.seconds }] + latencies + [
        row("prompt tokens", "each", .none, each(\.promptTokens)),
        row("cached tokens", "each", .none, each(\.cachedTokens)),
        row("written tokens", "each", .none, each(\.completionTokens)),
      ]).compactMap { $0 }
  }

  /// What clients share: which comparison is next, and what became of the others.
  private final class Tally: Sendable {
    private let next = Atomic<Int>(0)
    private let outcome = Mutex(Outcome())

    var value: Outcome { outcome.withLock { $0 } }

    func take(below end: Int) -> Int? {
      if outcome.withLock({ $0.failure != nil }) { return nil }
      let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
      return number < end ? number : nil
    }

    /// - Returns: how many are answered.
    func add(_ result: Result<JudgedComparison, any Error>, seconds: Double) -> Int {
      outcome.withLock { outcome in
        switch result {
        case .success(let judged):
          outcome.latencies.append(seconds)
          outcome.model = judged.model
          outcome.usage.promptTokens += judged.usage.promptTokens
          outcome.usage.cachedTokens += judged.usage.cachedTokens
          outcome.usage.completionTokens += judged.usage.completionTokens
        case .failure(let error): outcome.failure = outcome.failure ?? "\(error)"
        }
        return outcome.latencies.count
      }
    }
  }
}
