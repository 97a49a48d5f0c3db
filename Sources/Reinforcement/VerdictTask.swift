import Corpora
package import Judge

/// Judging pairs as a task: a plan's prompts, and the rewards of verdicts.
package struct VerdictTask: RolloutTask {
  /// A prompt's tokens, with exemplars left out where it would not fit.
  ///
  /// - Parameter prompt: with so many exemplars left out.
  package typealias Encode = @Sendable (_ exemplars: Int, _ prompt: (_ dropping: Int) -> Prompt) throws -> [Int32]

  package private(set) var plan: RolloutPlan
  package let reward: VerdictReward
  private let encode: Encode

  package init(_ plan: RolloutPlan, reward: VerdictReward, encode: @escaping Encode) {
    self.plan = plan
    self.reward = reward
    self.encode = encode
  }

  /// - Throws: what `encode` throws; the plan then stands where it did.
  package mutating func next(_ count: Int, samples: Int) throws -> [RolloutQuestion] {
    let questions = try plan.groups(plan.next..<plan.next + count).map { group in
      let prompts = try group.orders.map { order in
        try encode(group.comparison.exemplars.count) { group.prompt(order, dropping: $0) }
      }
      return RolloutQuestion(
        number: group.number, name: group.pair.id,
        labels: ["corpus/\(group.corpus)", "kind/\(group.pair.negativeKind)"],
        prompts: (0..<samples).map { prompts[$0 * prompts.count / samples] })
    }
    _ = plan.take(count)
    return questions
  }

  package func outcomes(_ question: RolloutQuestion, _ answers: [RolloutResult]) -> [VerdictReward.Outcome] {
    let group = plan.groups(question.number..<question.number + 1)[0]
    let completions = answers.enumerated().map { sample, answer in
      VerdictReward.Completion(
        text: answer.text, finishReason: answer.isComplete ? .stop : .length, tokens: answer.tokens.count,
        order: group.order(ofSample: sample, of: answers.count))
    }
    return reward.outcomes(completions, preferred: group.pair.preferred)
  }

  package var cursor: RolloutCursor { plan.cursor }

  package mutating func resume(at cursor: RolloutCursor) throws { try plan.resume(at: cursor) }
}
