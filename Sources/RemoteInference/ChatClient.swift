import BoundedJSON

/// Asks a model behind an OpenAI-compatible `POST /v1/chat/completions`, many requests at a time.
///
/// A request takes this way: one task for all that ask the same at the same time (`SingleFlight`); the journal, where
/// it may be answered already; the budget, which sets aside the most it may cost; the gate and the rate; the server,
/// again and again where that helps; the journal once more, on the disk before the answer is handed out. So a run that
/// is killed at any moment and started again asks nothing that was answered, and its results are the same whatever
/// order answers come in.
package final class ChatClient: Sendable {
  /// The member that bounds a completion: OpenAI's newer models refuse the older name, other servers know no other.
  package enum LimitMember: String, Sendable, Hashable {
    case maxTokens = "max_tokens"
    case maxCompletionTokens = "max_completion_tokens"
  }

  /// What a client needs to know of its server and its means.
  package struct Settings: Sendable {
    package var address: ServerAddress
    package var model: String
    package var key: APIKey?
    package var limitMember = LimitMember.maxTokens
    /// Requests under way at a time.
    package var concurrency = 8
    /// Of one try.
    package var timeout = Duration.seconds(600)
    /// Of one answer. A completion of 100,000 tokens has less.
    package var bodyBytesMax = 8 << 20
    package var policy = RetryPolicy()
    package var budget = Budget()
    /// Whether requests are asked again that the journal has as refused.
    package var retriesRefused = false

    /// - Parameter address: with or without `/v1`, or the whole address of the route.
    package init(address: ServerAddress, model: String, key: APIKey? = nil) {
      self.address = address
      self.model = model
      self.key = key
    }
  }

  private let settings: Settings
  private let url: String
  private let shownURL: String
  private let limiter: RateLimiter
  private let loop: AttemptLoop
  private let clock: RemoteClock
  private let journal: RequestJournal?
  private let ledger: SpendingLedger
  private let flights = SingleFlight<ChatAnswer>()

  /// - Parameters:
  ///   - limiter: shared by all clients of one server.
  ///   - journal: nil where nothing has to survive the process.
  package init(
    _ settings: Settings, transport: any HTTPTransport, limiter: RateLimiter, journal: RequestJournal?,
    clock: RemoteClock = .system
  ) {
    self.settings = settings
    let route = settings.address.completed(route: "/chat/completions")
    url = settings.address.route(route)
    shownURL = settings.address.shown(route)
    self.limiter = limiter
    self.journal = journal
    self.clock = clock
    ledger = SpendingLedger(budget: settings.budget, spent: journal?.counters ?? CostCounters())
    loop = AttemptLoop(
      transport: transport, policy: settings.policy, limiter: limiter,
      gate: ConcurrencyGate(places: settings.concurrency), clock: clock)
  }

  /// What was asked and spent, earlier runs on the journal included.
  package var counters: CostCounters { ledger.counters }

  /// The answer to a request, from the server or the journal.
  ///
  /// - Parameter label: the caller's name for it in the journal.
  /// - Throws: `refused` where this request alone is hopeless, `gaveUp` where it may be asked again another time; after
  ///   `stopped`, `budget` and `journal` there is no point in asking anything else.
  package func answer(to request: ChatRequest, label: String? = nil) async throws(RemoteError) -> ChatAnswer {
    let body = try request.body(model: settings.model, limitMember: settings.limitMember)
    let key = RequestJournal.key(domain: "persrm.chat.1", body: body)
    return try await flights.run(key) { () async throws(RemoteError) -> ChatAnswer in
      if let known = try known(key) { return known }
      return try await ask(request, body: body, key: key, label: label)
    }
  }

  private func known(_ key: RequestJournal.Key) throws(RemoteError) -> ChatAnswer? {
    guard let journal else { return nil }
    let outcome: RequestJournal.Outcome?
    do throws(JournalError) {
      outcome = try journal.outcome(of: key)
    } catch {
      throw .journal(error)
    }
    switch outcome {
    case .answer(let record):
      guard let answer = ChatAnswer(record: record) else {
        throw .journal(.badAnswer(path: journal.path, reason: "what it has for a request is no completion"))
      }
      return answer
    case .refused(let refusal):
      if settings.retriesRefused { return nil }
      throw .refused(refusal)
    case .unanswered, .attempt, nil: return nil
    }
  }

  private func ask(
    _ request: ChatRequest, body: [UInt8], key: RequestJournal.Key, label: String?
  ) async throws(RemoteError) -> ChatAnswer {
    let promptTokens = request.promptTokensEstimate
    let completionTokens = request.maxTokens * request.choices
    do throws(BudgetLimit) {
      try ledger.reserve(promptTokens: promptTokens, completionTokens: completionTokens)
    } catch {
      throw .budget(error)
    }
    let ending = await loop.run(
      AttemptLoop.Work(
        call: call(body), shownURL: shownURL, tokens: promptTokens + completionTokens,
        identity: key.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
        admit: { [self] () throws(RemoteError) in try admit() },
        note: { [journal] fault, attempts throws(RemoteError) in
          var cost = CostCounters()
          cost.count(attempts: attempts - 1..<attempts)
          try Self.record(.attempt(reason: "\(fault)"), in: journal, key: key, label: label, cost: cost)
        },
        read: { [self] reply throws(RemoteFault) in try read(reply, choicesMax: request.choices) }))
    var cost = CostCounters()
    cost.count(attempts: 0..<ending.attempts)
    let outcome = outcome(of: ending.result, request, cost: &cost)
    ledger.settle(promptTokens: promptTokens, completionTokens: completionTokens, record: cost)
    if ending.attempts > 0 {
      // Each line counts the tries that no line before it does.
      cost.count(attempts: ending.noted..<ending.attempts)
      try Self.record(outcome, in: journal, key: key, label: label, cost: cost)
    }
    return try ending.result.get()
  }

  /// Lets one more request go: not where what it answers could not be kept, nor where it may cost too much.
  private func admit() throws(RemoteError) {
    if let failure = journal?.failure { throw .journal(failure) }
    do throws(BudgetLimit) {
      try ledger.countAttempt()
    } catch {
      throw .budget(error)
    }
  }

  private static func record(
    _ outcome: RequestJournal.Outcome, in journal: RequestJournal?, key: RequestJournal.Key, label: String?,
    cost: CostCounters
  ) throws(RemoteError) {
    do throws(JournalError) {
      try journal?.record(outcome, of: key, label: label, cost: cost)
    } catch {
      throw .journal(error)
    }
  }

  /// What the journal keeps of a request, and what it cost.
  private func outcome(
    of result: Result<ChatAnswer, RemoteError>, _ request: ChatRequest, cost: inout CostCounters
  ) -> RequestJournal.Outcome {
    switch result {
    case .success(let answer):
      cost.answers = 1
      if let usage = answer.usage {
        cost.promptTokens = usage.promptTokens
        cost.completionTokens = usage.completionTokens
      } else {
        cost.estimatedAnswers = 1
        cost.promptTokens = request.promptTokensEstimate
        cost.completionTokens = answer.choices.reduce(0) { $0 + ChatRequest.tokensEstimate($1.text) }
      }
      cost.costPicounits = settings.budget.cost(
        promptTokens: cost.promptTokens, completionTokens: cost.completionTokens)
      limiter.correct(
        expectedTokens: request.promptTokensEstimate + request.maxTokens * request.choices,
        usedTokens: cost.promptTokens + cost.completionTokens)
      return .answer(answer.record)
    case .failure(.refused(let refusal)):
      cost.refusals = 1
      return .refused(refusal)
    case .failure(let error): return .unanswered(reason: "\(error)")
    }
  }

  private func call(_ body: [UInt8]) -> HTTPCall {
    var fields = [(name: "Content-Type", value: "application/json"), (name: "Accept", value: "application/json")]
    if let key = settings.key { fields.append(key.authorization) }
    return HTTPCall(
      method: .post, url: url, fields: fields, body: body, timeout: settings.timeout,
      bodyBytesMax: settings.bodyBytesMax)
  }

  private func read(_ reply: HTTPReply, choicesMax: Int) throws(RemoteFault) -> ChatAnswer {
    guard reply.status == 200 else {
      throw .status(ErrorAnswer(reply, hiding: settings.key, wallSeconds: clock.wallSeconds()))
    }
    return try ChatAnswer(body: reply.body, choicesMax: choicesMax, hiding: settings.key)
  }
}
