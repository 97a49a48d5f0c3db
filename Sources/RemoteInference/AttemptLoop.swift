/// Sends a request until it is answered, refused or given up: the part that all clients share.
struct AttemptLoop: Sendable {
  let transport: any HTTPTransport
  let policy: RetryPolicy
  let limiter: RateLimiter
  let gate: ConcurrencyGate
  let clock: RemoteClock

  /// What became of a request.
  struct Ending<Value: Sendable>: Sendable {
    let result: Result<Value, RemoteError>
    /// HTTP requests that were sent.
    let attempts: Int
    /// Of them, those that were noted.
    let noted: Int
  }

  /// One request as the loop sees it.
  struct Work<Value: Sendable> {
    let call: HTTPCall
    /// The address without what may be secret in it.
    let shownURL: String
    /// Tokens it may take, for the rate.
    let tokens: Int
    /// Tells requests apart for the jitter, whatever their order.
    let identity: UInt64
    /// Called before each request is sent, which it can forbid.
    let admit: () throws(RemoteError) -> Void
    /// Called after a try that another one is to follow.
    let note: (_ fault: RemoteFault, _ attempts: Int) throws(RemoteError) -> Void
    /// Reads an answer, of any status.
    let read: (HTTPReply) throws(RemoteFault) -> Value
  }

  /// A place at the gate is held while a request waits for the rate and is under way, not during the pauses between
  /// tries. A server that wants rest gets it from all requests.
  func run<Value: Sendable>(_ work: Work<Value>) async -> Ending<Value> {
    var attempts = 0
    var noted = 0
    var start = clock.now()
    do throws(RemoteError) {
      while true {
        try await gate.enter()
        let fault: RemoteFault
        do throws(RemoteError) {
          try await limiter.wait(tokens: work.tokens)
          if attempts == 0 { start = clock.now() }
          try work.admit()
          attempts += 1
        } catch {
          gate.leave()
          throw error
        }
        do throws(RemoteFault) {
          let value = try work.read(try await transport.send(work.call))
          gate.leave()
          return Ending(result: .success(value), attempts: attempts, noted: noted)
        } catch {
          gate.leave()
          fault = error
        }
        let instant = try retryTime(after: fault, attempts: attempts, start: start, work)
        try work.note(fault, attempts)
        noted = attempts
        try await clock.sleep(until: instant)
      }
    } catch {
      return Ending(result: .failure(error), attempts: attempts, noted: noted)
    }
  }

  /// When to try again.
  ///
  /// - Throws: where that is not to be done.
  private func retryTime<Value: Sendable>(
    after fault: RemoteFault, attempts: Int, start: Duration, _ work: Work<Value>
  ) throws(RemoteError) -> Duration {
    if fault == .cancelled { throw .cancelled }
    switch fault.remedy {
    case .refuse:
      if case .status(let answer) = fault {
        throw .refused(Refusal(status: answer.status, reason: "\(fault)"))
      }
      throw .refused(Refusal(status: nil, reason: "\(fault)"))
    case .stop: throw .stopped(url: work.shownURL, fault: fault)
    case .retry: break
    }
    let pause = policy.pause(afterAttempts: attempts, retryAfter: fault.retryAfter, request: work.identity)
    if fault.isOverload { limiter.rest(for: pause) }
    let now = clock.now()
    if attempts >= policy.attemptsMax || now + pause - start > policy.totalMax {
      throw .gaveUp(url: work.shownURL, attempts: attempts, fault: fault)
    }
    return now + pause
  }
}
