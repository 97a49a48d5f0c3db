import BoundedJSON
package import Judge

/// What is asked of a PersRM server: every member of a `POST /score` body. Members that are nil are left out, so that
/// the server's defaults count.
package struct RemoteQuestion: Sendable, Hashable {
  package var comparison: Comparison
  package var method: JudgeMethod?
  package var order: OrderOption?
  package var samples: Int?
  package var temperature: Double?
  /// 0...2^53 - 1.
  package var seed: Int64?
  package var minTokens: Int?
  package var maxTokens: Int?
  package var evidence: Bool?
  package var constrained: Bool?

  package init(
    comparison: Comparison, method: JudgeMethod? = nil, order: OrderOption? = nil, samples: Int? = nil,
    temperature: Double? = nil, seed: Int64? = nil, minTokens: Int? = nil, maxTokens: Int? = nil,
    evidence: Bool? = nil, constrained: Bool? = nil
  ) {
    self.comparison = comparison
    self.method = method
    self.order = order
    self.samples = samples
    self.temperature = temperature
    self.seed = seed
    self.minTokens = minTokens
    self.maxTokens = maxTokens
    self.evidence = evidence
    self.constrained = constrained
  }

  /// Equal questions are equal bytes.
  package func body() throws(RemoteError) -> [UInt8] {
    var members: [String: JSONValue] = [
      "query": .string(comparison.query), "exemplars": .array(comparison.exemplars.map { .string($0) }),
      "response_a": .string(comparison.responseA),
    ]
    members["response_b"] = comparison.responseB.map { .string($0) }
    members["method"] = method.map { .string($0.rawValue) }
    members["order"] = order.map { .string($0.rawValue) }
    members["samples"] = samples.map { .integer(Int64($0)) }
    members["temperature"] = temperature.map { .number($0) }
    members["seed"] = seed.map { .integer($0) }
    members["min_tokens"] = minTokens.map { .integer(Int64($0)) }
    members["max_tokens"] = maxTokens.map { .integer(Int64($0)) }
    members["evidence"] = evidence.map { .bool($0) }
    members["constrained"] = constrained.map { .bool($0) }
    do throws(JSONError) {
      return try JSONWriter.bytes(JSONValue.object(members))
    } catch {
      throw .notEncodable(reason: "\(error.pointer) \(error)")
    }
  }
}
