import BoundedJSON
package import Judge

/// What a PersRM server answered to `POST /score`: this client's own view of it, strict in what it reads and blind to
/// members it does not know, so that a newer server can be asked.
package struct RemoteJudgement: Sendable, Equatable {
  /// One output in one order.
  package struct Run: Sendable, Equatable {
    package let order: SlotOrder
    /// Of the caller's A and B.
    package let scores: ScorePair?
    /// The output as it is; in order `ba` it calls the caller's B "A".
    package let raw: String
  }

  package struct Timings: Sendable, Equatable {
    package let queueMilliseconds: Double
    package let prefillMilliseconds: Double
    package let decodeMilliseconds: Double
    package let totalMilliseconds: Double
  }

  package let id: String
  package let model: String
  package let criteria: String?
  package let eval: String?
  /// Nil exactly where `isWellFormed` is false.
  package let scores: ScorePair?
  /// Nil where there is no verdict or no response B.
  package let winner: Winner?
  package let margin: Double?
  /// 0...1.
  package let probabilityA: Double?
  package let isWellFormed: Bool
  /// The server's word for why there is no verdict; a newer server may have new ones.
  package let failureKind: String?
  package let finishReason: FinishReason
  package let runs: [Run]
  package let orderConsistent: Bool?
  package let exemplarsDropped: Int
  package let usage: Usage
  package let timings: Timings
  package let scorerVersion: String

  private static let limits = JSONLimits(bytesMax: 64 << 20, depthMax: 64, valuesMax: 65_536)

  /// Reads the body of an answer.
  ///
  /// - Throws: `malformed`, naming the member at fault.
  package init(body: [UInt8]) throws(RemoteFault) {
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONReader.value(body, limits: Self.limits)
    } catch {
      throw .malformed(reason: "not JSON: \(error); it begins with \(Excerpt.text(body))")
    }
    let answer = MemberReader(document, at: "")
    guard try answer.text("object") == "persrm.score" else {
      throw .malformed(reason: "object must be persrm.score: this is no PersRM server")
    }
    id = try answer.text("id")
    model = try answer.text("model")
    criteria = try answer.optionalText("criteria")
    eval = try answer.optionalText("eval")
    scores = try Self.scores(answer.optionalObject("scores"))
    winner = try answer.optionalChoice("winner")
    margin = try answer.optionalNumber("margin", in: -9...9)
    probabilityA = try answer.optionalNumber("probability_a", in: 0...1)
    isWellFormed = try answer.flag("well_formed")
    failureKind = try answer.optionalText("failure_kind").map { Excerpt.text($0) }
    finishReason = try answer.choice("finish_reason")
    var runs: [Run] = []
    for run in try answer.objects("orders") {
      runs.append(
        Run(
          order: try run.choice("order"), scores: try Self.scores(run.optionalObject("scores")),
          raw: try run.text("raw")))
    }
    self.runs = runs
    orderConsistent = try answer.optionalFlag("order_consistent")
    exemplarsDropped = try answer.object("truncated").count("exemplars_dropped")
    let usage = try answer.object("usage")
    self.usage = Usage(
      promptTokens: try usage.count("prompt_tokens"),
      cachedTokens: try usage.optionalObject("prompt_tokens_details")?.count("cached_tokens") ?? 0,
      completionTokens: try usage.count("completion_tokens"))
    let timings = try answer.object("timings")
    self.timings = Timings(
      queueMilliseconds: try timings.milliseconds("queue_ms"),
      prefillMilliseconds: try timings.milliseconds("prefill_ms"),
      decodeMilliseconds: try timings.milliseconds("decode_ms"),
      totalMilliseconds: try timings.milliseconds("total_ms"))
    scorerVersion = try answer.text("scorer_version")
    try checkAgreement()
  }

  /// What is well formed has scores and no failure, and the other way round.
  private func checkAgreement() throws(RemoteFault) {
    func agree(_ name: String, _ isThere: Bool) throws(RemoteFault) {
      if !isThere { throw .malformed(reason: "\(name) does not agree with well_formed \(isWellFormed)") }
    }
    try agree("scores", (scores != nil) == isWellFormed)
    try agree("failure_kind", (failureKind == nil) == isWellFormed)
    try agree("winner", (winner != nil) == (scores?.b != nil))
    try agree("margin", (margin != nil) == (scores?.b != nil))
    try agree("probability_a", isWellFormed || probabilityA == nil)
  }

  private static func scores(_ value: MemberReader?) throws(RemoteFault) -> ScorePair? {
    guard let value else { return nil }
    let b = try value.optionalNumber("b", in: 1...10)
    guard let a = try value.optionalNumber("a", in: 1...10) else {
      throw .malformed(reason: "\(value.place("a")) must be a number, not null")
    }
    return ScorePair(a: a, b: b)
  }
}
