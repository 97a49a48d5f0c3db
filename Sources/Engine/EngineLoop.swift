import Dispatch
import Kernels
import ModelFiles
import Models
import Synchronization
import Tensors

/// The engine's state between passes, and one pass: plan, compute, sample. Used by the engine's thread alone.
struct EngineLoop: ~Copyable {
  /// A sequence as the engine sees it.
  private struct Job {
    var request: EngineRequest
    var constraint: (any TokenConstraint)?
    var generated: [Int32] = []
    var logProbabilities: [Float?] = []
    var draws: [EngineResult.Draw] = []
    var promptLogProbabilities: [Float] = []
    /// Whether the constraint forced more than `maxTokens` let in.
    var isCut = false
    /// Why nothing more is to be generated, once that is so.
    var reason: EngineResult.FinishReason?
    let submittedAt: UInt64
    var place: Int?
    var begunAt: UInt64?
    var firstTokenAt: UInt64?
  }

  private var model: DecoderModel
  private let cache: KeyValueCache
  private let buffers: ActivationBuffers
  private let sampler: ParallelSampler
  private let statistics: EngineStatistics
  private var scheduler: Scheduler
  private var jobs: [Int: Job] = [:]

  init(model: DecoderModel, limits: EngineLimits, vocabularySize: Int, statistics: EngineStatistics) {
    self.model = model
    self.statistics = statistics
    cache = KeyValueCache(model.configuration, type: model.keyValueType, blockCount: limits.blockCount)
    buffers = ActivationBuffers(
      model.configuration, tokensMax: limits.stepTokensMax, logitsMax: InferenceEngine.logitsRowsMax)
    sampler = ParallelSampler(
      kernels: model.linear.kernels, vocabularySize: vocabularySize, parallel: model.linear.parallel)
    scheduler = Scheduler(limits: limits, blockTokens: KernelSet.blockTokens)
  }

  var isIdle: Bool { scheduler.isIdle }

  /// Goes on with other weights. Keys and values of the old ones are forgotten, so none is ever reused.
  ///
  /// - Precondition: the loop is idle; the weights have the same shapes.
  mutating func replaceWeights(_ weights: DecoderWeights) {
    scheduler.forgetPrefixes()
    model.replaceWeights(weights)
    publish()
  }

  /// Takes a sequence in; a result at once where there is nothing to compute.
  mutating func add(id: Int, request: EngineRequest, submittedAt: UInt64) -> EngineResult? {
    var job = Job(request: request, constraint: request.constraint, submittedAt: submittedAt)
    let wantsLogProbabilities = request.logProbabilitiesFrom.map { $0 < request.prompt.count } ?? false
    if request.maxTokens > 0 { takeForced(&job) }
    if !wantsLogProbabilities, let reason = finishReason(job) {
      return result(of: job, cachedTokens: 0, reason: reason)
    }
    // The pause before it is over: who watches sees work that waits from now on, and no pass before the next.
    if scheduler.isIdle { statistics.lastStepAt.store(DispatchTime.now().uptimeNanoseconds, ordering: .relaxed) }
    job.place = scheduler.add(
      id: id, tokens: request.prompt + job.generated, promptCount: request.prompt.count,
      cacheableCount: request.logProbabilitiesFrom.map { $0 - 1 }, place: request.place)
    jobs[id] = job
    publish()
    return nil
  }

  mutating func remove(_ id: Int) {
    scheduler.remove(id)
    jobs[id] = nil
    publish()
  }

  /// Takes out the sequences whose time is over, with the reason.
  mutating func expire(at now: ContinuousClock.Instant) -> [(Int, EngineError)] {
    var expired: [(Int, EngineError)] = []
    for (id, job) in jobs {
      if let error = job.request.expiry(at: now, hasBegun: job.begunAt != nil) { expired.append((id, error)) }
    }
    for (id, _) in expired { remove(id) }
    return expired
  }

