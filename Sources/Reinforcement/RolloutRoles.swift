/// A completion asked of the engine that rolls out: token ids in, nothing of texts.
package struct RolloutRequest: Sendable, Equatable {
  package var prompt: [Int32]
  /// Tokens drawn at most, the end of turn included.
  package var maxTokens: Int
  package var temperature: Double
  package var topP: Double
  package var seed: UInt64

  package init(prompt: [Int32], maxTokens: Int, temperature: Double, topP: Double, seed: UInt64) {
    self.prompt = prompt
    self.maxTokens = maxTokens
    self.temperature = temperature
    self.topP = topP
    self.seed = seed
  }
}

/// A completion.
package struct RolloutResult: Sendable, Equatable {
  /// What was drawn, the end of turn included; at least one.
  package var tokens: [Int32]
  /// ln p of each under the distribution that it was drawn from.
  package var logProbabilities: [Float]
  /// Whether it ended by itself, rather than at `maxTokens`.
  package var isComplete: Bool
  /// The output, special tokens left out.
  package var text: String

  package init(tokens: [Int32], logProbabilities: [Float], isComplete: Bool, text: String) {
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.isComplete = isComplete
    self.text = text
  }
}

/// Draws completions, unconstrained, with the weights that were last put into it.
package protocol RolloutEngine: Sendable {
  /// - Returns: one for each request, in their order. The same requests get the same completions from the same weights.
  func complete(_ requests: [RolloutRequest]) async throws -> [RolloutResult]
}

/// A prompt with a completion and what a loss wants to know of it.
package struct PolicySequence: Sendable, Equatable {
  package var prompt: [Int32]
  /// At least one token.
  package var completion: [Int32]
  /// ln q of each token; nil where the step has one update, which begins with q.
  package var old: [Float]?
  /// ln e.
  package var rollout: [Float]?
  /// ln f; nil where beta is 0.
  package var reference: [Float]?
  package var advantage: Double

  package init(
    prompt: [Int32], completion: [Int32], old: [Float]? = nil, rollout: [Float]? = nil, reference: [Float]? = nil,
    advantage: Double
  ) {
    self.prompt = prompt
    self.completion = completion
    self.old = old
    self.rollout = rollout
    self.reference = reference
    self.advantage = advantage
  }
}

/// What an update did.
package struct PolicyUpdate: Sendable, Equatable {
  package var statistics: PolicyStatistics
  package var learningRate: Double
  /// Before clipping.
  package var gradientNorm: Double

  package init(statistics: PolicyStatistics, learningRate: Double, gradientNorm: Double) {
    self.statistics = statistics
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
  }
}

/// The model that learns. All calls come one after another.
package protocol Policy {
  /// ln p of each token of each completion, by the policy as it is now.
  mutating func logProbabilities(_ sequences: [PolicySequence]) throws -> [[Float]]

  /// The same by the reference policy: the weights without what was learnt since.
  mutating func referenceLogProbabilities(_ sequences: [PolicySequence]) throws -> [[Float]]

  /// One update of the weights.
  ///
  /// - Parameter weights: of each token of each sequence; fixed by the whole batch, however it is cut.
  mutating func update(
    _ sequences: [PolicySequence], weights: [Double], objective: PolicyObjective
  ) throws -> PolicyUpdate

  /// Puts the weights as they are now into the engine that rolls out.
  mutating func publish() async throws
}

/// Where questions come from, and what answers are worth.
package protocol RolloutTask: Sendable {
  /// The next questions, on from the cursor.
  mutating func next(_ count: Int, samples: Int) throws -> [RolloutQuestion]

  /// One for each answer, in their order.
  func outcomes(_ question: RolloutQuestion, _ answers: [RolloutResult]) -> [VerdictReward.Outcome]

  /// Where it stands; a task that goes on from it asks what this one would have.
  var cursor: RolloutCursor { get }

  /// Goes on from a cursor of an equal task.
  mutating func resume(at cursor: RolloutCursor) throws
}

/// One group's prompts.
package struct RolloutQuestion: Sendable, Equatable {
  /// Its place in the run, from 0.
  package var number: Int
  /// Such as a pair's id.
  package var name: String
  /// See `RolloutRecord.labels`.
  package var labels: [String]
  /// One for each sample; most are equal, and share a prefix at least.
  package var prompts: [[Int32]]

  package init(number: Int, name: String, labels: [String] = [], prompts: [[Int32]]) {
    self.number = number
    self.name = name
    self.labels = labels
    self.prompts = prompts
  }
}
