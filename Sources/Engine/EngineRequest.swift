package import Synchronization

/// How the next token is drawn from the model's distribution.
package struct SamplingParameters: Sendable, Equatable {
  /// 0 takes the most likely token; otherwise logits are divided by this.
  package var temperature: Float
  /// Only the k most likely tokens; 0 is all.
  package var topK: Int
  /// Only the fewest most likely tokens whose probabilities reach this sum; 1 is all.
  package var topP: Float
  /// Only tokens at least this many times as likely as the most likely one; 0 is all.
  package var minP: Float
  /// Which draws are made. Equal requests with equal seeds get equal tokens, whatever runs beside them.
  package var seed: UInt64

  package init(temperature: Float = 0, topK: Int = 0, topP: Float = 1, minP: Float = 0, seed: UInt64 = 0) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.seed = seed
  }
}

/// One sequence for the engine to continue.
package struct EngineRequest: Sendable {
  /// The tokens to continue; at least one.
  package var prompt: [Int32]
  /// Tokens to generate at most, forced ones included; 0 only computes log-probabilities.
  package var maxTokens: Int
  package var sampling: SamplingParameters
  /// Generation stops at these; the stop token is not part of the output.
  package var stopTokens: Set<Int32>
  /// A form the output must keep; nil where anything goes.
  package var constraint: (any TokenConstraint)?
  /// Index into `prompt` from which the log-probability of each given token is wanted; 1 or more.
  package var logProbabilitiesFrom: Int?
  /// Whether the result has `draws`: what learning from one's own samples needs.
  package var returnsLogProbabilities: Bool
  /// The place in the queue of a finished sequence whose work this one goes on with: it waits behind nobody who came
  /// after that one, and is never refused because the queue is full. At the end where it is nil.
  package var place: Int?
  /// Work that has not begun by then fails with `queueTimeout`.
  package var queueDeadline: ContinuousClock.Instant?
  /// Work that has not ended by then fails with `deadlineExceeded`.
  package var deadline: ContinuousClock.Instant?

  package init(
    prompt: [Int32], maxTokens: Int, sampling: SamplingParameters = SamplingParameters(),
    stopTokens: Set<Int32> = [], constraint: (any TokenConstraint)? = nil, logProbabilitiesFrom: Int? = nil,
    returnsLogProbabilities: Bool = false, place: Int? = nil,
    queueDeadline: ContinuousClock.Instant? = nil, deadline: ContinuousClock.Instant? = nil
  ) {
    self.prompt = prompt
    self.maxTokens = maxTokens
    self.sampling = sampling
    self.stopTokens = stopTokens
    self.constraint = constraint
    self.logProbabilitiesFrom = logProbabilitiesFrom
    self.returnsLogProbabilities = returnsLogProbabilities
    self.place = place
    self.queueDeadline = queueDeadline
    self.deadline = deadline
  }

  /// Why its time is over, if it is.
  func expiry(at now: ContinuousClock.Instant, hasBegun: Bool) -> EngineError? {
    if let deadline, now >= deadline { return .deadlineExceeded }
    if !hasBegun, let queueDeadline, now >= queueDeadline { return .queueTimeout }
    return nil
  }
}

/// What became of a sequence.
package struct EngineResult: Sendable {
  package enum FinishReason: String, Sendable {
    /// A stop token, or the constraint's form is whole.
    case stop
    /// `maxTokens` were generated.
    case length
  }

  /// A token that was drawn, with two views of how likely it was.
  ///
  /// A policy gradient is of the model's own distribution, at temperature 1 and with nothing masked, so that is what a
  /// trainer's log probabilities are compared with (`logProbability`, equal to the bit to what scoring the tokens as
  /// a prompt gives). What corrects for where samples come from needs the distribution that they really came from:
  /// after temperature, mask and filters (`samplingLogProbability`). At temperature 1 without mask and filters both are
  /// the same number.
  package struct Draw: Sendable, Equatable {
    package var token: Int32
    /// ln p under the model's own distribution: temperature 1, no mask, no filter.
    package var logProbability: Float
    /// ln p under the distribution that it was drawn from; 0 for a greedy choice, which is certain.
    package var samplingLogProbability: Float

    package init(token: Int32, logProbability: Float, samplingLogProbability: Float) {
      self.token = token
      self.logProbability = logProbability
      self.samplingLogProbability = samplingLogProbability
    }
  }

  package var tokens: [Int32]
  /// ln p of each generated token under the model's own distribution (temperature 1, no mask); nil for forced tokens,
  /// whose distributions are never computed.
  package var logProbabilities: [Float?]
  /// Every token that was drawn, in order, where the request asked for it: of `tokens` those that were not forced, and
  /// the stop token that ended the output, which is as much a choice of the model's as any. Empty otherwise.
  package var draws: [Draw]
  /// ln p of each prompt token from `logProbabilitiesFrom` on.
  package var promptLogProbabilities: [Float]
  package var finishReason: FinishReason
  package var promptTokens: Int
  /// Tokens of the prompt whose keys and values were found in the cache.
  package var cachedTokens: Int
  package var constraint: (any TokenConstraint)?
  /// Its place in the queue, for a sequence that goes on with its work; nil where there was nothing to compute.
  package var place: Int?
  package var queueSeconds: Double
  package var prefillSeconds: Double
  package var decodeSeconds: Double
}

/// Why a sequence was not finished, or not begun.
package enum EngineError: Error, Sendable, Equatable {
  /// The prompt and what may follow it are longer than the engine takes.
  case tooLong(tokens: Int, max: Int)
  /// A token outside the vocabulary, or an empty prompt.
  case invalidPrompt
  /// As many sequences wait as may.
  case queueFull(max: Int)
  /// Waited until `queueDeadline` without beginning.
  case queueTimeout
  /// Not finished by `deadline`.
  case deadlineExceeded
  /// The caller gave up.
  case cancelled
  /// The engine is shutting down.
  case shutDown
}

/// Sizes of the engine.
package struct EngineLimits: Sendable {
  /// Sequences computed together at most.
  package var sequencesMax: Int
  /// Tokens of one forward pass at most: bounds how long a prompt can hold up those that are decoding.
  package var stepTokensMax: Int
  /// Tokens of one sequence, prompt and output.
  package var contextTokensMax: Int
  /// Blocks of 16 tokens in the key-value cache.
  package var blockCount: Int
  /// Sequences that may wait.
  package var queueMax: Int

  package init(
    sequencesMax: Int = 32, stepTokensMax: Int = 512, contextTokensMax: Int, blockCount: Int, queueMax: Int = 2048
  ) {
    self.sequencesMax = sequencesMax
    self.stepTokensMax = stepTokensMax
    self.contextTokensMax = contextTokensMax
    self.blockCount = blockCount
    self.queueMax = queueMax
  }
}

/// Counters the engine keeps; read at any time without stopping it.
package final class EngineStatistics: Sendable {
  package let running = Atomic<Int>(0)
  package let waiting = Atomic<Int>(0)
  package let blocksInUse = Atomic<Int>(0)
  package let prefixQueryTokens = Atomic<Int>(0)
  package let prefixHitTokens = Atomic<Int>(0)
  package let promptTokens = Atomic<Int>(0)
  package let generatedTokens = Atomic<Int>(0)
  package let steps = Atomic<Int>(0)
  package let preemptions = Atomic<Int>(0)
  package let cancelled = Atomic<Int>(0)
  /// When the last pass began or, if later, work came after a pause; in nanoseconds of uptime.
  package let lastStepAt = Atomic<UInt64>(0)
}
