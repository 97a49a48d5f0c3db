package import Corpora
package import Judge

/// A judge under evaluation: in process, behind a server, or answers it gave earlier.
package protocol PairAsker: Sendable {
  /// For files and reports.
  var name: String { get }
  /// What it says of a pair, one answer for each order it was asked in.
  ///
  /// - Parameter query: which of the pair's queries, as it is shown.
  /// - Throws: what ends the whole run. A pair that alone cannot be judged is an answer with a failure.
  func answers(on pair: PreferencePair, query: String) async throws -> [JudgedPair.Answer]
}

/// A judge in this process.
package struct LocalAsker: PairAsker {
  private let judge: PairJudge
  private let options: JudgeOptions
  package let name: String

  package init(_ judge: PairJudge, options: JudgeOptions, name: String) {
    self.judge = judge
    self.options = options
    self.name = name
  }

  package func answers(on pair: PreferencePair, query: String) async throws -> [JudgedPair.Answer] {
    let comparison = Comparison(
      query: query, exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB)
    do throws(JudgeError) {
      return JudgedPair.Answer.all(of: try await judge.judge(comparison, options: options))
    } catch {
      switch error.failureKind {
      // These are of the pair; everything else would fail every other pair too.
      case .promptTooLong, .noTokens:
        return options.order.slots.map { JudgedPair.Answer(order: $0 == .ab ? .ab : .ba, failure: .error) }
      default: throw error
      }
    }
  }
}
