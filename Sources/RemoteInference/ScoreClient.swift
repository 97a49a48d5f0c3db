import BoundedJSON
import Digests
import Synchronization

/// Asks a PersRM server: `POST /score`, and whether it is alive and ready.
///
/// All answers of one client come from one scorer: the first answer, or the caller, says which, and an answer of
/// another is an error.
package final class ScoreClient: Sendable {
  /// What a client needs to know of its server.
  package struct Settings: Sendable {
    package var address: ServerAddress
    /// Requests under way at a time.
    package var concurrency = 8
    /// Of one try. The server itself gives up after 170 s; the rest is for the way.
    package var timeout = Duration.seconds(200)
    /// Of one answer: 32 outputs of 4,096 tokens have less.
    package var bodyBytesMax = 16 << 20
    package var policy = RetryPolicy()
    /// The scorer of an earlier part of the run; nil takes the first that answers.
    package var scorerVersion: String?

    /// - Parameter address: such as http://127.0.0.1:8000
    package init(address: ServerAddress) { self.address = address }
  }

  /// What `GET /readyz` says.
  package enum Readiness: Sendable, Hashable {
    case ready
    /// `progress` is 0...1.
    case loading(stage: String?, progress: Double?)
    case failed
    case shuttingDown
    /// Nobody answers there yet, or not in a way that can be read.
    case unknown(reason: String)
  }

  private let settings: Settings
  private let transport: any HTTPTransport
  private let loop: AttemptLoop
  private let clock: RemoteClock
  private let scorer: Mutex<String?>

  /// - Parameter limiter: shared by all clients of one server; nil for no limit but the server's own.
  package init(
    _ settings: Settings, transport: any HTTPTransport, limiter: RateLimiter? = nil, clock: RemoteClock = .system
  ) {
    self.settings = settings
    self.transport = transport
    self.clock = clock
    scorer = Mutex(settings.scorerVersion)
    loop = AttemptLoop(
      transport: transport, policy: settings.policy, limiter: limiter ?? RateLimiter(clock: clock),
      gate: ConcurrencyGate(places: settings.concurrency), clock: clock)
  }

  /// The scorer of all answers so far; nil before the first.
  package var scorerVersion: String? { scorer.withLock { $0 } }

  /// The judgement of one comparison. An output that is no verdict is an answer too, with `isWellFormed` false.
  ///
  /// - Throws: `refused` where the server says that this comparison is wrong or too long, `gaveUp` where it could not
  ///   be had, `scorerChanged`, `stopped`, `cancelled`.
  package func judge(_ question: RemoteQuestion) async throws(RemoteError) -> RemoteJudgement {
    let body = try question.body()
    let call = HTTPCall(
      method: .post, url: settings.address.route("/score"),
      fields: [("Content-Type", "application/json"), ("Accept", "application/json, application/problem+json")],
      body: body, timeout: settings.timeout, bodyBytesMax: settings.bodyBytesMax)
    let ending = await loop.run(
      AttemptLoop.Work(
        call: call, shownURL: settings.address.shown("/score"), tokens: 0,
        identity: SHA256.hash(body).prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
        admit: { () throws(RemoteError) in }, note: { (_, _) throws(RemoteError) in },
        read: { [clock] reply throws(RemoteFault) in
          if reply.status == 200 { return try RemoteJudgement(body: reply.body) }
          throw .status(ErrorAnswer(reply, hiding: nil, wallSeconds: clock.wallSeconds()))
        }))
    let judgement = try ending.result.get()
    let known = scorer.withLock { scorer -> String in
      let known = scorer ?? judgement.scorerVersion
      scorer = known
      return known
    }
    if known != judgement.scorerVersion { throw .scorerChanged(from: known, to: judgement.scorerVersion) }
    return judgement
  }

  /// Whether the server's process is alive by its own word (`GET /livez`): false where it says that it makes no
  /// progress.
  ///
  /// - Throws: where no answer comes, or one that is not a PersRM server's. Asked once.
  package func isAlive() async throws(RemoteFault) -> Bool {
    let reply = try await get("/livez")
    switch (reply.status, Self.status(reply)) {
    case (200, "ok"): return true
    case (503, "stalled"): return false
    default: throw .status(ErrorAnswer(reply, hiding: nil, wallSeconds: clock.wallSeconds()))
    }
  }

  /// What the server says of itself (`GET /readyz`). Asked once.
  ///
  /// - Throws: where an answer shows that waiting will not help: no PersRM server, a redirect, no trust.
  package func readiness() async throws(RemoteFault) -> Readiness {
    let reply: HTTPReply
    do throws(RemoteFault) {
      reply = try await get("/readyz")
    } catch {
      if error.remedy == .retry { return .unknown(reason: "\(error)") }
      throw error
    }
    // `try?`: a server that is no JSON speaker is told by its status below.
    let document = try? JSONReader.value(reply.body, limits: .request)
    switch (reply.status, document?["status"]?.string) {
    case (200, "ready"): return .ready
    case (503, "loading"):
      return .loading(
        stage: document?["stage"]?.string.map { Excerpt.text($0) },
        progress: document?["progress"]?.number.flatMap { (0...1).contains($0) ? $0 : nil })
    case (503, "failed"): return .failed
    case (503, "shutting_down"): return .shuttingDown
    default:
      let fault = RemoteFault.status(ErrorAnswer(reply, hiding: nil, wallSeconds: clock.wallSeconds()))
      if reply.status >= 500 { return .unknown(reason: "\(fault)") }
      throw fault
    }
  }

  /// Waits until the server is ready, also where it is yet to be started.
  ///
  /// - Parameters:
  ///   - timeout: how long to wait.
  ///   - interval: between two questions.
  ///   - progress: called with each answer but the last.
  /// - Throws: `notReady` after the timeout, or at once where the model has failed or the service is ending; `stopped`
  ///   where there is no PersRM server; `cancelled`.
  package func waitUntilReady(
    timeout: Duration, interval: Duration = .milliseconds(500), progress: @Sendable (Readiness) -> Void = { _ in }
  ) async throws(RemoteError) {
    let deadline = clock.now() + timeout
    let url = settings.address.shown("/readyz")
    while true {
      let readiness: Readiness
      do throws(RemoteFault) {
        readiness = try await self.readiness()
      } catch .cancelled {
        throw .cancelled
      } catch {
        throw .stopped(url: url, fault: error)
      }
      let next = clock.now() + interval
      switch readiness {
      case .ready: return
      case .failed, .shuttingDown: throw .notReady(url: url, state: "\(readiness)")
      case .loading, .unknown:
        if next > deadline { throw .notReady(url: url, state: "\(readiness), after \(timeout / .seconds(1)) s") }
      }
      progress(readiness)
      try await clock.sleep(until: next)
    }
  }

  /// Health routes answer at once or not at all.
  private static let healthTimeout = Duration.seconds(10)

  private func get(_ route: String) async throws(RemoteFault) -> HTTPReply {
    try await transport.send(
      HTTPCall(
        method: .get, url: settings.address.route(route), fields: [("Accept", "application/json")],
        timeout: Self.healthTimeout, bodyBytesMax: 65_536))
  }

  private static func status(_ reply: HTTPReply) -> String? {
    // `try?`: what is no JSON has no status.
    (try? JSONReader.value(reply.body, limits: .request))?["status"]?.string
  }
}

extension ScoreClient.Readiness: CustomStringConvertible {
  package var description: String {
    switch self {
    case .ready: "ready"
    case .loading(let stage, let progress):
      "loading\(stage.map { ", \($0)" } ?? "")\(progress.map { ", \(Int(($0 * 100).rounded())) %" } ?? "")"
    case .failed: "the model failed to load"
    case .shuttingDown: "shutting down"
    case .unknown(let reason): reason
    }
  }
}
