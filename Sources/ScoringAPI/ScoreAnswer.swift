package import BoundedJSON
package import Judge

/// Writes a judgement as the body of `POST /score`. Members that have no value are null, never absent.
package struct ScoreAnswer: Sendable {
  package let id: String
  /// Seconds since 1970.
  package let created: Int
  package let model: String
  package let scorerVersion: String
  package let totalMilliseconds: Double
  package let judgement: Judgement

  package init(
    id: String, created: Int, model: String, scorerVersion: String, totalMilliseconds: Double, judgement: Judgement
  ) {
    self.id = id
    self.created = created
    self.model = model
    self.scorerVersion = scorerVersion
    self.totalMilliseconds = totalMilliseconds
    self.judgement = judgement
  }

  package var document: JSONValue {
    .object([
      "id": .string(id), "object": .string("persrm.score"), "created": .integer(Int64(created)),
      "model": .string(model), "criteria": Self.text(judgement.criteria), "eval": Self.text(judgement.eval),
      "scores": Self.scores(judgement.scores), "winner": Self.text(judgement.winner?.rawValue),
      "margin": Self.number(judgement.margin), "probability_a": Self.number(judgement.probabilityA),
      "well_formed": .bool(judgement.isWellFormed), "failure_kind": Self.text(judgement.failureKind?.rawValue),
      "finish_reason": .string(judgement.finishReason.rawValue),
      "orders": .array(judgement.runs.map(Self.run)),
      "order_consistent": judgement.orderConsistent.map(JSONValue.bool) ?? .null,
      "truncated": Self.truncated(exemplarsDropped: judgement.exemplarsDropped),
      "usage": usage, "timings": timings, "scorer_version": .string(scorerVersion),
    ])
  }

  static func truncated(exemplarsDropped: Int) -> JSONValue {
    .object(["exemplars_dropped": .integer(Int64(exemplarsDropped))])
  }

  private var usage: JSONValue {
    let usage = judgement.usage
    return .object([
      "prompt_tokens": .integer(Int64(usage.promptTokens)),
      "completion_tokens": .integer(Int64(usage.completionTokens)),
      "total_tokens": .integer(Int64(usage.totalTokens)),
      "prompt_tokens_details": .object(["cached_tokens": .integer(Int64(usage.cachedTokens))]),
    ])
  }

  private var timings: JSONValue {
    .object([
      "queue_ms": Self.milliseconds(judgement.timings.queueMilliseconds),
      "prefill_ms": Self.milliseconds(judgement.timings.prefillMilliseconds),
      "decode_ms": Self.milliseconds(judgement.timings.decodeMilliseconds),
      "total_ms": Self.milliseconds(totalMilliseconds),
    ])
  }

  private static func run(_ run: JudgeRun) -> JSONValue {
    .object(["order": .string(run.order.rawValue), "scores": scores(run.scores), "raw": .string(run.raw)])
  }

  private static func scores(_ scores: ScorePair?) -> JSONValue {
    guard let scores else { return .null }
    return .object(["a": .number(scores.a), "b": number(scores.b)])
  }

  private static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

  private static func number(_ number: Double?) -> JSONValue { number.map(JSONValue.number) ?? .null }

  /// To a microsecond: more digits would be noise.
  private static func milliseconds(_ value: Double) -> JSONValue { .number((value * 1_000).rounded() / 1_000) }
}
