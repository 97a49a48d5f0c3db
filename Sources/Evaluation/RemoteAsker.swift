package import Corpora
import Judge
package import RemoteInference

/// A judge behind a server's `POST /score`.
package struct RemoteAsker: PairAsker {
  private let client: ScoreClient
  private let options: RemoteQuestion
  package let name: String

  /// - Parameters:
  ///   - options: what is asked beside the texts; its comparison is not looked at.
  ///   - name: where the server is.
  package init(_ client: ScoreClient, options: RemoteQuestion, name: String) {
    self.client = client
    self.options = options
    self.name = name
  }

  package func answers(on pair: PreferencePair, query: String) async throws -> [JudgedPair.Answer] {
    var question = options
    question.comparison = Comparison(
      query: query, exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB)
    do throws(RemoteError) {
      return Self.answers(of: try await client.judge(question))
    } catch .refused {
      let orders: [JudgedPair.Order] = question.order == .both ? [.ab, .ba] : [question.order == .ba ? .ba : .ab]
      return orders.map { JudgedPair.Answer(order: $0, failure: .error) }
    } catch {
      throw error
    }
  }

  /// One answer for each order; of several draws in one order their mean.
  static func answers(of judgement: RemoteJudgement) -> [JudgedPair.Answer] {
    if judgement.runs.isEmpty {
      return [
        JudgedPair.Answer(
          order: .ab, scoreA: judgement.scores?.a, scoreB: judgement.scores?.b,
          winner: judgement.winner.map(JudgedPair.Choice.init), probabilityA: judgement.probabilityA,
          failure: failure(judgement))
      ]
    }
    let orders = SlotOrder.allCases.filter { order in judgement.runs.contains { $0.order == order } }
    return orders.map { order in
      let runs = judgement.runs.filter { $0.order == order }
      let pairs = runs.compactMap { run in run.scores.flatMap { scores in scores.b.map { (a: scores.a, b: $0) } } }
      let place: JudgedPair.Order = order == .ab ? .ab : .ba
      // An order has no verdict where one of its draws has none, as in the judge itself.
      guard pairs.count == runs.count else {
        return JudgedPair.Answer(order: place, failure: failure(judgement) ?? .malformed)
      }
      let a = pairs.reduce(0) { $0 + $1.a } / Double(pairs.count)
      let b = pairs.reduce(0) { $0 + $1.b } / Double(pairs.count)
      let isAlone = orders.count == 1
      return JudgedPair.Answer(
        order: place, scoreA: a, scoreB: b,
        // Before rounding a judge may know a winner where the scores are equal.
        winner: isAlone ? judgement.winner.map(JudgedPair.Choice.init) : choice(a - b),
        probabilityA: isAlone ? judgement.probabilityA : nil,
        votes: pairs.count > 1
          ? pairs.map { JudgedPair.Vote(scoreA: $0.a, scoreB: $0.b, winner: choice($0.a - $0.b)) } : nil)
    }
  }

  private static func choice(_ margin: Double) -> JudgedPair.Choice {
    abs(margin) < JudgedPair.tieMargin ? .tie : margin > 0 ? .a : .b
  }

  private static func failure(_ judgement: RemoteJudgement) -> JudgedPair.Failure? {
    if judgement.isWellFormed { return nil }
    return FailureKind(rawValue: judgement.failureKind ?? "").map(JudgedPair.Failure.init) ?? .malformed
  }
}
