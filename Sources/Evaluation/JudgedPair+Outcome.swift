import Corpora

/// What became of a pair. Only `right` counts as right: a tie, and an answer that is no verdict, count as wrong and are
/// shown.
package enum Outcome: String, Sendable, Codable, CaseIterable {
  case right
  case wrong
  case tie
  case malformed
  case truncated
  case error

  package init(_ failure: JudgedPair.Failure) {
    switch failure {
    case .malformed: self = .malformed
    case .truncated: self = .truncated
    case .error: self = .error
    }
  }
}

extension JudgedPair {
  /// A margin closer to zero than this is a tie where several scores were averaged; as in the server's answers.
  static let tieMargin = 0.05

  package func answer(in order: Order) -> Answer? { answers.first { $0.order == order } }

  /// Why there is no verdict over all orders: the first failure.
  package var failure: Failure? {
    answers.isEmpty ? .error : answers.lazy.compactMap(\.failure).first
  }

  /// Margin of A over B, the mean over orders; nil where an order has none.
  package var margin: Double? {
    let margins = answers.compactMap(\.margin)
    guard failure == nil, !margins.isEmpty, margins.count == answers.count else { return nil }
    return margins.reduce(0, +) / Double(margins.count)
  }

  /// The judge's own P(A is preferred), the mean over orders; nil where an order states none.
  package var probabilityA: Double? {
    let stated = answers.compactMap(\.probabilityA)
    guard failure == nil, !stated.isEmpty, stated.count == answers.count else { return nil }
    return stated.reduce(0, +) / Double(stated.count)
  }

  /// The winner over all orders: of one order its own, of two by the mean of the scores. Nil where there is a failure.
  package var winner: Choice? {
    guard failure == nil else { return nil }
    if answers.count == 1 { return answers[0].winner }
    guard let margin else { return nil }
    return abs(margin) < Self.tieMargin ? .tie : margin > 0 ? .a : .b
  }

  /// Over all orders.
  package var outcome: Outcome { outcome(winner: winner, failure: failure) }

  /// In one order alone; nil where it was not asked.
  package func outcome(in order: Order) -> Outcome? {
    answer(in: order).map { outcome(winner: $0.winner, failure: $0.failure) }
  }

  func outcome(winner: Choice?, failure: Failure?) -> Outcome {
    if let failure { return Outcome(failure) }
    guard let winner else { return .malformed }
    return winner == .tie ? .tie : winner == Choice(preferred) ? .right : .wrong
  }

  /// 1 where A is preferred, else 0.
  var label: Double { preferred == .a ? 1 : 0 }

  /// Words of the preferred response less those of the other.
  package var extraWords: Int { preferred == .a ? wordsA - wordsB : wordsB - wordsA }

  /// The same result, had the pair named its responses the other way round.
  package var swapped: JudgedPair {
    var pair = self
    pair.preferred = preferred.other
    (pair.wordsA, pair.wordsB) = (wordsB, wordsA)
    pair.answers = answers.map { answer in
      var other = answer
      other.order = answer.order == .ab ? .ba : .ab
      (other.scoreA, other.scoreB) = (answer.scoreB, answer.scoreA)
      other.winner = answer.winner?.swapped
      other.probabilityA = answer.probabilityA.map { 1 - $0 }
      other.votes = answer.votes?.map { Vote(scoreA: $0.scoreB, scoreB: $0.scoreA, winner: $0.winner?.swapped) }
      return other
    }
    pair.floors = floors.mapValues { -$0 }
    return pair
  }
}

extension JudgedPair.Choice {
  var swapped: JudgedPair.Choice {
    switch self {
    case .a: .b
    case .b: .a
    case .tie: .tie
    }
  }
}
