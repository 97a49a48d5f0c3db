import BoundedJSON
import HTTP
import Judge
import ScoringAPI
import TestSupport
import Testing

/// Holds the service to `openapi.yaml` and `openapi.yaml` to the service.
@Suite struct OpenAPITests {
  private let api: SchemaChecker

  init() throws { api = try SchemaChecker() }

  private func responses(_ route: Route) throws -> [String: JSONValue] {
    let operation = try #require(api.root["paths"]?[route.path]?[route.method.name.lowercased()])
    return try #require(operation["responses"]?.object).mapValues { api.resolved($0) }
  }

  /// The names of the problems that are examples of a response.
  private func problems(_ response: JSONValue) -> Set<String> {
    Set((response["content"]?["application/problem+json"]?["examples"]?.object ?? [:]).keys)
  }

  @Test func pathsAndMethodsAreTheRoutes() throws {
    let documented = try #require(api.root["paths"]?.object).flatMap { path, item in
      (item.object ?? [:]).keys.map { "\($0.uppercased()) \(path)" }
    }
    #expect(documented.sorted() == Route.all.map { "\($0.method.name) \($0.path)" }.sorted())
  }

  @Test func statusesOfEveryRouteAreThoseOfTheTable() throws {
    for route in Route.all {
      let documented = try responses(route)
      let table = Set(route.operation.statuses + route.operation.problems.map(\.row.status)).map { String($0) }
      #expect(documented.keys.sorted() == table.sorted(), "\(route.path)")
      for (status, response) in documented {
        let kinds = route.operation.problems.filter { String($0.row.status) == status }
        #expect(problems(response) == Set(kinds.map(\.rawValue)), "\(route.path) \(status)")
        let retries = kinds.contains { $0.row.status == 503 }
        #expect((response["headers"]?["Retry-After"] != nil) == retries, "\(route.path) \(status)")
      }
    }
  }

  @Test func everyProblemOfTheTableIsAnExampleAndEveryExampleIsInTheTable() throws {
    let documented = try #require(api.root["components"]?["responses"]?.object)
    var seen: Set<String> = []
    for response in documented.values {
      let examples = response["content"]?["application/problem+json"]?["examples"]?.object ?? [:]
      for (name, example) in examples {
        seen.insert(name)
        let kind = try #require(ProblemKind(rawValue: name))
        let value = try #require(example["value"])
        #expect(api.faults(value, api.schema("Problem")) == [])
        #expect(value["type"] == .string(kind.type) && value["status"] == .integer(Int64(kind.row.status)))
        #expect(value["retryable"] == .bool(kind.row.retryable))
        if kind != .invalidRequest { #expect(value["title"] == .string(kind.row.title)) }
      }
    }
    // Nobody is left to read this one.
    #expect(seen == Set(ProblemKind.allCases.map(\.rawValue)).subtracting(["client-closed-request"]))
  }

  @Test func everyProblemTheServiceWritesIsAsDocumented() throws {
    let errors: [APIError] = [
      .malformedJSON(.syntax(offset: 17, reason: "expected ','")), .notFound, .methodNotAllowed(allow: ["POST"]),
      .bodyTooLarge(bytes: 9_000_000, max: 8_388_608),
      .promptTooLong(promptTokens: 8_704, maxTokens: 512, contextTokens: 8_192, exemplarsDropped: 3),
      .unsupportedMediaType,
      .invalidRequest([
        FieldError(pointer: "/response_b", detail: "is missing"),
        FieldError(pointer: "/samples", detail: "must be from 1 to 16"),
      ]),
      .clientClosedRequest, .internalError("secret"), .queueFull(retryAfterSeconds: 0),
      .queueTimeout(retryAfterSeconds: 100), .loading(retryAfterSeconds: 3), .modelFailed("secret"), .shuttingDown,
      .generationTimeout,
    ]
    #expect(Set(errors.map(\.kind)) == Set(ProblemKind.allCases))
    var examples: [String: JSONValue] = [:]
    for response in try #require(api.root["components"]?["responses"]?.object).values {
      let found = response["content"]?["application/problem+json"]?["examples"]?.object ?? [:]
      examples.merge(found.compactMapValues { $0["value"] }) { first, _ in first }
    }
    for error in errors {
      let response = Problem.response(error, requestID: "5f2a")
      #expect(response.status.code == error.kind.row.status)
      #expect(response.status.reason == (try response.document["title"]?.string))
      #expect((response.fields.first(named: "Retry-After") != nil) == (response.status.code == 503))
      #expect(!response.text.contains("secret"))
      if error != .clientClosedRequest {
        #expect(try response.document == examples[error.kind.rawValue])
      }
    }
  }

  @Test func membersOfTheRequestAreTheValidatorsRules() throws {
    let schema = api.schema("ScoreRequest")
    let properties = try #require(schema["properties"]?.object)
    #expect(properties.keys.sorted() == FieldRule.score.map(\.name).sorted())
    let required = try #require(schema["required"]?.array).compactMap(\.string)
    #expect(required.sorted() == FieldRule.score.filter(\.isRequired).map(\.name).sorted())
    #expect(schema["additionalProperties"] == .bool(false))
    let waivers = FieldRule.score.compactMap { rule in rule.waiver.map { (rule.name, $0) } }
    #expect(waivers.count == 2)
    #expect(waivers.contains { $0 == ("evidence", .always) })
    for case (let name, .member(let member, let value)) in waivers {
      let other = JSONValue.object([member: .object(["enum": .array([value])])])
      #expect(
        schema["anyOf"]
          == .array([
            .object(["required": .array([.string(name)])]),
            .object(["required": .array([.string(member)]), "properties": other]),
          ]))
    }
    for rule in FieldRule.score {
      var members = try #require(api.resolved(properties[rule.name] ?? .null).object)
      members["description"] = nil
      if let items = members["items"] { members["items"] = api.resolved(items) }
      #expect(JSONValue.object(members) == .object(expected(rule)), "\(rule.name)")
    }
  }

  /// The schema that says what a rule does.
  private func expected(_ rule: FieldRule) -> [String: JSONValue] {
    func text(_ max: Int) -> [String: JSONValue] {
      ["type": .string("string"), "minLength": .integer(1), "maxLength": .integer(Int64(max))]
    }
    var schema: [String: JSONValue]
    switch rule.kind {
    case .text(let scalarsMax): schema = text(scalarsMax)
    case .texts(let countMax, let scalarsMax):
      schema = [
        "type": .string("array"), "minItems": .integer(1), "maxItems": .integer(Int64(countMax)),
        "items": .object(text(scalarsMax)),
      ]
    case .choice(let words): schema = ["type": .string("string"), "enum": .array(words.map { .string($0) })]
    case .number(let range):
      schema = [
        "type": .string("number"), "minimum": .integer(Int64(range.lowerBound)),
        "maximum": .integer(Int64(range.upperBound)),
      ]
    case .integer(let range):
      schema = [
        "type": .string("integer"), "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
      ]
    case .flag(let supported): schema = ["type": .string("boolean"), "enum": .array(supported.map { .bool($0) })]
    }
    schema["default"] = rule.fallback
    return schema
  }

  /// Invariant: the validator takes a body exactly when the schema does, but for the one rule over two members.
  @Test func validatorAndSchemaAgreeOnRandomBodies() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var state = seed
    var random = Numbers {
      state &+= 1; return PairJudge.sampleSeed(state, sample: 0)
    }
    let values: [JSONValue] = [
      .null, .bool(true), .bool(false), .integer(0), .integer(1), .integer(16), .integer(17), .integer(72),
      .integer(-1), .integer(4_096), .integer(4_097), .number(0.5), .number(2), .number(2.5), .number(1e18),
      .integer(9_007_199_254_740_991), .integer(9_007_199_254_740_992), .string(""), .string("x"), .string("ab"),
      .string("both"), .string("reasoning"), .string("verdict"), .array([]), .array([.string("x")]),
      .array([.string("")]), .array([.integer(1)]), .array(Array(repeating: .string("x"), count: 17)), .object([:]),
    ]
    let names = FieldRule.score.map(\.name) + ["unknown"]
    let methods = JudgeMethod.allCases.map { JSONValue.string($0.rawValue) }
    let schema = api.schema("ScoreRequest")
    var accepted = 0
    for _ in 0..<1_500 {
      var changes: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        changes[names.randomElement(using: &random) ?? ""] = values.randomElement(using: &random)
      }
      if Bool.random(using: &random) { changes["method"] = methods.randomElement(using: &random) }
      let removed = Int.random(in: 0..<4, using: &random) == 0 ? [names.randomElement(using: &random) ?? ""] : []
      let body = ServiceFixture.body(changes, removing: removed)
      var errors: [FieldError] = []
      do throws(APIError) { _ = try ScoreRequest(body) } catch { errors = error.fields }
      if errors.map(\.detail) == ["must not be larger than max_tokens"] { continue }
      let faults = api.faults(body, schema)
      #expect(errors.isEmpty == faults.isEmpty, "seed \(seed): \(changes) \(errors) \(faults)")
      if errors.isEmpty { accepted += 1 }
    }
    #expect(accepted > 50 && accepted < 1_400, "seed \(seed): \(accepted)")
  }

  @Test func theExampleOfTheRequestIsValid() throws {
    let content = api.root["components"]?["requestBodies"]?["Score"]?["content"]?["application/json"]
    let example = try #require(content?["example"])
    #expect(api.faults(example, api.schema("ScoreRequest")) == [])
    _ = try ScoreRequest(example)
  }

  @Test func answersMatchTheirSchemas() async throws {
    let both = ServiceFixture.body([
      "order": .string("both"), "samples": .integer(2), "temperature": .integer(1),
    ])
    let bad = ServiceFixture(ScriptedGenerator(text: "no", finishReason: .length))
    let verdict = ServiceFixture.body(["method": .string("verdict"), "order": .string("both")])
    let single: [String: JSONValue] = ["method": .string("likelihood")]
    let likelihood = ServiceFixture.body(single)
    for answer in [
      try await ServiceFixture().post(), try await ServiceFixture().post("/score", both),
      try await ServiceFixture().post("/score", verdict), try await ServiceFixture().post("/score", likelihood),
      try await ServiceFixture().post("/score", ServiceFixture.body(single, removing: ["response_b"])),
      try await bad.post("/score", both), try await ServiceFixture(ScriptedGenerator(certain: [])).post(),
    ] {
      #expect(api.faults(try answer.document, api.schema("ScoreAnswer")) == [])
    }
    let prompt = try await ServiceFixture().post("/apply-template")
    #expect(api.faults(try prompt.document, api.schema("Prompt")) == [])
    let refused = try await ServiceFixture().post("/score", .object(["x": .null]))
    #expect(api.faults(try refused.document, api.schema("Problem")) == [])
  }

  @Test func probesMatchTheirSchemasInEveryState() async throws {
    let states: [(ModelReadiness, PairJudge) -> Void] = [
      { _, _ in }, { readiness, _ in readiness.loading(stage: "warmup", progress: 0.5, etaSeconds: 3) },
      { readiness, judge in readiness.ready(judge, created: 1) }, { readiness, _ in readiness.fail() },
      { readiness, _ in readiness.shutDown() },
    ]
    for (index, enter) in states.enumerated() {
      let fixture = ServiceFixture(isReady: false, isAlive: index != 0)
      enter(fixture.readiness, ServiceFixture.judge(fixture.generator))
      for route in Route.all where route.method == .get && route.operation != .metrics {
        let response = try await fixture.send("GET", route.path)
        let documented = try #require(try responses(route)[String(response.status.code)])
        let schema = try #require(documented["content"]?["application/json"]?["schema"])
        #expect(api.faults(try response.document, schema) == [], "\(route.path) in state \(index)")
      }
    }
  }

  @Test func theCheckerSeesEveryMemberThatIsMissingUnknownOrWrong() async throws {
    let schema = api.schema("ScoreAnswer")
    let answer = try #require(try await ServiceFixture().post().document.object)
    for name in answer.keys {
      var less = answer
      less[name] = nil
      #expect(api.faults(.object(less), schema) == [": required"], "\(name)")
      var wrong = answer
      wrong[name] = .array([.bool(true)])
      #expect(api.faults(.object(wrong), schema) != [], "\(name)")
    }
    var more = answer
    more["extra"] = .null
    #expect(api.faults(.object(more), schema) == [": additionalProperties"])
    more = answer
    more["scores"] = .object(["a": .number(10.5), "b": .integer(0)])
    #expect(api.faults(.object(more), schema).sorted() == ["/scores/a: maximum", "/scores/b: minimum"])
    #expect(api.faults(.integer(1), .object(["multipleOf": .integer(2)])) == [": multipleOf"])
  }
}

/// Random numbers from a closure.
private struct Numbers: RandomNumberGenerator {
  let draw: () -> UInt64

  init(_ draw: @escaping () -> UInt64) { self.draw = draw }

  mutating func next() -> UInt64 { draw() }
}