  /// Runs one pass; returns the sequences it finished.
  mutating func step() -> [(Int, EngineResult)] {
    model.profile?.beginPass()
    let shares = scheduler.plan()
    let now = DispatchTime.now().uptimeNanoseconds
    statistics.lastStepAt.store(now, ordering: .relaxed)
    for share in shares where jobs[share.id]?.begunAt == nil { jobs[share.id]?.begunAt = now }
    let kind = model.profile == nil ? nil : kind(of: shares)
    let (batch, wanted) = batch(of: shares)
    model.forward(batch, cache: cache, buffers: buffers)
    scheduler.complete(shares)
    read(shares, wanted)
    model.profile?.enter(.rest)
    var finished: [(Int, EngineResult)] = []
    for share in shares {
      if let result = consume(share) { finished.append((share.id, result)) }
    }
    statistics.steps.add(1, ordering: .relaxed)
    publish()
    if let kind { model.profile?.endPass(kind) }
    return finished
  }

  /// Whether a pass reads prompts or only writes.
  private func kind(of shares: [Scheduler.Share]) -> PassProfile.Kind {
    let readsPrompt = shares.contains { share in
      jobs[share.id].map { share.range.lowerBound < $0.request.prompt.count } ?? false
    }
    return readsPrompt ? .prefill : .decode
  }

  /// The pass of a plan, and for each share the positions whose rows of logits it wants.
  private func batch(of shares: [Scheduler.Share]) -> (ForwardBatch, [[Int]]) {
    var segments: [ForwardBatch.Segment] = []
    var wanted: [[Int]] = []
    for share in shares {
      guard let sequence = scheduler.running.first(where: { $0.id == share.id }), let job = jobs[share.id] else {
        preconditionFailure("a planned sequence runs")
      }
      var positions: [Int] = []
      if let from = job.request.logProbabilitiesFrom {
        let done = from + job.promptLogProbabilities.count
        positions = share.range.filter { $0 + 1 >= done && $0 + 1 < job.request.prompt.count }
      }
      if share.reachesEnd, job.request.maxTokens > 0 { positions.append(share.range.upperBound - 1) }
      wanted.append(positions)
      segments.append(
        ForwardBatch.Segment(
          tokens: Array(sequence.tokens[share.range]), start: share.range.lowerBound, blocks: sequence.blocks,
          logitsAt: positions.map { $0 - share.range.lowerBound }))
    }
    return (ForwardBatch(segments: segments), wanted)
  }

  /// Reads the rows of logits of a pass, some at a time: log-probabilities of given tokens, and draws.
  private mutating func read(_ shares: [Scheduler.Share], _ wanted: [[Int]]) {
    let rows = zip(shares, wanted).flatMap { share, positions in positions.map { (id: share.id, position: $0) } }
    for first in stride(from: 0, to: rows.count, by: InferenceEngine.logitsRowsMax) {
      let slice = first..<min(rows.count, first + InferenceEngine.logitsRowsMax)
      model.project(slice, buffers: buffers)
      let targets = rows[slice].map { row in jobs[row.id].flatMap { $0.request.prompt[after: row.position] } }
      let given = sampler.logProbabilities(
        of: targets, buffers.logits.pointer, stride: model.configuration.vocabSize)
      var drawn: [(id: Int, row: ParallelSampler.Row)] = []
      for (index, row) in rows[slice].enumerated() {
        if targets[index] != nil {
          jobs[row.id]?.promptLogProbabilities.append(given[index])
        } else if let chosen = choose(row.id, logits: buffers.logits.pointer + index * model.configuration.vocabSize) {
          drawn.append((row.id, chosen))
        }
      }
      for (sequence, draw) in zip(drawn, sampler.draw(drawn.map(\.row))) { take(draw, id: sequence.id) }
    }
  }

  /// Returns a sequence's result where its share finished it.
  private mutating func consume(_ share: Scheduler.Share) -> EngineResult? {
    guard share.reachesEnd, var job = jobs[share.id] else { return nil }
    if job.firstTokenAt == nil {
      job.firstTokenAt = DispatchTime.now().uptimeNanoseconds
      jobs[share.id] = job
    }
    guard let reason = job.request.maxTokens == 0 ? .length : job.reason else { return nil }
    let sequence = scheduler.remove(share.id)
    jobs[share.id] = nil
    statistics.promptTokens.add(job.request.prompt.count, ordering: .relaxed)
    statistics.generatedTokens.add(job.generated.count, ordering: .relaxed)
    return result(of: job, cachedTokens: sequence?.cachedCount ?? 0, reason: reason)
  }

