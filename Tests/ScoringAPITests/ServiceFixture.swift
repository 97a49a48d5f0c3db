import BoundedJSON
import HTTP
import Judge
import ScoringAPI
import Synchronization
import Telemetry
import TestSupport
import Testing

/// A service over a scripted generator, called in memory.
final class ServiceFixture: Sendable {
  let generator: ScriptedGenerator
  let readiness: ModelReadiness
  let registry = MetricsRegistry()
  let service: ScoringService
  private let reports = Reports()

  /// - Parameter isReady: false leaves the model loading.
  init(
    _ generator: ScriptedGenerator = ScriptedGenerator(), isReady: Bool = true, isAlive: Bool = true,
    readiness: ModelReadiness = ModelReadiness()
  ) {
    self.generator = generator
    self.readiness = readiness
    let start = ContinuousClock.now
    let ticks = Ticks()
    let clock = ScoringService.Clock(
      now: { start + .milliseconds(ticks.next()) }, secondsSinceEpoch: { 1_764_000_000 + ticks.next() })
    service = ScoringService(
      readiness: readiness, registry: registry, clock: clock, isAlive: { isAlive },
      report: { [reports] message, values in reports.add(message, values) })
    if isReady { readiness.ready(Self.judge(generator), created: 1_764_000_000) }
  }

  /// What was reported for the log.
  var reported: [String] { reports.all }

  static func judge(_ generator: ScriptedGenerator) -> PairJudge {
    PairJudge(generator: generator) { bytes in (0..<32).map { UInt8(truncatingIfNeeded: bytes.count &* ($0 + 3)) } }
  }

  static let valid: [String: JSONValue] = [
    "query": .string("q"), "exemplars": .array([.string("one"), .string("two")]), "response_a": .string("alpha"),
    "response_b": .string("beta"),
  ]

  /// The valid body with some members replaced and some removed.
  static func body(_ changes: [String: JSONValue] = [:], removing removed: [String] = []) -> JSONValue {
    .object(valid.merging(changes) { _, change in change }.filter { !removed.contains($0.key) })
  }

  func send(
    _ method: String, _ path: String, fields: Fields = [:], body: [UInt8] = [], id: String = "id-1"
  ) async throws -> Response {
    let request = Request(
      method: try #require(Method(method)), target: try #require(RequestTarget(path)), fields: fields, body: body)
    return await service.respond(to: request, requestID: id)
  }

  func post(_ path: String = "/score", _ document: JSONValue = body(), id: String = "id-1") async throws -> Response {
    try await send(
      "POST", path, fields: ["Content-Type": "application/json"], body: try JSONWriter.bytes(document), id: id)
  }

  /// The value of a sample of `/metrics`, by its whole name with labels.
  func sample(_ name: String) -> Double? {
    for line in registry.exposition().split(separator: "\n") where line.hasPrefix(name + " ") {
      return Double(line.dropFirst(name.count + 1))
    }
    return nil
  }
}

private final class Ticks: Sendable {
  private let count = Mutex(0)

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

private final class Reports: Sendable {
  private let kept = Mutex<[String]>([])

  func add(_ message: String, _ values: [String: String]) {
    kept.withLock { $0.append("\(message): \(values["reason"] ?? "") (\(values["request_id"] ?? ""))") }
  }

  var all: [String] { kept.withLock { $0 } }
}

extension Response {
  var document: JSONValue {
    get throws { try JSONReader.value(body, limits: .request) }
  }

  var text: String { String(decoding: body, as: UTF8.self) }
}
