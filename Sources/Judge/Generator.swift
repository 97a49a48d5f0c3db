/// The judge's only door to a language model. The local engine, a remote teacher and the tests' scripted fake are three
/// generators; the judge knows none of them by name.
///
/// What every generator promises:
/// - `generate` answers the same request with the same text, token counts and distributions, whatever else runs;
/// - the contents of a prompt's messages are plain text: special tokens come from the chat format alone;
/// - `Generation.text` is the model's own output and nothing of the prompt;
/// - cancelling the calling task ends the generation soon and throws `GenerationError.cancelled`.
package protocol Generator: Sendable {
  /// The name answers and metrics carry.
  var modelName: String { get }
  /// Tokens that prompt and output may take together.
  var contextTokensMax: Int { get }
  /// Changes whenever the weights, the adapter, the tokenizer or the chat format do; goes into `scorer_version`.
  var fingerprint: [UInt8] { get }

  /// The exact number of tokens of a prompt, chat format included.
  func countTokens(_ prompt: Prompt) -> Int
  /// How many tokens two prompts have in common from their start, chat format included: what a prefix cache can share.
  func countSharedTokens(_ first: Prompt, _ second: Prompt) -> Int
  /// The prompt as the chat format writes it, special tokens spelled out; for people to read.
  func render(_ prompt: Prompt) -> String
  /// A text with its prefix as the model reads them, special tokens spelled out; for people to read.
  func render(_ request: LikelihoodRequest) -> String
  /// The exact number of tokens of a text with its prefix.
  func countTokens(_ request: LikelihoodRequest) -> Int
  /// How likely the model finds a text; it has at least one token.
  func likelihood(_ request: LikelihoodRequest) async throws(GenerationError) -> Likelihood
  /// Runs the model on one request.
  func generate(_ request: GenerationRequest) async throws(GenerationError) -> Generation
}

/// Messages for the model, before the chat format is applied.
package struct Prompt: Sendable, Hashable {
  /// Who speaks.
  package enum Role: String, Sendable, Hashable {
    case system
    case user
  }

  /// One message: plain text, in which nothing is a special token.
  package struct Message: Sendable, Hashable {
    package var role: Role
    package var content: String

    package init(role: Role, content: String) {
      self.role = role
      self.content = content
    }
  }

  /// In order; the model's turn follows the last.
  package var messages: [Message]

  package init(messages: [Message]) { self.messages = messages }
}

/// How one token is drawn. `temperature` 0 is greedy; the other fields are then unused.
package struct SamplingParameters: Sendable, Hashable {
  /// 0 is greedy; otherwise logits are divided by it.
  package var temperature: Double
  /// Keep only the `topK` likeliest tokens; 0 keeps all.
  package var topK: Int
  /// Keep the smallest set of likeliest tokens whose probability reaches this, in (0, 1]; 1 keeps all.
  package var topP: Double
  /// Drop tokens less likely than this fraction of the likeliest one, in [0, 1); 0 keeps all.
  package var minP: Double
  /// Start of this request's own random numbers.
  package var seed: UInt64

  package init(temperature: Double = 0, topK: Int = 0, topP: Double = 1, minP: Double = 0, seed: UInt64 = 0) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.seed = seed
  }
}

/// Who goes first when requests wait.
package enum Priority: Int, Sendable, Hashable {
  case batch = 0
  case interactive = 1
}

/// One piece of work for a generator.
package struct GenerationRequest: Sendable, Equatable {
  package var prompt: Prompt
  /// The form the output is held to; nil leaves the model free.
  package var grammar: VerdictGrammar?
  /// Whether the texts are left out and only the scores are the model's; needs a grammar.
  package var scoresOnly: Bool
  /// The texts go on until the output has, at its end, this many tokens or as few more as the form allows.
  package var minTokens: Int
  /// The output never has more tokens, the end of turn included.
  package var maxTokens: Int
  package var sampling: SamplingParameters
  package var priority: Priority
  /// Work that has not begun by then throws `queueTimeout`.
  package var queueDeadline: ContinuousClock.Instant?
  /// Work that has not ended by then throws `deadlineExceeded`.
  package var deadline: ContinuousClock.Instant?

  package init(
    prompt: Prompt, grammar: VerdictGrammar?, scoresOnly: Bool = false, minTokens: Int, maxTokens: Int,
    sampling: SamplingParameters, priority: Priority = .interactive, queueDeadline: ContinuousClock.Instant? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) {
    self.prompt = prompt
    self.grammar = grammar
    self.scoresOnly = scoresOnly
    self.minTokens = minTokens
    self.maxTokens = maxTokens
    self.sampling = sampling
    self.priority = priority
    self.queueDeadline = queueDeadline
    self.deadline = deadline
  }
}

