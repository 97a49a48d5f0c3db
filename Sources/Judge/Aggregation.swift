/// Turns the runs of a comparison into one answer.
///
/// - **Scores** are the mean over all runs, in the caller's A and B. If any run is not a verdict there are none: a mean
///   over the runs that happened to parse would be a different judge each time, and a trainer could not tell.
/// - **Winner** is the larger score; a margin smaller than 0.05 is a tie. Scores are written with one decimal at most,
///   so for one run only equal scores tie; for means it is half of the smallest step one run can make. With the
///   method `verdict` it is the larger mean before rounding, and with `likelihood` the larger gain, whose scores come
///   close to their ends soon; so with these two a margin of 0 may have a winner. It never names the other.
/// - **Probability** of A in a run is P(sA > sB) + P(sA = sB)/2, where sA and sB have the distributions the model gave
///   the integer parts of the two numbers; the answer's is the mean over runs. Where the generator knows how the second
///   number hangs on the first (`verdict`), it is exact; else the two are taken as independent, which they are not
///   quite. Decimals are not looked at. It can disagree with `winner` when a distribution is wide and the written
///   number is not its mean. A judge with a `Calibration` for the method states the probability of the margin instead.
/// - **Order consistency** asks whether each order alone, by the rule above, names the same winner (a tie included).
package enum Aggregation {
  /// Changes with any of the above or the derivation of seeds; part of `scorer_version`.
  package static let version = "mean-4"

  /// A margin closer to zero than this, in tenths of a point, is a tie.
  static let tieTenths = 0.5
  /// Means of distributions closer to each other than this, in tenths of a point, tie: probabilities are Floats, so a
  /// smaller difference may be rounding.
  static let tieOfMeansTenths = 1e-4
  /// Gains closer to each other than this, in nats a token, tie. They are means of Floats of some nats, of which one
  /// step is up to 1e-6, so a smaller difference may be rounding; in probability it is 0.000005.
  package static let tieGain = 1e-6

  package static func judgement(
    method: JudgeMethod = .reasoning, runs: [JudgeRun], exemplarsUsed: Int, exemplarsDropped: Int, usage: Usage,
    timings: GenerationTimings, calibration: Calibration? = nil
  ) -> Judgement {
    let mean = meanTenths(runs)
    let probabilities = runs.compactMap(\.probabilityA)
    let hasProbability = mean != nil && probabilities.count == runs.count
    let margin = mean.map { Double($0.a - $0.b) / Double(10 * $0.count) }
    let stated = hasProbability ? probabilities.reduce(0, +) / Double(probabilities.count) : nil
    return Judgement(
      method: method, runs: runs,
      scores: mean.map { ScorePair(a: Double($0.a) / Double(10 * $0.count), b: Double($0.b) / Double(10 * $0.count)) },
      winner: winner(of: runs), margin: margin,
      probabilityA: calibration.flatMap { known in margin.map { known.probability(margin: $0) } } ?? stated,
      orderConsistent: orderConsistent(runs), exemplarsDropped: exemplarsDropped, exemplarsUsed: exemplarsUsed,
      usage: usage, timings: timings)
  }

  /// The answer of the method `likelihood`.
  ///
  /// - Parameters:
  ///   - gainA, gainB: nats a token, see `LikelihoodScale`; the second is nil where one response is judged by itself.
  static func judgement(
    gainA: Double, gainB: Double?, exemplarsUsed: Int, exemplarsDropped: Int, usage: Usage, timings: GenerationTimings,
    calibration: Calibration? = nil
  ) -> Judgement {
    let a = LikelihoodScale.tenths(gain: gainA)
    let b = gainB.map { LikelihoodScale.tenths(gain: $0) }
    let margin = b.map { Double(a - $0) / 10 }
    return Judgement(
      method: .likelihood, runs: [], scores: ScorePair(a: Double(a) / 10, b: b.map { Double($0) / 10 }),
      winner: gainB.map { winner(gainA, $0) }, margin: margin,
      probabilityA: calibration.flatMap { known in margin.map { known.probability(margin: $0) } }
        ?? gainB.map { LikelihoodScale.probabilityA(gainA: gainA, gainB: $0) },
      orderConsistent: nil,
      exemplarsDropped: exemplarsDropped, exemplarsUsed: exemplarsUsed, usage: usage, timings: timings)
  }

  /// P(first > second) + P(first = second)/2 for independent draws.
  package static func probabilityFirst(_ first: ScoreDistribution, _ second: ScoreDistribution) -> Double {
    var probability = 0.0
    var below = 0.0
    for (one, other) in zip(first.probabilities, second.probabilities) {
      probability += one * (below + other / 2)
      below += other
    }
    return min(max(probability, 0), 1)
  }

  /// The generation of one order and draw, read by the strict parser.
  static func run(
    _ generation: Generation, order: SlotOrder, sample: Int, method: JudgeMethod = .reasoning
  ) -> JudgeRun {
    // `try?`: why an output is no verdict is seen in `raw`; all reasons count as one kind.
    let verdict = try? VerdictParser().parse(generation.text)
    let hasDistributions = generation.scoreDistributions.count == 2
    var probabilityA: Double?
    if verdict != nil, hasDistributions {
      let (first, second) = (generation.scoreDistributions[0], generation.scoreDistributions[1])
      let probability = generation.probabilityFirst ?? probabilityFirst(first, second)
      probabilityA = order == .ab ? probability : 1 - probability
    }
    return JudgeRun(
      order: order, sample: sample, raw: generation.text, finishReason: generation.finishReason, verdict: verdict,
      expected: method == .verdict && hasDistributions ? generation.scoreDistributions : nil,
      probabilityA: probabilityA)
  }

  private typealias Sum = (a: Int, b: Int, count: Int)

  /// Sums in tenths and the number of runs; nil where there are none or one is not a verdict.
  private static func meanTenths(_ runs: some Collection<JudgeRun>) -> Sum? {
    guard !runs.isEmpty else { return nil }
    var sum: Sum = (0, 0, runs.count)
    for run in runs {
      guard let tenths = run.tenths else { return nil }
      sum.a += tenths.a
      sum.b += tenths.b
    }
    return sum
  }

  private static func winner(_ gainA: Double, _ gainB: Double) -> Winner {
    if abs(gainA - gainB) < tieGain { .tie } else { gainA > gainB ? .a : .b }
  }

  /// The winner of these runs; nil where there are none or one is not a verdict.
  static func winner(of runs: [JudgeRun]) -> Winner? {
    let leads = runs.compactMap(\.leadTenths)
    guard !runs.isEmpty, leads.count == runs.count else { return nil }
    let lead = leads.reduce(0, +) / Double(leads.count)
    let tie = runs.allSatisfy { $0.expected == nil } ? tieTenths : tieOfMeansTenths
    return if abs(lead) < tie { .tie } else { lead > 0 ? .a : .b }
  }

  private static func orderConsistent(_ runs: [JudgeRun]) -> Bool? {
    let winners = SlotOrder.allCases.compactMap { order in winner(of: runs.filter { $0.order == order }) }
    return winners.count == 2 ? winners[0] == winners[1] : nil
  }
}
