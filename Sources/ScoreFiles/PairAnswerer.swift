import BoundedJSON
package import Judge
import ScoringAPI

/// Answers one comparison after another with a judge of this process, in the service's own words.
package struct PairAnswerer: Sendable {
  /// What an answer says of time and identity, injected so that tests can fix it.
  package struct Surroundings: Sendable {
    /// On any clock that does not go back.
    package var milliseconds: @Sendable () -> Double
    /// Since 1970.
    package var seconds: @Sendable () -> Int
    /// A new one for each answer, without the prefix.
    package var identifier: @Sendable () -> String

    package init(
      milliseconds: @escaping @Sendable () -> Double, seconds: @escaping @Sendable () -> Int,
      identifier: @escaping @Sendable () -> String
    ) {
      self.milliseconds = milliseconds
      self.seconds = seconds
      self.identifier = identifier
    }
  }

  package let judge: PairJudge
  private let surroundings: Surroundings

  package init(judge: PairJudge, surroundings: Surroundings) {
    self.judge = judge
    self.surroundings = surroundings
  }

  /// - Returns: also where the texts are too long for the model, or a response has no token to it: that is this
  ///   comparison's own fault, and counts as malformed.
  /// - Throws: every other failure, because the next comparison would fail alike.
  package func answer(_ record: ComparisonRecord) async throws(JudgeError) -> ScoredAnswer {
    let begin = surroundings.milliseconds()
    let judgement: Judgement
    do throws(JudgeError) {
      judgement = try await judge.judge(record.request.comparison, options: record.request.options)
    } catch {
      guard [.promptTooLong, .noTokens].contains(error.failureKind) else { throw error }
      return refused(error)
    }
    let document = ScoreAnswer(
      id: "score-" + surroundings.identifier(), created: surroundings.seconds(), model: judge.generator.modelName,
      scorerVersion: judge.scorerVersion, totalMilliseconds: surroundings.milliseconds() - begin,
      judgement: judgement
    ).document
    return ScoredAnswer(
      members: document.object ?? [:], winner: judgement.winner, failureKind: judgement.failureKind?.rawValue)
  }

  /// What stands in the place of an answer that the service would refuse with 413 or 422: its members, without values.
  private func refused(_ error: JudgeError) -> ScoredAnswer {
    var members: [String: JSONValue] = [
      "id": .string("score-" + surroundings.identifier()), "object": .string("persrm.score"),
      "created": .integer(Int64(surroundings.seconds())), "model": .string(judge.generator.modelName),
      "scorer_version": .string(judge.scorerVersion), "well_formed": .bool(false), "orders": .array([]),
      "failure_kind": .string(error.failureKind.rawValue), "failure_reason": .string(Self.reason(error)),
    ]
    for name in [
      "criteria", "eval", "scores", "winner", "margin", "probability_a", "finish_reason", "order_consistent",
      "truncated",
      "usage", "timings",
    ] { members[name] = .null }
    return ScoredAnswer(members: members, winner: nil, failureKind: error.failureKind.rawValue)
  }

  private static func reason(_ error: JudgeError) -> String {
    switch error {
    case .promptTooLong(let promptTokens, let maxTokens, let contextTokens, let exemplarsDropped):
      "\(promptTokens) tokens of prompt, \(exemplarsDropped) exemplars left out, and \(maxTokens) of output do not fit "
        + "into \(contextTokens)"
    case .responsesWithoutTokens(let names):
      "the model knows no character of response \(names.map(\.rawValue).joined(separator: " and "))"
    default: "the prompt does not fit into the model's context"
    }
  }
}