  /// Asks a sequence among which tokens its next one is drawn; nil where it is finished as it is.
  private mutating func choose(_ id: Int, logits: UnsafePointer<Float>) -> ParallelSampler.Row? {
    guard let job = jobs[id] else { return nil }
    if let reason = finishReason(job) {
      jobs[id]?.reason = reason
      return nil
    }
    let choices = jobs[id]?.constraint?.choices() ?? .any
    return ParallelSampler.Row(
      logits: logits, choices: choices, parameters: job.request.sampling, index: job.generated.count,
      tellsSampling: job.request.returnsLogProbabilities)
  }

  /// Gives a sequence its next token, and notes why it is finished, if it is.
  private mutating func take(_ draw: Sampler.Draw, id: Int) {
    guard var job = jobs[id] else { return }
    job.reason = accept(draw, &job, id: id)
    jobs[id] = job
  }

  /// Takes a drawn token and what it forces; returns why the sequence is finished, if it is.
  private mutating func accept(_ draw: Sampler.Draw, _ job: inout Job, id: Int) -> EngineResult.FinishReason? {
    if let sampling = draw.samplingLogProbability {
      job.draws.append(
        EngineResult.Draw(
          token: draw.token, logProbability: draw.logProbability, samplingLogProbability: sampling))
    }
    if job.request.stopTokens.contains(draw.token) { return .stop }
    let before = job.generated.count
    let written = job.constraint?.accept(draw.token, probabilities: draw.probabilities) ?? draw.token
    job.generated.append(written)
    // What the constraint put in a drawn token's place was not sampled, as forced tokens were not.
    job.logProbabilities.append(written == draw.token ? draw.logProbability : nil)
    takeForced(&job)
    if let reason = finishReason(job) { return reason }
    scheduler.append(Array(job.generated[before...]), to: id)
    return nil
  }

  /// Appends what the constraint forces, as far as `maxTokens` allows.
  private func takeForced(_ job: inout Job) {
    while let forced = job.constraint?.takeForcedTokens(), !forced.isEmpty {
      let room = job.request.maxTokens - job.generated.count
      job.isCut = forced.count > room
      job.generated.append(contentsOf: forced.prefix(room))
      job.logProbabilities.append(contentsOf: forced.prefix(room).map { _ in nil })
      if job.isCut { return }
    }
  }

  /// Why nothing more is to be generated, if so. A form whose end was cut off is not whole.
  private func finishReason(_ job: Job) -> EngineResult.FinishReason? {
    if job.isCut { return .length }
    if job.constraint?.isComplete == true { return .stop }
    return job.request.maxTokens > 0 && job.generated.count >= job.request.maxTokens ? .length : nil
  }

  private func result(of job: Job, cachedTokens: Int, reason: EngineResult.FinishReason) -> EngineResult {
    let now = DispatchTime.now().uptimeNanoseconds
    let begun = job.begunAt ?? now
    let first = job.firstTokenAt ?? now
    return EngineResult(
      tokens: job.generated, logProbabilities: job.logProbabilities, draws: job.draws,
      promptLogProbabilities: job.promptLogProbabilities, finishReason: reason,
      promptTokens: job.request.prompt.count, cachedTokens: cachedTokens, constraint: job.constraint,
      place: job.place, queueSeconds: Double(begun - job.submittedAt) / 1e9,
      prefillSeconds: Double(first - begun) / 1e9,
      decodeSeconds: Double(now - first) / 1e9)
  }

  private func publish() {
    statistics.running.store(scheduler.running.count, ordering: .relaxed)
    // Who sees work sees since when.
    statistics.waiting.store(scheduler.waiting.count, ordering: .releasing)
    statistics.blocksInUse.store(scheduler.pool.heldCount, ordering: .relaxed)
    statistics.prefixQueryTokens.store(scheduler.prefixQueryTokens, ordering: .relaxed)
    statistics.prefixHitTokens.store(scheduler.prefixHitTokens, ordering: .relaxed)
    statistics.preemptions.store(scheduler.preemptions, ordering: .relaxed)
  }
}

extension [Int32] {
  /// The element after `index`; nil at the end.
  fileprivate subscript(after index: Int) -> Int32? { index + 1 < count ? self[index + 1] : nil }
}
