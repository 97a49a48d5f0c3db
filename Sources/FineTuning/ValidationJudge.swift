package import Corpora
package import Judge
import TrainingRecords

/// How a judge does on pairs whose answers are known, by the way that serves: engine, grammar, parser.
package struct ValidationMeasure: Sendable, Equatable {
  /// Pairs judged.
  package private(set) var count = 0
  package private(set) var correct = 0
  package private(set) var ties = 0
  package private(set) var malformed = 0
  /// Of the well-formed ones without ties, those that name the response shown first.
  package private(set) var firstNamed = 0

  package init() {}

  /// Ties and malformed answers count as wrong.
  package var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }
  package var tieRate: Double { count == 0 ? 0 : Double(ties) / Double(count) }
  package var malformedRate: Double { count == 0 ? 0 : Double(malformed) / Double(count) }
  package var firstRate: Double {
    let decided = count - ties - malformed
    return decided == 0 ? 0.5 : Double(firstNamed) / Double(decided)
  }

  /// By the tags of a metrics log.
  package var values: [String: Double] {
    [
      MetricTag.evalAccuracy: accuracy, MetricTag.evalTieRate: tieRate, MetricTag.evalMalformedRate: malformedRate,
      "eval/a_rate": firstRate,
    ]
  }

  package mutating func add(_ winner: Winner?, preferred: PreferencePair.Slot, shownFirst: PreferencePair.Slot) {
    count += 1
    switch winner {
    case nil: malformed += 1
    case .tie: ties += 1
    case .a, .b:
      let named: PreferencePair.Slot = winner == .a ? .a : .b
      if named == preferred { correct += 1 }
      if named == shownFirst { firstNamed += 1 }
    }
  }
}

/// Measures a judge on validation pairs, each in one order, half of them swapped.
package struct ValidationJudge: Sendable {
  package struct Settings: Sendable, Equatable {
    package var methods: [JudgeMethod]
    package var evidence: Bool
    package var usesNeutralQuery: Bool
    /// Tokens a reasoning may take.
    package var maxTokens: Int
    package var isConstrained: Bool

    package init(
      methods: [JudgeMethod] = [.reasoning, .verdict], evidence: Bool, usesNeutralQuery: Bool, maxTokens: Int = 320,
      isConstrained: Bool = true
    ) {
      self.methods = methods
      self.evidence = evidence
      self.usesNeutralQuery = usesNeutralQuery
      self.maxTokens = maxTokens
      self.isConstrained = isConstrained
    }
  }

  private let judge: PairJudge
  package let pairs: [PreferencePair]
  package let settings: Settings

  /// Comparisons under way at a time.
  private static let concurrency = 16

  package init(_ judge: PairJudge, pairs: [PreferencePair], settings: Settings) {
    self.judge = judge
    self.pairs = pairs
    self.settings = settings
  }

  /// Judges all pairs by each method.
  ///
  /// - Throws: `JudgeError` of the first comparison that could not be judged at all.
  package func measure() async throws -> [JudgeMethod: ValidationMeasure] {
    var measures: [JudgeMethod: ValidationMeasure] = [:]
    for method in settings.methods { measures[method] = try await measure(method) }
    return measures
  }

  private struct Outcome: Sendable {
    let index: Int
    let winner: Winner?
  }

  private func measure(_ method: JudgeMethod) async throws -> ValidationMeasure {
    var winners = [Winner?](repeating: nil, count: pairs.count)
    try await withThrowingTaskGroup(of: Outcome.self) { group in
      var next = 0
      while next < min(Self.concurrency, pairs.count) {
        let index = next
        group.addTask { try await outcome(index, method) }
        next += 1
      }
      for try await outcome in group {
        winners[outcome.index] = outcome.winner
        if next < pairs.count {
          let index = next
          group.addTask { try await self.outcome(index, method) }
          next += 1
        }
      }
    }
    var measure = ValidationMeasure()
    for (index, winner) in winners.enumerated() {
      measure.add(winner, preferred: pairs[index].preferred, shownFirst: Self.order(index) == .ab ? .a : .b)
    }
    return measure
  }

  private static func order(_ index: Int) -> OrderOption { index % 2 == 0 ? .ab : .ba }

  private func outcome(_ index: Int, _ method: JudgeMethod) async throws -> Outcome {
    let pair = pairs[index]
    let comparison = Comparison(
      query: settings.usesNeutralQuery ? pair.queryNeutral ?? pair.query : pair.query, exemplars: pair.exemplars,
      responseA: pair.responseA, responseB: pair.responseB)
    let judgement = try await judge.judge(
      comparison,
      options: JudgeOptions(
        method: method, order: Self.order(index), maxTokens: max(settings.maxTokens, VerdictGrammar.maxTokensMin),
        constrained: settings.isConstrained, evidence: settings.evidence))
    return Outcome(index: index, winner: judgement.winner)
  }
}