/// Why the model stopped.
package enum FinishReason: String, Sendable, Hashable {
  /// The model ended its turn, or the grammar was complete.
  case stop
  /// `maxTokens` was reached first.
  case length
}

/// How long the parts of a generation took, in milliseconds.
package struct GenerationTimings: Sendable, Equatable {
  /// From submission to the first forward pass.
  package var queueMilliseconds: Double
  /// From there to the first output token.
  package var prefillMilliseconds: Double
  /// From there to the last output token.
  package var decodeMilliseconds: Double

  package init(queueMilliseconds: Double = 0, prefillMilliseconds: Double = 0, decodeMilliseconds: Double = 0) {
    self.queueMilliseconds = queueMilliseconds
    self.prefillMilliseconds = prefillMilliseconds
    self.decodeMilliseconds = decodeMilliseconds
  }
}

/// What the model gave each integer part a score may have, at the place where it wrote one.
package struct ScoreDistribution: Sendable, Equatable {
  /// [10] probabilities of the integer parts 1...10, in that order, over the choices the grammar leaves; they sum to 1.
  package let probabilities: [Double]

  /// - Parameter weights: [10] finite, not negative, for 1...10; scaled to sum to 1.
  /// - Returns: nil where the weights are not ten such numbers or are all zero.
  package init?(weights: [Double]) {
    let sum = weights.reduce(0, +)
    guard weights.count == 10, weights.allSatisfy({ $0 >= 0 && $0.isFinite }), sum > 0, sum.isFinite else { return nil }
    probabilities = weights.map { $0 / sum }
  }

  /// The likeliest integer part, 1...10; of equally likely ones the smallest.
  package var likeliest: Int { 1 + (probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0) }

  /// The mean, 1...10.
  package var mean: Double { probabilities.enumerated().reduce(0) { $0 + $1.element * Double($1.offset + 1) } }

  /// The mean, in tenths, rounded.
  package var meanTenths: Int { Int((mean * 10).rounded()) }
}

/// What a generator answers.
package struct Generation: Sendable, Equatable {
  /// The model's own output, special tokens left out.
  package var text: String
  package var finishReason: FinishReason
  package var promptTokens: Int
  /// How many of `promptTokens` came from a prefix cache.
  package var cachedTokens: Int
  package var completionTokens: Int
  package var timings: GenerationTimings
  /// In the order the two numbers were written; empty where the generator could not tell.
  package var scoreDistributions: [ScoreDistribution]
  /// Probability that the first number is larger, equal ones counting half; nil where only the two distributions are
  /// known, and not how one hangs on the other.
  package var probabilityFirst: Double?

  package init(
    text: String, finishReason: FinishReason, promptTokens: Int, cachedTokens: Int = 0, completionTokens: Int,
    timings: GenerationTimings = GenerationTimings(), scoreDistributions: [ScoreDistribution] = [],
    probabilityFirst: Double? = nil
  ) {
    self.text = text
    self.finishReason = finishReason
    self.promptTokens = promptTokens
    self.cachedTokens = cachedTokens
    self.completionTokens = completionTokens
    self.timings = timings
    self.scoreDistributions = scoreDistributions
    self.probabilityFirst = probabilityFirst
  }
}

/// Why a generator has no answer. None of these is ever turned into a score.
package enum GenerationError: Error, Sendable, Equatable {
  /// Prompt and `maxTokens` do not fit into the context together.
  case promptTooLong(tokens: Int, max: Int)
  /// The calling task was cancelled, most often because the client left.
  case cancelled
  /// No place to wait. `retryAfterSeconds` is an estimate of when there will be one.
  case queueFull(retryAfterSeconds: Int)
  /// Waited until `queueDeadline` without beginning.
  case queueTimeout(retryAfterSeconds: Int)
  /// Began, but had not ended by `deadline`.
  case deadlineExceeded
  /// The process is ending.
  case shuttingDown
  /// The model or its host failed. The reason is for logs, never for answers.
  case failed(String)
}
