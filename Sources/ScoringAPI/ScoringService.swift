import BoundedJSON
package import HTTP
import Judge
package import Telemetry

/// The scoring routes: a request in, a response out.
///
/// Theory of operation. `respond` finds the operation, checks method, media type and body, and only then waits: first
/// for the model to be loaded, then for the judge, both under one deadline that begins when the request does. Probes
/// and metrics wait for nothing. Every failure is an `APIError`, whose table says what the client sees. There is no
/// socket here, and clocks are injected, so a route is tested in memory with the bytes it has on the wire.
///
/// The server below adds what belongs to the connection and echoes `X-Request-ID`; a client that leaves cancels the
/// task that runs `respond`.
package struct ScoringService: Sendable {
  /// Time as the service sees it.
  package struct Clock: Sendable {
    /// For deadlines and durations.
    package var now: @Sendable () -> ContinuousClock.Instant
    /// For `created`: seconds since 1970.
    package var secondsSinceEpoch: @Sendable () -> Int

    package init(
      now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
      secondsSinceEpoch: @escaping @Sendable () -> Int = { WallTime.now().seconds }
    ) {
      self.now = now
      self.secondsSinceEpoch = secondsSinceEpoch
    }
  }

  private let readiness: ModelReadiness
  private let registry: MetricsRegistry
  private let metrics: ScoringMetrics
  private let limits: ScoringLimits
  private let clock: Clock
  private let isAlive: @Sendable () -> Bool
  private let report: @Sendable (_ message: String, _ values: [String: String]) -> Void

  /// - Parameters:
  ///   - registry: where the service's own metrics are registered and what `/metrics` shows.
  ///   - isAlive: whether the engine still makes progress; `/livez` fails where it does not.
  ///   - report: told, for the log, what an answer must not tell: why the model failed.
  package init(
    readiness: ModelReadiness, registry: MetricsRegistry, limits: ScoringLimits = ScoringLimits(),
    clock: Clock = Clock(), isAlive: @escaping @Sendable () -> Bool = { true },
    report: @escaping @Sendable (_ message: String, _ values: [String: String]) -> Void = { _, _ in }
  ) {
    self.readiness = readiness
    self.registry = registry
    metrics = ScoringMetrics(registry: registry)
    self.limits = limits
    self.clock = clock
    self.isAlive = isAlive
    self.report = report
  }

  /// Answers one request.
  ///
  /// - Parameter requestID: of the characters `RequestID` accepts; becomes part of `id` and of every problem.
  /// - Returns: the response to GET also for HEAD: the server leaves the body out. Status 499 is for the log only.
  package func respond(to request: Request, requestID: String) async -> Response {
    var finishedReason = "none"
    let response: Response
    do throws(APIError) {
      switch try Route.operation(request.method, request.target.path) {
      case .score: (response, finishedReason) = try await score(request, requestID: requestID)
      case .applyTemplate: response = try await applyTemplate(request)
      case .health: response = health
      case .livez: response = livez
      case .readyz: response = readyz
      case .metrics:
        response = Response(
          status: .ok, contentType: MetricsRegistry.contentType, body: Array(registry.exposition().utf8))
      case .models: response = try models
      }
    } catch {
      finishedReason = error == .clientClosedRequest ? "abort" : "error"
      reportFailure(error, requestID: requestID)
      response = Problem.response(error, requestID: requestID)
    }
    metrics.answered(
      route: Route.label(request.target.path), code: response.status.code, finishedReason: finishedReason)
    return response
  }

  private func reportFailure(_ error: APIError, requestID: String) {
    switch error {
    case .internalError(let reason): report("internal error", ["request_id": requestID, "reason": reason])
    case .modelFailed(let reason): report("model failed", ["request_id": requestID, "reason": reason])
    default: break
    }
  }

  // MARK: Scoring

  private func score(
    _ request: Request, requestID: String
  ) async throws(APIError) -> (response: Response, finishedReason: String) {
    let begin = clock.now()
    try Self.requireJSON(request)
    let scoreRequest = try ScoreRequest(body: request.body)
    let judge = try await judge(before: begin + limits.queueTimeout)
    var options = scoreRequest.options
    options.queueDeadline = begin + limits.queueTimeout
    options.deadline = begin + limits.requestTimeout
    let judgement: Judgement
    do throws(JudgeError) {
      judgement = try await judge.judge(scoreRequest.comparison, options: options)
    } catch {
      metrics.failed(error.failureKind)
      throw APIError(error)
    }
    let totalMilliseconds = Self.milliseconds(clock.now() - begin)
    metrics.judged(judgement, totalMilliseconds: totalMilliseconds)
    let answer = ScoreAnswer(
      id: "score-\(requestID)", created: clock.secondsSinceEpoch(), model: judge.generator.modelName,
      scorerVersion: judge.scorerVersion, totalMilliseconds: totalMilliseconds, judgement: judgement)
    return (try Self.json(answer.document), judgement.finishReason.rawValue)
  }

  /// The prompt of the first order asked for, as the model gets it.
  private func applyTemplate(_ request: Request) async throws(APIError) -> Response {
    try Self.requireJSON(request)
    let scoreRequest = try ScoreRequest(body: request.body)
    let judge = try await judge(before: clock.now() + limits.queueTimeout)
    let preview: PairJudge.Preview
    do throws(JudgeError) {
      preview = try judge.preview(scoreRequest.comparison, options: scoreRequest.options)
    } catch {
      throw APIError(error)
    }
    return try Self.json(
      .object([
        "prompt": .string(preview.text), "n_tokens": .integer(Int64(preview.tokens)),
        "prefix_tokens": .integer(Int64(preview.sharedTokens)),
        "truncated": ScoreAnswer.truncated(exemplarsDropped: preview.exemplarsDropped),
      ]))
  }

  private func judge(before deadline: ContinuousClock.Instant) async throws(APIError) -> PairJudge {
    do throws(ModelReadiness.Absence) {
      return try await readiness.judge(before: deadline)
    } catch {
      switch error {
      case .loading(let etaSeconds): throw .loading(retryAfterSeconds: etaSeconds ?? 10)
      case .shuttingDown: throw .shuttingDown
      case .failed: throw .modelFailed("no model is loaded")
      case .cancelled: throw .clientClosedRequest
      }
    }
  }

  /// `application/json` or any type ending in `+json`, in any case and with any parameters; also no type at all.
  private static func requireJSON(_ request: Request) throws(APIError) {
    // Encoded bodies are not decoded, so they cannot be read.
    if let coding = request.fields.first(named: "Content-Encoding"), coding.lowercased() != "identity" {
      throw .unsupportedMediaType
    }
    guard let field = request.fields.first(named: "Content-Type") else { return }
    let type = field.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    guard type == "application/json" || (type.hasSuffix("+json") && type.contains("/")) else {
      throw .unsupportedMediaType
    }
  }

  private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }

  private static func json(_ document: JSONValue, status: Status = .ok) throws(APIError) -> Response {
    do throws(JSONError) {
      return Response(status: status, contentType: "application/json", body: try JSONWriter.bytes(document))
    } catch {
      throw .internalError("\(error)")
    }
  }

  // MARK: Probes

  /// A body that is written here byte for byte, because probes of other servers compare it.
  private static func literal(_ text: String, status: Status = .ok) -> Response {
    Response(status: status, contentType: "application/json", body: Array(text.utf8))
  }

  private static let okText = #"{"status":"ok"}"#

  /// As llama.cpp's server answers it, while loading to the byte.
  private var health: Response {
    func unavailable(_ message: String) -> Response {
      Self.literal(
        #"{"error":{"code":503,"message":"\#(message)","type":"unavailable_error"}}"#, status: .serviceUnavailable)
    }
    return switch readiness.readiness {
    case .ready: Self.literal(Self.okText)
    case .loading: unavailable("Loading model")
    case .shuttingDown: unavailable("Shutting down")
    case .failed: unavailable("Model failed")
    }
  }

  private var livez: Response {
    isAlive() ? Self.literal(Self.okText) : Self.literal(#"{"status":"stalled"}"#, status: .serviceUnavailable)
  }

  private var readyz: Response {
    switch readiness.readiness {
    case .ready: return Self.literal(#"{"status":"ready"}"#)
    case .shuttingDown: return Self.literal(#"{"status":"shutting_down"}"#, status: .serviceUnavailable)
    case .failed: return Self.literal(#"{"status":"failed"}"#, status: .serviceUnavailable)
    case .loading(let stage, let progress, let etaSeconds):
      let document = JSONValue.object([
        "status": .string("loading"), "stage": .string(stage),
        "progress": .number((progress * 1_000).rounded() / 1_000),
        "eta_s": etaSeconds.map { .integer(Int64($0)) } ?? .null,
      ])
      // `try?`: progress is kept finite where it is set, and nothing else could fail.
      let body = (try? JSONWriter.bytes(document)) ?? []
      return Response(status: .serviceUnavailable, contentType: "application/json", body: body)
    }
  }

  /// One model, or none while it is loading.
  private var models: Response {
    get throws(APIError) {
      let entries = readiness.model.map { model -> JSONValue in
        let generator = model.judge.generator
        return .object([
          "id": .string(generator.modelName), "object": .string("model"), "created": .integer(Int64(model.created)),
          "owned_by": .string("local"), "root": .string(generator.modelName),
          "max_model_len": .integer(Int64(generator.contextTokensMax)),
        ])
      }
      return try Self.json(.object(["object": .string("list"), "data": .array(entries.map { [$0] } ?? [])]))
    }
  }
}
