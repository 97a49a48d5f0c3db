import BoundedJSON
import HTTP
import Judge
import ScoringAPI
import Telemetry
import TestSupport
import Testing

@Suite struct ReadinessTests {
  private static let loadingText = #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#

  @Test func probesTellWhereTheProcessIs() async throws {
    let fixture = ServiceFixture(isReady: false)
    func answers(_ path: String) async throws -> String {
      let response = try await fixture.send("GET", path)
      #expect(response.fields.first(named: "Content-Type") == "application/json")
      return "\(response.status.code) \(response.text)"
    }
    #expect(try await answers("/livez") == #"200 {"status":"ok"}"#)
    #expect(try await answers("/health") == "503 " + Self.loadingText)
    #expect(
      try await answers("/readyz") == #"503 {"eta_s":null,"progress":0,"stage":"weights","status":"loading"}"#)
    fixture.readiness.loading(stage: "warmup", progress: 0.42, etaSeconds: 11)
    #expect(
      try await answers("/readyz") == #"503 {"eta_s":11,"progress":0.42,"stage":"warmup","status":"loading"}"#)
    #expect(try await answers("/v1/models") == #"200 {"data":[],"object":"list"}"#)
    fixture.readiness.ready(ServiceFixture.judge(fixture.generator), created: 17)
    #expect(try await answers("/readyz") == #"200 {"status":"ready"}"#)
    #expect(try await answers("/health") == #"200 {"status":"ok"}"#)
    #expect(
      try await answers("/v1/models")
        == #"200 {"data":[{"created":17,"id":"scripted-1","max_model_len":1048576,"object":"model","#
        + #""owned_by":"local","root":"scripted-1"}],"object":"list"}"#)
    fixture.readiness.loading(stage: "weights", progress: 0)
    #expect(fixture.readiness.readiness == .ready)
    fixture.readiness.shutDown()
    #expect(try await answers("/readyz") == #"503 {"status":"shutting_down"}"#)
    #expect(try await fixture.send("GET", "/health").status == .serviceUnavailable)
    #expect(try await answers("/livez") == #"200 {"status":"ok"}"#)
    #expect(try await fixture.post().status == .ok)
    fixture.readiness.fail()
    #expect(fixture.readiness.readiness == .shuttingDown)
  }

  @Test func aStalledEngineFailsLiveness() async throws {
    let response = try await ServiceFixture(isAlive: false).send("GET", "/livez")
    #expect(response.status == .serviceUnavailable && response.text == #"{"status":"stalled"}"#)
  }

  @Test(arguments: ["/health", "/livez", "/readyz", "/v1/models"])
  func headAnswersAsGet(path: String) async throws {
    for isReady in [true, false] {
      let fixture = ServiceFixture(isReady: isReady)
      #expect(try await fixture.send("HEAD", path) == fixture.send("GET", path))
    }
  }

  @Test func metricsAnswerWhileLoading() async throws {
    let response = try await ServiceFixture(isReady: false).send("GET", "/metrics?x=1")
    #expect(response.status == .ok && response.fields.first(named: "Content-Type") == MetricsRegistry.contentType)
    #expect(response.text.contains("# TYPE persrm_margin histogram\n"))
  }

  @Test func aRequestWaitsForTheModelToLoad() async throws {
    let fixture = ServiceFixture(isReady: false)
    async let response = fixture.post()
    // However these two lines fall against the request, it must be answered.
    await Task.yield()
    fixture.readiness.ready(ServiceFixture.judge(fixture.generator), created: 1)
    #expect(try await response.status == .ok)
  }

  @Test func aWrongRequestDoesNotWait() async throws {
    let fixture = ServiceFixture(isReady: false)
    #expect(try await fixture.post("/score", .object([:])).status == .unprocessableContent)
  }

  @Test func aRequestThatWaitedTooLongIsSentAway() async throws {
    let readiness = ModelReadiness(sleep: { _ in })
    readiness.loading(stage: "weights", progress: 0.1, etaSeconds: 12)
    let response = try await ServiceFixture(isReady: false, readiness: readiness).post()
    #expect(response.status == .serviceUnavailable && response.status.reason == "Loading Model")
    #expect(response.fields.first(named: "Retry-After") == "12")
    #expect(try response.document["retryable"] == .bool(true))
  }

  @Test func whoWaitsLearnsThatLoadingFailedOrThatTheProcessEnds() async throws {
    for isShutdown in [false, true] {
      let (started, announce) = AsyncStream<Void>.makeStream()
      let readiness = ModelReadiness { deadline in
        announce.yield()
        try await ContinuousClock().sleep(until: deadline)
      }
      let fixture = ServiceFixture(isReady: false, readiness: readiness)
      async let response = fixture.post()
      for await _ in started.prefix(1) {}
      if isShutdown { readiness.shutDown() } else { readiness.fail() }
      #expect(try await response.status.reason == (isShutdown ? "Shutting Down" : "Model Failed"))
      // And who comes later does not wait.
      #expect(try await fixture.post().status.reason == (isShutdown ? "Shutting Down" : "Model Failed"))
    }
  }

  @Test func aWaitingClientThatLeavesIsForgotten() async throws {
    let (started, announce) = AsyncStream<Void>.makeStream()
    let readiness = ModelReadiness { deadline in
      announce.yield()
      try await ContinuousClock().sleep(until: deadline)
    }
    let fixture = ServiceFixture(isReady: false, readiness: readiness)
    let task = Task { try await fixture.post() }
    for await _ in started.prefix(1) {}
    task.cancel()
    #expect(try await task.value.status == .clientClosedRequest)
    readiness.ready(ServiceFixture.judge(fixture.generator), created: 1)
    #expect(try await fixture.post().status == .ok)
  }
}
