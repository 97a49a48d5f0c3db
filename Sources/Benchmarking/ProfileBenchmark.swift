package import Models

/// Judges the workload of `ScoreBenchmark` with a profile on.
package struct ProfileBenchmark: Sendable {
  private let target: any JudgingTarget
  private let profile: PassProfile
  private let workload: JudgeWorkload
  private let roofline: Roofline
  private let precision: Precision
  private let keyValueType: KeyValueType
  private let repeats: Int
  private let progress: BenchmarkProgress

  /// - Parameters:
  ///   - target: judges with a model that carries `profile`, and nobody else uses.
  ///   - repeats: each judges every comparison once; 1 or more.
  package init(
    _ target: any JudgingTarget, profile: PassProfile, workload: JudgeWorkload, roofline: Roofline,
    precision: Precision, keyValueType: KeyValueType, repeats: Int, progress: BenchmarkProgress = .silent
  ) {
    precondition(repeats >= 1 && workload.count >= 1)
    self.target = target
    self.profile = profile
    self.workload = workload
    self.roofline = roofline
    self.precision = precision
    self.keyValueType = keyValueType
    self.repeats = repeats
    self.progress = progress
  }

  /// Measures with so many comparisons under way at once.
  ///
  /// - Throws: `failed` where a comparison was not judged.
  package func run(clients: Int) async throws -> ScoreBenchmark.Report {
    let driver = ScoreBenchmark(target, source: .workload(workload), name: "profile", repeats: repeats)
    let warmUps = workload.comparisons(seed: ScoreBenchmark.seed(clients: clients, repeats: -1))
    _ = try await driver.drive(Array(warmUps.prefix(ScoreBenchmark.warmUps)), clients: clients) { _ in }
    var measured: [JudgementProfile.Repeat] = []
    var model = ""
    for number in 0..<repeats {
      let comparisons = workload.comparisons(seed: ScoreBenchmark.seed(clients: clients, repeats: number))
      profile.reset()
      let outcome = try await driver.drive(comparisons, clients: clients) { done in
        progress.step(done, of: comparisons.count, "profile, repeat \(number + 1) of \(repeats)")
      }
      progress.end()
      model = outcome.model
      measured.append(
        JudgementProfile.Repeat(
          seconds: outcome.seconds, judgements: comparisons.count, usage: outcome.usage,
          prefill: profile.totals(.prefill), decode: profile.totals(.decode)))
    }
    return ScoreBenchmark.Report(
      rows: JudgementProfile(measured, roofline: roofline, precision: precision, keyValueType: keyValueType).rows,
      model: model)
  }
}
