package import HTTP

/// What the service does, each with the answers it can give. `openapi.yaml` is held to this table by a test.
package enum Operation: String, Sendable, Hashable, CaseIterable {
  case score
  case applyTemplate
  case health
  case livez
  case readyz
  case metrics
  case models

  /// Statuses of answers that are not problem documents.
  package var statuses: [Int] {
    switch self {
    case .score, .applyTemplate, .metrics, .models: [200]
    case .health, .readyz, .livez: [200, 503]
    }
  }

  /// The problems it can answer with. Not listed: `notFound` and `methodNotAllowed`, which no operation gives, and
  /// `clientClosedRequest`, which nobody is left to read.
  package var problems: [ProblemKind] {
    switch self {
    case .score:
      [
        .malformedJSON, .bodyTooLarge, .promptTooLong, .unsupportedMediaType, .invalidRequest, .internalError,
        .queueFull, .queueTimeout, .loading, .modelFailed, .shuttingDown, .generationTimeout,
      ]
    case .applyTemplate:
      [
        .malformedJSON, .bodyTooLarge, .promptTooLong, .unsupportedMediaType, .invalidRequest, .internalError,
        .loading, .modelFailed, .shuttingDown,
      ]
    case .health, .livez, .readyz, .metrics, .models: []
    }
  }
}

/// Where an operation is found.
package struct Route: Sendable, Hashable {
  package let method: Method
  package let path: String
  package let operation: Operation

  /// All of them. Every GET answers HEAD too.
  package static let all: [Route] = [
    Route(method: .post, path: "/score", operation: .score),
    Route(method: .post, path: "/v1/score", operation: .score),
    Route(method: .post, path: "/apply-template", operation: .applyTemplate),
    Route(method: .get, path: "/health", operation: .health),
    Route(method: .get, path: "/livez", operation: .livez),
    Route(method: .get, path: "/readyz", operation: .readyz),
    Route(method: .get, path: "/metrics", operation: .metrics),
    Route(method: .get, path: "/v1/models", operation: .models),
  ]

  /// The path of a request as logs and metrics name it: a route's own, so that clients cannot make new labels.
  package static func label(_ path: String) -> String {
    all.contains { $0.path == path } ? path : "unknown"
  }

  /// Finds the operation of a request.
  ///
  /// - Throws: `notFound`, or `methodNotAllowed` with the methods of that path.
  package static func operation(_ method: Method, _ path: String) throws(APIError) -> Operation {
    let routes = all.filter { $0.path == path }
    if routes.isEmpty { throw .notFound }
    let sought = method == .head ? .get : method
    if let route = routes.first(where: { $0.method == sought }) { return route.operation }
    let allow = routes.flatMap { $0.method == .get ? [$0.method, Method.head] : [$0.method] }
    throw .methodNotAllowed(allow: allow.map(\.name))
  }
}
