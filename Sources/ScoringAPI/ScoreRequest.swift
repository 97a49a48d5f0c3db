package import BoundedJSON
package import Judge

/// A valid body of `POST /score` or `POST /apply-template`.
package struct ScoreRequest: Sendable, Hashable {
  package let comparison: Comparison
  package let options: JudgeOptions

  /// Reads a body.
  ///
  /// - Throws: `malformedJSON` or `bodyTooLarge` where it is no JSON document, `invalidRequest` with every wrong field
  ///   where it is not this request.
  package init(body: [UInt8]) throws(APIError) {
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONReader.value(body, limits: .request)
    } catch {
      throw APIError(error)
    }
    try self.init(document)
  }

  /// - Throws: `invalidRequest` with every wrong field.
  package init(_ document: JSONValue) throws(APIError) {
    var (members, faults) = FieldRule.check(document, against: FieldRule.score)
    let (minTokens, maxTokens) = (members["min_tokens"]?.integer, members["max_tokens"]?.integer)
    if faults.isEmpty, let minTokens, let maxTokens, minTokens > maxTokens {
      faults.append(FieldError(pointer: "/min_tokens", detail: "must not be larger than max_tokens"))
    }
    guard faults.isEmpty, let query = members["query"]?.string, let exemplars = members["exemplars"]?.array,
      let responseA = members["response_a"]?.string,
      let method = members["method"]?.string.flatMap(JudgeMethod.init(rawValue:)),
      let order = members["order"]?.string.flatMap(OrderOption.init(rawValue:)),
      let samples = members["samples"]?.integer, let temperature = members["temperature"]?.number,
      let seed = members["seed"]?.integer, let minTokens, let maxTokens,
      let constrained = members["constrained"]?.bool
    else { throw .invalidRequest(faults) }
    comparison = Comparison(
      query: query, exemplars: exemplars.compactMap(\.string), responseA: responseA,
      responseB: members["response_b"]?.string)
    options = JudgeOptions(
      method: method, order: order, samples: Int(samples),
      sampling: SamplingParameters(temperature: temperature, seed: UInt64(seed)), minTokens: Int(minTokens),
      maxTokens: Int(maxTokens), constrained: constrained, evidence: members["evidence"]?.bool)
  }
}
