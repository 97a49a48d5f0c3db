package import BoundedJSON
package import Foundation
package import Judge

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A service that answers `POST /score`, reached over HTTP with kept connections.
package final class HTTPTarget: JudgingTarget {
  /// How long one answer may take: a queue of hundreds of comparisons at a few seconds each.
  private static let timeoutSeconds = 1800.0
  /// What is shown of an answer that is no judgement.
  private static let excerptCharacters = 300

  private let score: URL
  private let options: JudgeOptions
  private let session: URLSession

  /// - Parameters:
  ///   - url: where the service is, such as http://127.0.0.1:8000
  ///   - clients: connections at most.
  package init(_ url: URL, options: JudgeOptions, clients: Int) {
    score = url.appending(path: "score")
    self.options = options
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = clients
    configuration.timeoutIntervalForRequest = Self.timeoutSeconds
    session = URLSession(configuration: configuration)
  }

  package func judge(_ comparison: Comparison, seed: UInt64) async throws -> JudgedComparison {
    var request = URLRequest(url: score)
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = Data(try Self.body(comparison, options: options, seed: seed))
    let (data, response): (Data, URLResponse)
    do {
      (data, response) = try await session.data(for: request)
    } catch {
      throw BenchmarkError.unreachable(url: score.absoluteString, reason: error.localizedDescription)
    }
    return try Self.judged([UInt8](data), status: (response as? HTTPURLResponse)?.statusCode ?? 0)
  }

  /// The body of `POST /score`.
  package static func body(
    _ comparison: Comparison, options: JudgeOptions, seed: UInt64
  ) throws(JSONError) -> [UInt8] {
    var members: [String: JSONValue] = [
      "query": .string(comparison.query), "exemplars": .array(comparison.exemplars.map { .string($0) }),
      "response_a": .string(comparison.responseA), "method": .string(options.method.rawValue),
      "temperature": .number(options.sampling.temperature), "seed": .integer(Int64(seed)),
      "min_tokens": .integer(Int64(options.minTokens)), "max_tokens": .integer(Int64(options.maxTokens)),
    ]
    if let responseB = comparison.responseB { members["response_b"] = .string(responseB) }
    return try JSONWriter.bytes(JSONValue.object(members))
  }

  /// Reads an answer.
  ///
  /// - Throws: `answer` with its status and start where it is no judgement.
  package static func judged(_ bytes: [UInt8], status: Int) throws(BenchmarkError) -> JudgedComparison {
    // `try?`: whatever is wrong with it, the answer itself says most.
    let document = try? JSONReader.value(bytes, limits: .request)
    guard status == 200, let usage = document?["usage"], let model = document?["model"]?.string,
      let prompt = usage["prompt_tokens"]?.integer, let completion = usage["completion_tokens"]?.integer,
      let cached = usage["prompt_tokens_details"]?["cached_tokens"]?.integer
    else {
      let text = String(decoding: bytes, as: UTF8.self).prefix(excerptCharacters)
      throw .answer(status: status, text: text.debugDescription)
    }
    return JudgedComparison(
      model: model,
      usage: Usage(promptTokens: Int(prompt), cachedTokens: Int(cached), completionTokens: Int(completion)))
  }
}
