import Dispatch
import Foundation
import Kernels
import ModelFiles
package import Models
import Synchronization

/// Continues many sequences at once with one model.
///
/// Theory of operation. One thread owns the scheduler, the cache and the buffers. Callers put commands into an inbox
/// and await a continuation. The thread empties the inbox, asks the scheduler for a pass, runs it, samples, and begins
/// again; with nothing to do it sleeps until a command comes. Nothing else touches the model's state, so there are no
/// locks around it.
package final class InferenceEngine: Sendable {
  private typealias Completion = @Sendable (Result<EngineResult, EngineError>) -> Void

  private enum Command: Sendable {
    case submit(id: Int, request: EngineRequest, at: UInt64, completion: Completion)
    case cancel(id: Int)
    case replaceWeights(DecoderWeights, completion: @Sendable (Result<Void, EngineError>) -> Void)

    /// Whether it brings the sequence `id`.
    func submits(_ id: Int) -> Bool {
      if case .submit(id, _, _, _) = self { true } else { false }
    }
  }

  /// Where a call of `generate` stands.
  private enum Stage {
    case begun
    /// The caller gave up before the sequence was submitted.
    case cancelled
    case submitted
  }

  private struct Inbox {
    var commands: [Command] = []
    var nextID = 0
    /// Calls not yet answered. A cancellation may come before the submission or after the answer; what is not here is
    /// over, and nothing of it is kept.
    var stages: [Int: Stage] = [:]
    /// Sequences submitted and not yet finished.
    var open = 0
    /// Replacements of the weights asked for and not yet made.
    var replacements = 0
    var isShutDown = false
    /// Whether the thread waits for the semaphore; who clears this signals.
    var isAsleep = false
  }

  /// Rows of logits computed at a time: 64 of 49,152 take 12 MiB, and keep the output head's product near its best.
  package static let logitsRowsMax = 64

  package let limits: EngineLimits
  package let statistics = EngineStatistics()
  package let vocabularySize: Int
  private let inbox = Mutex(Inbox())
  private let wake = DispatchSemaphore(value: 0)

  /// Starts the engine's thread.
  ///
  /// - Parameters:
  ///   - vocabularySize: tokens the tokenizer knows; a model may have rows for more, which are never drawn.
  package init(model: DecoderModel, limits: EngineLimits, vocabularySize: Int) {
    self.limits = limits
    self.vocabularySize = min(vocabularySize, model.configuration.vocabSize)
    let thread = Thread { [self] in
      run(
        EngineLoop(model: model, limits: limits, vocabularySize: self.vocabularySize, statistics: statistics))
    }
    thread.name = "persrm-engine"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Continues a sequence; suspends until it is finished.
  ///
  /// Cancelling the calling task cancels the sequence before its next pass and throws `cancelled`.
  ///
  /// - Throws: every case of `EngineError`.
  package func generate(_ request: EngineRequest) async throws(EngineError) -> EngineResult {
    try check(request)
    let id = inbox.withLock { inbox in
      inbox.nextID += 1
      inbox.stages[inbox.nextID] = .begun
      return inbox.nextID
    }
    let result: Result<EngineResult, EngineError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(id: id, request) { continuation.resume(returning: $0) }
      }
    } onCancel: {
      cancel(id)
    }
    return try result.get()
  }

  /// Goes on with other weights of the same model, such as those with another adapter.
  ///
  /// Suspends until the sequences submitted before are finished; they keep the old weights to their end. Those
  /// submitted after wait for the new ones. The prefix cache is emptied: keys and values of old weights are never
  /// reused, and answers are those of an engine that was begun with the new weights, to the bit. Cancelling the calling
  /// task changes nothing.
  ///
  /// - Parameter weights: of the same shapes; made with `sharing:` this engine's own, say. The old ones are let go of
  ///   before the call returns.
  /// - Throws: `EngineError.shutDown`.
  package func replaceWeights(_ weights: DecoderWeights) async throws(EngineError) {
    let result: Result<Void, EngineError> = await withCheckedContinuation { continuation in
      let wakes: Bool? = inbox.withLock { inbox in
        if inbox.isShutDown { return nil }
        inbox.replacements += 1
        inbox.commands.append(.replaceWeights(weights) { continuation.resume(returning: $0) })
        return Self.takeSleep(&inbox)
      }
      guard let wakes else { return continuation.resume(returning: .failure(.shutDown)) }
      if wakes { wake.signal() }
    }
    try result.get()
  }

  /// Refuses new sequences, cancels those under way and ends the thread.
  package func shutDown() {
    let wakes = inbox.withLock { inbox in
      inbox.isShutDown = true
      return Self.takeSleep(&inbox)
    }
    if wakes { wake.signal() }
  }

  /// Calls answered neither with a result nor with an error so far.
  package var openCallCount: Int { inbox.withLock { $0.stages.count } }

  /// Whether a replacement of the weights is asked for and not yet made.
  package var isReplacingWeights: Bool { inbox.withLock { $0.replacements > 0 } }

  private func check(_ request: EngineRequest) throws(EngineError) {
    precondition(request.maxTokens >= 0)
    let (sum, isOverflow) = request.prompt.count.addingReportingOverflow(request.maxTokens)
    let tokens = isOverflow ? Int.max : sum
    let max = Swift.min(limits.contextTokensMax, limits.blockCount * KernelSet.blockTokens)
    if tokens > max { throw .tooLong(tokens: tokens, max: max) }
    guard !request.prompt.isEmpty, request.prompt.allSatisfy({ (0..<Int32(vocabularySize)).contains($0) }),
      request.logProbabilitiesFrom ?? 1 >= 1
    else { throw .invalidPrompt }
  }

  private func submit(id: Int, _ request: EngineRequest, completion: @escaping Completion) {
    var wakes = false
    let refusal: EngineError? = inbox.withLock { inbox in
      let stage = inbox.stages.removeValue(forKey: id)
      if stage == .cancelled {
        statistics.cancelled.add(1, ordering: .relaxed)
        return .cancelled
      }
      if inbox.isShutDown { return .shutDown }
      let isFull = inbox.open >= limits.queueMax + limits.sequencesMax
      if isFull, request.place == nil { return .queueFull(max: limits.queueMax) }
      inbox.stages[id] = .submitted
      inbox.open += 1
      inbox.commands.append(
        .submit(id: id, request: request, at: DispatchTime.now().uptimeNanoseconds, completion: completion))
      wakes = Self.takeSleep(&inbox)
      return nil
    }
    if let refusal { completion(.failure(refusal)) } else if wakes { wake.signal() }
  }

  private func cancel(_ id: Int) {
    let wakes = inbox.withLock { inbox in
      guard let stage = inbox.stages[id] else { return false }
      if stage == .submitted {
        inbox.commands.append(.cancel(id: id))
        return Self.takeSleep(&inbox)
      }
      inbox.stages[id] = .cancelled
      return false
    }
    if wakes { wake.signal() }
  }

  /// Whether the caller has to wake the thread; at most one does for each time it sleeps.
  private static func takeSleep(_ inbox: inout Inbox) -> Bool {
    defer { inbox.isAsleep = false }
    return inbox.isAsleep
  }

  /// Sleeps until there is a command or the engine shuts down.
  private func sleep() {
    let sleeps = inbox.withLock { inbox in
      inbox.isAsleep = inbox.commands.isEmpty && !inbox.isShutDown
      return inbox.isAsleep
    }
    if sleeps { wake.wait() }
  }

  private func run(_ loop: consuming EngineLoop) {
    var loop = loop
    var completions: [Int: Completion] = [:]
    // A replacement of the weights that waits for sequences to finish, and what came after it.
    var held: [Command] = []
    func finish(_ id: Int, _ result: Result<EngineResult, EngineError>) {
      guard let completion = completions.removeValue(forKey: id) else { return }
      inbox.withLock { inbox in
        inbox.stages[id] = nil
        inbox.open -= 1
      }
      completion(result)
    }
    while true {
      let (arrived, isShutDown) = inbox.withLock { inbox in
        defer { inbox.commands = [] }
        return (inbox.commands, inbox.isShutDown)
      }
      let commands = held + arrived
      held = []
      for command in commands {
        switch command {
        case .submit(let id, let request, let at, let completion):
          completions[id] = completion
          if !held.isEmpty {
            held.append(command)
          } else if let result = loop.add(id: id, request: request, submittedAt: at) {
            finish(id, .success(result))
          }
        case .cancel(let id):
          // The sequence may have finished meanwhile.
          guard completions[id] != nil else { continue }
          held.removeAll { $0.submits(id) }
          loop.remove(id)
          statistics.cancelled.add(1, ordering: .relaxed)
          finish(id, .failure(.cancelled))
        case .replaceWeights(let weights, let completion):
          if held.isEmpty, loop.isIdle {
            loop.replaceWeights(weights)
            inbox.withLock { $0.replacements -= 1 }
            completion(.success(()))
          } else {
            held.append(command)
          }
        }
      }
      if isShutDown {
        for id in completions.keys.sorted() {
          loop.remove(id)
          finish(id, .failure(.shutDown))
        }
        inbox.withLock { $0.replacements = 0 }
        for case .replaceWeights(_, let completion) in held { completion(.failure(.shutDown)) }
        return
      }
      for (id, error) in loop.expire(at: .now) + Self.expired(held, at: .now) {
        held.removeAll { $0.submits(id) }
        finish(id, .failure(error))
      }
      if !loop.isIdle {
        for (id, result) in loop.step() { finish(id, .success(result)) }
      } else if held.isEmpty {
        sleep()
      }
    }
  }

  /// The sequences among commands whose time is over before they could begin.
  private static func expired(_ commands: [Command], at now: ContinuousClock.Instant) -> [(Int, EngineError)] {
    commands.compactMap { command in
      guard case .submit(let id, let request, _, _) = command else { return nil }
      return request.expiry(at: now, hasBegun: false).map { (id, $0) }
    }
  }
}
