package import Corpora
package import Stylometry

/// Asks a judge all questions of a plan, several at a time, and puts the floors beside its answers.
package struct EvaluationRun: Sendable {
  /// Which of a pair's two queries is shown.
  package enum QueryField: String, Sendable, CaseIterable {
    case query
    case neutral = "query_neutral"

    /// The query; the leaky one where a pair has no other.
    package func text(of pair: PreferencePair) -> String {
      self == .query ? pair.query : pair.queryNeutral ?? pair.query
    }
  }

  private let items: [EvaluationPlan.Item]
  private let asker: any PairAsker
  private let queryField: QueryField
  private let floors: [any Floor]

  /// - Parameter floors: computed for the main pairs.
  package init(
    _ plan: EvaluationPlan, asker: any PairAsker, queryField: QueryField, floors: [any Floor] = Floors.all
  ) {
    items = plan.items
    self.asker = asker
    self.queryField = queryField
    self.floors = floors
  }

  /// Judges everything that is not known yet.
  ///
  /// - Parameters:
  ///   - known: results of an earlier run.
  ///   - concurrency: questions under way at once, 1 or more.
  ///   - finished: takes each new result as it comes, one at a time, with how many are known now; what it throws ends
  ///     the run.
  /// - Returns: all results, in the order of the plan.
  package func results(
    known: [JudgedPair], concurrency: Int, finished: (JudgedPair, _ count: Int) throws -> Void
  ) async throws -> [JudgedPair] {
    precondition(concurrency > 0)
    var byID = Dictionary(known.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let open = items.filter { byID[$0.pair.id] == nil }
    try await withThrowingTaskGroup(of: JudgedPair.self) { group in
      var next = 0
      while next < min(concurrency, open.count) {
        let item = open[next]
        group.addTask { try await judge(item) }
        next += 1
      }
      while let result = try await group.next() {
        if next < open.count {
          let item = open[next]
          group.addTask { try await judge(item) }
          next += 1
        }
        byID[result.id] = result
        try finished(result, byID.count)
      }
    }
    return items.compactMap { byID[$0.pair.id] }
  }

  private func judge(_ item: EvaluationPlan.Item) async throws -> JudgedPair {
    let query = queryField.text(of: item.pair)
    let answers = try await asker.answers(on: item.pair, query: query)
    return JudgedPair(
      item.pair, answers: answers, floors: item.isMain ? margins(item.pair, query) : [:], probe: item.probe)
  }

  private func margins(_ pair: PreferencePair, _ query: String) -> [String: Double] {
    let (question, a, b) = (StyleText(query), StyleText(pair.responseA), StyleText(pair.responseB))
    let exemplars = pair.exemplars.map { StyleText($0) }
    return Dictionary(
      uniqueKeysWithValues: floors.map {
        ($0.name, $0.margin(query: question, exemplars: exemplars, responseA: a, responseB: b))
      })
  }
}
