import Stylometry

/// Judges comparisons with a language model.
///
/// Theory of operation. A comparison becomes one prompt for each order (`PromptTemplate`), after the first exemplars
/// are left out as far as the context demands. Each prompt is generated from once for each sample; all runs are
/// concurrent, so that an engine batches them. Each output is read by the strict `VerdictParser` and mapped back to the
/// caller's A and B, and `Aggregation` makes one answer of them. Nothing here knows a tokenizer, a clock, a socket or a
/// file: those are behind `Generator` or injected.
///
/// Equal comparisons with equal options have equal judgements but for timings and cached tokens, as far as the
/// generator keeps its promises.
package struct PairJudge: Sendable {
  package let generator: any Generator
  package let template: PromptTemplate
  /// Whether a prompt carries measurements where a request does not say.
  package let showsEvidence: Bool
  /// `sha256:` and 64 hexadecimal digits; changes whenever a score could.
  package let scorerVersion: String
  private let digest: @Sendable ([UInt8]) -> [UInt8]
  private let calibrations: [JudgeMethod: Calibration]
  private let unconditional = LikelihoodCache()

  /// - Parameters:
  ///   - showsEvidence: as the model was trained.
  ///   - calibrations: how margins become probabilities, by method; a method without one states the model's own.
  ///   - digest: SHA-256 of bytes, injected so that the judge needs no cryptography library.
  package init(
    generator: any Generator, template: PromptTemplate = PromptTemplate(), showsEvidence: Bool = false,
    calibrations: [JudgeMethod: Calibration] = [:], digest: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) {
    self.generator = generator
    self.template = template
    self.showsEvidence = showsEvidence
    self.digest = digest
    self.calibrations = calibrations
    let temperatures = JudgeMethod.allCases.compactMap { method in
      calibrations[method].map { "\(method.rawValue) \($0.temperature)" }
    }
    let parts: [[UInt8]] =
      [generator.fingerprint]
      + [
        PromptTemplate.version, PromptTemplate.instructions, VerdictGrammar.version, VerdictParser.version,
        Aggregation.version, LikelihoodScale.version, EvidenceBlock.version, showsEvidence ? "evidence" : "",
        temperatures.joined(separator: ","),
      ].map { Array($0.utf8) }
    // Each part after its length, so that no two lists of parts are the same bytes.
    scorerVersion = "sha256:" + Self.hexadecimal(digest(parts.flatMap { Array("\($0.count):".utf8) + $0 }))
  }

  /// What a comparison needs to fit the context.
  package struct Fit: Sendable, Equatable {
    /// Of the longest order's prompt.
    package let promptTokens: Int
    /// Exemplars left out, from the first on.
    package let exemplarsDropped: Int
  }

  /// Finds how many exemplars must go, oldest first, so that prompt and `maxTokens` fit the context. One always stays.
  ///
  /// - Complexity: counts the tokens of one prompt for each order, or of about log2(exemplars) + 1 where one must go:
  ///   dropping an exemplar removes its whole block, so the count falls with each and the first that fits is searched.
  package func fit(_ comparison: Comparison, options: JudgeOptions) throws(JudgeError) -> Fit {
    precondition(!comparison.exemplars.isEmpty, "a comparison has an exemplar")
    func tokens(_ dropping: Int) -> Int {
      if options.method == .likelihood {
        let prefix = LikelihoodScale.prefix(comparison, dropping: dropping)
        return comparison.responses.map {
          generator.countTokens(LikelihoodRequest(prefix: prefix, text: $0))
        }.max() ?? 0
      }
      return options.order.slots.map { order in
        generator.countTokens(
          template.prompt(
            comparison, order: order, dropping: dropping, evidence: showsEvidence(options)))
      }.max() ?? 0
    }
    let outputTokens = Self.outputTokensMax(options)
    let budget = generator.contextTokensMax - outputTokens
    var fitting = Fit(promptTokens: tokens(0), exemplarsDropped: 0)
    if fitting.promptTokens <= budget { return fitting }
    var (low, high) = (1, comparison.exemplars.count - 1)
    if high > 0 { fitting = Fit(promptTokens: tokens(high), exemplarsDropped: high) }
    guard fitting.promptTokens <= budget else {
      throw .promptTooLong(
        promptTokens: fitting.promptTokens, maxTokens: outputTokens, contextTokens: generator.contextTokensMax,
        exemplarsDropped: fitting.exemplarsDropped)
    }
    while low < high {
      let middle = (low + high) / 2
      let candidate = Fit(promptTokens: tokens(middle), exemplarsDropped: middle)
      if candidate.promptTokens <= budget {
        fitting = candidate
        high = middle
      } else {
        low = middle + 1
      }
    }
    return fitting
  }

  /// A prompt for a person to read.
  package struct Preview: Sendable, Equatable {
    /// Special tokens spelled out.
    package let text: String
    package let tokens: Int
    /// Of `tokens`, those that any request with the same exemplars begins with.
    package let sharedTokens: Int
    package let exemplarsDropped: Int
  }

  /// The prompt that `judge` would use first; with the method `likelihood`, the exemplars and response A.
  package func preview(_ comparison: Comparison, options: JudgeOptions) throws(JudgeError) -> Preview {
    let dropped = try fit(comparison, options: options).exemplarsDropped
    if options.method == .likelihood {
      let prefix = LikelihoodScale.prefix(comparison, dropping: dropped)
      let request = LikelihoodRequest(prefix: prefix, text: comparison.responseA)
      return Preview(
        text: generator.render(request), tokens: generator.countTokens(request),
        sharedTokens: generator.countTokens(LikelihoodRequest(prefix: prefix, text: "")), exemplarsDropped: dropped)
    }
    let prompt = template.prompt(
      comparison, order: options.order.slots[0], dropping: dropped, evidence: showsEvidence(options))
    // A request that has nothing but the exemplars in common.
    let other = template.prompt(
      Comparison(query: "", exemplars: comparison.exemplars, responseA: "", responseB: ""), order: .ab,
      dropping: dropped, evidence: showsEvidence(options))
    return Preview(
      text: generator.render(prompt), tokens: generator.countTokens(prompt),
      sharedTokens: generator.countSharedTokens(prompt, other), exemplarsDropped: dropped)
  }

  /// Judges a comparison. Cancelling the calling task cancels every run.
  ///
  /// - Precondition: options are in the ranges their fields name; there are two responses, or the method is
  ///   `likelihood`.
  package func judge(_ comparison: Comparison, options: JudgeOptions) async throws(JudgeError) -> Judgement {
    let fitting = try fit(comparison, options: options)
    if options.method == .likelihood {
      try checkTokens(comparison)
      return try await judgeLikelihood(comparison, fitting, options: options)
    }
    let plans = plans(comparison, options: options, dropping: fitting.exemplarsDropped)
    let generations = try await generate(plans.map(\.request))
    var usage = Usage()
    var timings = GenerationTimings()
    for generation in generations {
      usage.promptTokens += generation.promptTokens
      usage.cachedTokens += generation.cachedTokens
      usage.completionTokens += generation.completionTokens
      timings = timings.slowest(generation.timings)
    }
    return Aggregation.judgement(
      method: options.method,
      runs: zip(plans, generations).map { plan, generation in
        Aggregation.run(generation, order: plan.order, sample: plan.sample, method: options.method)
      },
      exemplarsUsed: comparison.exemplars.count - fitting.exemplarsDropped, exemplarsDropped: fitting.exemplarsDropped,
      usage: usage, timings: timings, calibration: calibrations[options.method])
  }

  /// The seed of one draw: the same for both orders, different for each sample. SplitMix64 (Steele et al. 2014), whose
  /// outputs for consecutive states are distinct.
  package static func sampleSeed(_ seed: UInt64, sample: Int) -> UInt64 {
    var mixed = seed &+ 0x9E37_79B9_7F4A_7C15 &* (UInt64(sample) + 1)
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  private func showsEvidence(_ options: JudgeOptions) -> Bool { options.evidence ?? showsEvidence }

  /// Tokens the model may write.
  private static func outputTokensMax(_ options: JudgeOptions) -> Int {
    switch options.method {
    case .reasoning: options.maxTokens
    case .verdict: VerdictGrammar.maxTokensMin
    case .likelihood: 0
    }
  }

  // MARK: Likelihood

  /// - Throws: `responsesWithoutTokens` where a response is made of characters the vocabulary lacks.
  private func checkTokens(_ comparison: Comparison) throws(JudgeError) {
    func tokens(_ text: String) -> Int { generator.countTokens(LikelihoodRequest(prefix: "", text: text)) }
    let nothing = tokens("")
    let empty = zip(ResponseName.allCases, comparison.responses)
      .filter { tokens($0.1) <= nothing }
    if !empty.isEmpty { throw .responsesWithoutTokens(empty.map(\.0)) }
  }

  private func judgeLikelihood(
    _ comparison: Comparison, _ fitting: Fit, options: JudgeOptions
  ) async throws(JudgeError) -> Judgement {
    let prefix = LikelihoodScale.prefix(comparison, dropping: fitting.exemplarsDropped)
    let requests = comparison.responses.flatMap { text in
      [prefix, ""].map {
        LikelihoodRequest(
          prefix: $0, text: text, priority: options.priority, queueDeadline: options.queueDeadline,
          deadline: options.deadline)
      }
    }
    let results = try await Self.all(requests) { request async throws(GenerationError) in
      try await likelihood(request)
    }
    var usage = Usage()
    var timings = GenerationTimings()
    for result in results {
      usage.promptTokens += result.promptTokens
      usage.cachedTokens += result.cachedTokens
      timings = timings.slowest(result.timings)
    }
    return Aggregation.judgement(
      gainA: results[0].meanLogProbability - results[1].meanLogProbability,
      gainB: results.count > 2 ? results[2].meanLogProbability - results[3].meanLogProbability : nil,
      exemplarsUsed: comparison.exemplars.count - fitting.exemplarsDropped, exemplarsDropped: fitting.exemplarsDropped,
      usage: usage, timings: timings, calibration: calibrations[.likelihood])
  }

  /// A text's likelihood; without a prefix, from the cache where it is known.
  private func likelihood(_ request: LikelihoodRequest) async throws(GenerationError) -> Likelihood {
    guard request.prefix.isEmpty else { return try await finite(request) }
    let key = digest(Array(request.text.utf8))
    if var known = unconditional.find(key) {
      known.cachedTokens = known.promptTokens
      known.timings = GenerationTimings()
      return known
    }
    let result = try await finite(request)
    unconditional.store(result, for: key)
    return result
  }

  /// What is no number must not become a score.
  private func finite(_ request: LikelihoodRequest) async throws(GenerationError) -> Likelihood {
    let result = try await generator.likelihood(request)
    guard result.meanLogProbability.isFinite else { throw .failed("a likelihood is not a number") }
    return result
  }

  private struct Plan {
    let order: SlotOrder
    let sample: Int
    let request: GenerationRequest
  }

  private func plans(_ comparison: Comparison, options: JudgeOptions, dropping: Int) -> [Plan] {
    let isVerdict = options.method == .verdict
    let samples = options.sampling.temperature == 0 || isVerdict ? 1 : options.samples
    return options.order.slots.flatMap { order in
      let prompt = template.prompt(
        comparison, order: order, dropping: dropping, evidence: showsEvidence(options))
      return (0..<samples).map { sample in
        var sampling = isVerdict ? SamplingParameters() : options.sampling
        sampling.seed = Self.sampleSeed(options.sampling.seed, sample: sample)
        let request = GenerationRequest(
          prompt: prompt, grammar: options.constrained || isVerdict ? VerdictGrammar() : nil, scoresOnly: isVerdict,
          minTokens: isVerdict ? 0 : options.minTokens, maxTokens: Self.outputTokensMax(options), sampling: sampling,
          priority: options.priority, queueDeadline: options.queueDeadline, deadline: options.deadline)
        return Plan(order: order, sample: sample, request: request)
      }
    }
  }

  /// One request's end.
  private struct Outcome<Value: Sendable>: Sendable {
    let index: Int
    let result: Result<Value, GenerationError>
  }

  private func generate(_ requests: [GenerationRequest]) async throws(JudgeError) -> [Generation] {
    let generator = generator
    return try await Self.all(requests) { request async throws(GenerationError) in
      try await generator.generate(request)
    }
  }

  /// Runs all requests at once; answers come in the requests' order. The first failure cancels the others.
  private static func all<Request: Sendable, Value: Sendable>(
    _ requests: [Request], _ run: @escaping @Sendable (Request) async throws(GenerationError) -> Value
  ) async throws(JudgeError) -> [Value] {
    let results = await withTaskGroup(of: Outcome<Value>.self) { group in
      for (index, request) in requests.enumerated() {
        group.addTask {
          do throws(GenerationError) {
            return Outcome(index: index, result: .success(try await run(request)))
          } catch {
            return Outcome(index: index, result: .failure(error))
          }
        }
      }
      var results = [Result<Value, GenerationError>](repeating: .failure(.cancelled), count: requests.count)
      for await outcome in group {
        results[outcome.index] = outcome.result
        if case .failure = outcome.result { group.cancelAll() }
      }
      return results
    }
    // The cause, rather than the cancellations it led to.
    for case .failure(let error) in results where error != .cancelled { throw .generation(error) }
    var values: [Value] = []
    for result in results {
      guard case .success(let value) = result else { throw .generation(.cancelled) }
      values.append(value)
    }
    return values
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }
}

/// Why a comparison has no judgement at all. None of these is ever turned into a score.
package enum JudgeError: Error, Sendable, Equatable {
  /// With all exemplars but one left out, prompt and output still do not fit the context.
  case promptTooLong(promptTokens: Int, maxTokens: Int, contextTokens: Int, exemplarsDropped: Int)
  /// These responses have no token, so the method `likelihood` can say nothing of them.
  case responsesWithoutTokens([ResponseName])
  /// A run failed.
  case generation(GenerationError)

  package var failureKind: FailureKind {
    switch self {
    case .promptTooLong, .generation(.promptTooLong): .promptTooLong
    case .responsesWithoutTokens: .noTokens
    case .generation(.cancelled): .cancelled
    case .generation(.queueTimeout), .generation(.deadlineExceeded): .transportTimeout
    case .generation(.queueFull), .generation(.shuttingDown): .shutdown
    case .generation(.failed): .judgeFailed
    }
  }
}

extension GenerationTimings {
  /// The larger of each part.
  fileprivate func slowest(_ other: GenerationTimings) -> GenerationTimings {
    GenerationTimings(
      queueMilliseconds: max(queueMilliseconds, other.queueMilliseconds),
      prefillMilliseconds: max(prefillMilliseconds, other.prefillMilliseconds),
      decodeMilliseconds: max(decodeMilliseconds, other.decodeMilliseconds))
  }
}
