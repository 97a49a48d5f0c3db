package import Judge

extension JudgedPair.Answer {
  /// What a judge in process or behind our own `/score` said, one answer for each order it was asked in; for the method
  /// `likelihood`, which sees one response at a time, one answer in order `ab`.
  package static func all(of judgement: Judgement) -> [JudgedPair.Answer] {
    if judgement.runs.isEmpty {
      return [
        JudgedPair.Answer(
          order: .ab, scoreA: judgement.scores?.a, scoreB: judgement.scores?.b,
          winner: judgement.winner.map(JudgedPair.Choice.init), probabilityA: judgement.probabilityA,
          failure: judgement.failureKind.map(JudgedPair.Failure.init))
      ]
    }
    return SlotOrder.allCases.compactMap { order in
      let runs = judgement.runs.filter { $0.order == order }
      return runs.isEmpty ? nil : answer(of: runs, in: order, winner: judgement.winner(in: order))
    }
  }

  private static func answer(of runs: [JudgeRun], in order: SlotOrder, winner: Winner?) -> JudgedPair.Answer {
    let scores = runs.compactMap(\.scores)
    let stated = runs.compactMap(\.probabilityA)
    let failure = runs.lazy.compactMap(\.failureKind).first
    let count = Double(runs.count)
    var answer = JudgedPair.Answer(order: order == .ab ? .ab : .ba, failure: failure.map(JudgedPair.Failure.init))
    if failure == nil {
      answer.scoreA = scores.reduce(0) { $0 + $1.a } / count
      answer.scoreB = scores.reduce(0) { $0 + ($1.b ?? 0) } / count
      answer.winner = winner.map(JudgedPair.Choice.init)
      answer.probabilityA = stated.count == runs.count ? stated.reduce(0, +) / count : nil
    }
    if runs.count > 1 { answer.votes = runs.map(vote) }
    return answer
  }

  private static func vote(_ run: JudgeRun) -> JudgedPair.Vote {
    let margin = run.scores.flatMap { scores in scores.b.map { scores.a - $0 } }
    return JudgedPair.Vote(
      scoreA: run.scores?.a, scoreB: run.scores?.b,
      winner: margin.map { abs($0) < JudgedPair.tieMargin ? .tie : $0 > 0 ? .a : .b })
  }
}

extension JudgedPair.Choice {
  package init(_ winner: Winner) {
    switch winner {
    case .a: self = .a
    case .b: self = .b
    case .tie: self = .tie
    }
  }
}

extension JudgedPair.Failure {
  /// Of a verdict that reached the token limit `truncated`, of one that cannot be read `malformed`, of all that kept
  /// the judge from answering `error`.
  package init(_ kind: FailureKind) {
    switch kind {
    case .length: self = .truncated
    case .judgeUnparseable: self = .malformed
    default: self = .error
    }
  }
}
