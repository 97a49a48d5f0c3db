/// The judge's question: which of two responses would the writer of the exemplars have written?
package struct Comparison: Sendable, Hashable {
  package var query: String
  /// Texts one person wrote, oldest first; at least one.
  package var exemplars: [String]
  package var responseA: String
  /// Nil where one response is judged by itself, which only the method `likelihood` can.
  package var responseB: String?

  package init(query: String, exemplars: [String], responseA: String, responseB: String?) {
    self.query = query
    self.exemplars = exemplars
    self.responseA = responseA
    self.responseB = responseB
  }

  /// Those there are, A first.
  package var responses: [String] { [responseA] + (responseB.map { [$0] } ?? []) }

  /// The most exemplars one comparison may have.
  package static let exemplarsMax = 16
}

/// Which of the caller's responses the model sees as its response A.
package enum SlotOrder: String, Sendable, Hashable, CaseIterable {
  /// The caller's A first.
  case ab
  /// The caller's B first, under the name A.
  case ba
}

/// Which orders are judged.
package enum OrderOption: String, Sendable, Hashable, CaseIterable {
  case ab
  case ba
  /// Both, and the scores averaged, so that a preference for the first slot cancels out.
  case both

  package var slots: [SlotOrder] {
    switch self {
    case .ab: [.ab]
    case .ba: [.ba]
    case .both: [.ab, .ba]
    }
  }
}

/// How a comparison is judged.
package struct JudgeOptions: Sendable, Hashable {
  /// `verdict` and `likelihood` are functions of the texts alone: they take one sample, at temperature 0, and neither
  /// `minTokens`, `maxTokens` nor `constrained` means anything to them; nor, to `likelihood`, `order`.
  package var method: JudgeMethod
  package var order: OrderOption
  /// Draws for each order, 1...`samplesMax`. At temperature 0 all draws are equal, so only one is made.
  package var samples: Int
  /// How tokens are drawn. The seed is the request's; each draw gets its own, derived from it.
  package var sampling: SamplingParameters
  /// See `GenerationRequest`.
  package var minTokens: Int
  package var maxTokens: Int
  /// Whether output is held to `VerdictGrammar`.
  package var constrained: Bool
  /// Whether the prompt carries measurements of the texts; nil as the judge's model was trained
  /// (`PairJudge.showsEvidence`). Means nothing to `likelihood`.
  package var evidence: Bool?
  package var priority: Priority
  package var queueDeadline: ContinuousClock.Instant?
  package var deadline: ContinuousClock.Instant?

  package init(
    method: JudgeMethod = .reasoning, order: OrderOption = .ab, samples: Int = 1,
    sampling: SamplingParameters = SamplingParameters(), minTokens: Int = 0, maxTokens: Int = 512,
    constrained: Bool = true, evidence: Bool? = nil, priority: Priority = .interactive,
    queueDeadline: ContinuousClock.Instant? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) {
    self.method = method
    self.order = order
    self.samples = samples
    self.sampling = sampling
    self.minTokens = minTokens
    self.maxTokens = maxTokens
    self.constrained = constrained
    self.evidence = evidence
    self.priority = priority
    self.queueDeadline = queueDeadline
    self.deadline = deadline
  }

  /// The most draws for each order: more would not move the mean by a tenth of a point, and each holds a sequence.
  package static let samplesMax = 16
}
