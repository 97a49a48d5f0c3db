import Judge
package import Telemetry

/// What the scoring routes tell Prometheus. Observing takes no lock.
package struct ScoringMetrics: Sendable {
  private let requests: MetricFamily<Counter>
  private let failures: MetricFamily<Counter>
  private let score: MetricFamily<Histogram>
  private let margin: Histogram
  private let ties: Counter
  private let orderChecked: Counter
  private let positionFlips: Counter
  private let firstSlotWins: Counter
  private let truncations: MetricFamily<Counter>
  private let exemplarsUsed: Histogram
  private let promptTokens: Counter
  private let generationTokens: Counter
  private let requestPromptTokens: Histogram
  private let requestGenerationTokens: Histogram
  private let queueTime: Histogram
  private let prefillTime: Histogram
  private let decodeTime: Histogram
  private let requestTime: Histogram

  /// Registers every metric, so that each is there from the first scrape.
  package init(registry: MetricsRegistry) {
    func seconds(_ name: String, _ help: String) -> Histogram {
      registry.histogram(name, help: help, bounds: Buckets.requestLatency)
    }
    requests = registry.counter(
      "persrm_requests_total", help: "Requests answered.", labels: ["route", "code", "finished_reason"])
    failures = registry.counter(
      "persrm_judge_failures_total", help: "Comparisons without a verdict, by kind of failure.", labels: ["kind"])
    score = registry.histogram(
      "persrm_score", help: "Scores as the model wrote them, by the slot the response was shown in.", labels: ["slot"],
      bounds: Buckets.score)
    margin = registry.histogram("persrm_margin", help: "Score of A minus score of B.", bounds: Buckets.margin)
    ties = registry.counter("persrm_ties_total", help: "Verdicts without a winner.")
    orderChecked = registry.counter("persrm_order_checked_total", help: "Comparisons judged in both orders.")
    positionFlips = registry.counter(
      "persrm_position_flips_total", help: "Comparisons judged in both orders with another winner in each.")
    firstSlotWins = registry.counter(
      "persrm_first_slot_wins_total",
      help: "Comparisons judged in both orders whose first response won in one of them, that one taken in turn.")
    truncations = registry.counter(
      "persrm_truncations_total", help: "Requests that lost a part to the context.", labels: ["part"])
    exemplarsUsed = registry.histogram(
      "persrm_exemplars_used", help: "Exemplars shown to the model.", bounds: Buckets.exemplars)
    promptTokens = registry.counter("persrm_prompt_tokens_total", help: "Tokens read.")
    generationTokens = registry.counter("persrm_generation_tokens_total", help: "Tokens written.")
    let tokenBounds = Buckets.oneTwoFive(upTo: 131_072)
    requestPromptTokens = registry.histogram(
      "persrm_request_prompt_tokens", help: "Tokens read for a request.", bounds: tokenBounds)
    requestGenerationTokens = registry.histogram(
      "persrm_request_generation_tokens", help: "Tokens written for a request.", bounds: tokenBounds)
    queueTime = seconds("persrm_request_queue_time_seconds", "Time before the first forward pass.")
    prefillTime = seconds("persrm_request_prefill_time_seconds", "Time from there to the first token.")
    decodeTime = seconds("persrm_request_decode_time_seconds", "Time from there to the last token.")
    requestTime = seconds("persrm_e2e_request_latency_seconds", "Time from the request to its verdict.")
  }

  /// Counts a request when its answer is made.
  ///
  /// - Parameter finishedReason: `stop` or `length` for a judgement, `abort` for a client that left, `error`, or
  ///   `none`.
  func answered(route: String, code: Int, finishedReason: String) {
    requests.with(route, String(code), finishedReason).add()
  }

  /// Counts a comparison that has no judgement.
  func failed(_ kind: FailureKind) {
    failures.with(kind.rawValue).add()
  }

  /// Counts a judgement, well-formed or not.
  func judged(_ judgement: Judgement, totalMilliseconds: Double) {
    exemplarsUsed.observe(Double(judgement.exemplarsUsed))
    if judgement.exemplarsDropped > 0 { truncations.with("exemplars").add() }
    promptTokens.add(judgement.usage.promptTokens)
    generationTokens.add(judgement.usage.completionTokens)
    requestPromptTokens.observe(Double(judgement.usage.promptTokens))
    requestGenerationTokens.observe(Double(judgement.usage.completionTokens))
    queueTime.observe(judgement.timings.queueMilliseconds / 1_000)
    prefillTime.observe(judgement.timings.prefillMilliseconds / 1_000)
    decodeTime.observe(judgement.timings.decodeMilliseconds / 1_000)
    requestTime.observe(totalMilliseconds / 1_000)
    for run in judgement.runs {
      guard let verdict = run.verdict else { continue }
      score.with("first").observe(verdict.a.points)
      score.with("second").observe(verdict.b.points)
    }
    if let kind = judgement.failureKind { failed(kind) }
    if let value = judgement.margin { margin.observe(value) }
    if judgement.winner == .tie { ties.add() }
    checkOrder(judgement)
  }

  /// Which of the two orders is looked at for the first slot goes by turns. So the share of first-slot wins is one half
  /// for a judge without a favourite slot, also where clients always send the better response as A.
  private func checkOrder(_ judgement: Judgement) {
    guard let isConsistent = judgement.orderConsistent else { return }
    let order: SlotOrder = orderChecked.value.isMultiple(of: 2) ? .ab : .ba
    orderChecked.add()
    if !isConsistent { positionFlips.add() }
    if judgement.winner(in: order) == (order == .ab ? .a : .b) { firstSlotWins.add() }
  }
}
