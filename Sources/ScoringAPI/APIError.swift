package import BoundedJSON
package import Judge

/// The kinds of problem a client can meet: one row each of the table that clients program against. The raw value is the
/// last part of the problem's `type`, `urn:persrm:problem:…`, and never changes its meaning.
package enum ProblemKind: String, Sendable, Hashable, CaseIterable {
  case malformedJSON = "malformed-json"
  case notFound = "not-found"
  case methodNotAllowed = "method-not-allowed"
  case bodyTooLarge = "body-too-large"
  case promptTooLong = "prompt-too-long"
  case unsupportedMediaType = "unsupported-media-type"
  case invalidRequest = "invalid-request"
  case clientClosedRequest = "client-closed-request"
  case internalError = "internal-error"
  case queueFull = "queue-full"
  case queueTimeout = "queue-timeout"
  case loading = "loading"
  case modelFailed = "model-failed"
  case shuttingDown = "shutting-down"
  case generationTimeout = "generation-timeout"

  /// HTTP status, title, and whether the same request may succeed later.
  package var row: (status: Int, title: String, retryable: Bool) {
    switch self {
    case .malformedJSON: (400, "Malformed JSON", false)
    case .notFound: (404, "Not Found", false)
    case .methodNotAllowed: (405, "Method Not Allowed", false)
    case .bodyTooLarge: (413, "Body Too Large", false)
    case .promptTooLong: (413, "Prompt Too Long", false)
    case .unsupportedMediaType: (415, "Unsupported Media Type", false)
    case .invalidRequest: (422, "Invalid Request", false)
    case .clientClosedRequest: (499, "Client Closed Request", false)
    case .internalError: (500, "Internal Error", true)
    case .queueFull: (503, "Queue Full", true)
    case .queueTimeout: (503, "Queue Timeout", true)
    case .loading: (503, "Loading Model", true)
    case .modelFailed: (503, "Model Failed", true)
    case .shuttingDown: (503, "Shutting Down", true)
    case .generationTimeout: (504, "Generation Timeout", true)
    }
  }

  /// What `type` holds.
  package var type: String { "urn:persrm:problem:\(rawValue)" }
}

/// One wrong field.
package struct FieldError: Sendable, Hashable {
  /// RFC 6901; empty for the whole body.
  package let pointer: String
  /// Continues a sentence that begins with the field's name: "must be …", "is missing".
  package let detail: String

  package init(pointer: String, detail: String) {
    self.pointer = pointer
    self.detail = detail
  }

  /// As a sentence: `response_b is missing`.
  package var sentence: String {
    pointer.isEmpty ? "the body \(detail)" : "\(pointer.dropFirst()) \(detail)"
  }
}

/// Why a request is not answered with what it asked for. `kind` is its row in the table.
package enum APIError: Error, Sendable, Equatable {
  case malformedJSON(JSONError)
  case notFound
  /// With the methods there are.
  case methodNotAllowed(allow: [String])
  case bodyTooLarge(bytes: Int, max: Int)
  case promptTooLong(promptTokens: Int, maxTokens: Int, contextTokens: Int, exemplarsDropped: Int)
  case unsupportedMediaType
  /// Every wrong field; never empty.
  case invalidRequest([FieldError])
  case clientClosedRequest
  /// The reason is for logs only.
  case internalError(String)
  case queueFull(retryAfterSeconds: Int)
  case queueTimeout(retryAfterSeconds: Int)
  case loading(retryAfterSeconds: Int)
  /// The reason is for logs only.
  case modelFailed(String)
  case shuttingDown
  case generationTimeout

  /// A document that cannot be read.
  package init(_ error: JSONError) {
    self =
      if case .tooLarge(let bytes, let max) = error { .bodyTooLarge(bytes: bytes, max: max) } else {
        .malformedJSON(error)
      }
  }

  /// A comparison that has no judgement.
  package init(_ error: JudgeError) {
    self =
      switch error {
      case .promptTooLong(let promptTokens, let maxTokens, let contextTokens, let exemplarsDropped):
        .promptTooLong(
          promptTokens: promptTokens, maxTokens: maxTokens, contextTokens: contextTokens,
          exemplarsDropped: exemplarsDropped)
      case .responsesWithoutTokens(let names):
        .invalidRequest(
          names.map {
            FieldError(
              pointer: "/response_\($0.rawValue)", detail: "has no character that the model knows, so no likelihood")
          })
      case .generation(.promptTooLong(let tokens, let max)):
        .promptTooLong(promptTokens: tokens, maxTokens: 0, contextTokens: max, exemplarsDropped: 0)
      case .generation(.cancelled): .clientClosedRequest
      case .generation(.queueFull(let seconds)): .queueFull(retryAfterSeconds: seconds)
      case .generation(.queueTimeout(let seconds)): .queueTimeout(retryAfterSeconds: seconds)
      case .generation(.deadlineExceeded): .generationTimeout
      case .generation(.shuttingDown): .shuttingDown
      case .generation(.failed(let reason)): .modelFailed(reason)
      }
  }

  package var kind: ProblemKind {
    switch self {
    case .malformedJSON: .malformedJSON
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .bodyTooLarge: .bodyTooLarge
    case .promptTooLong: .promptTooLong
    case .unsupportedMediaType: .unsupportedMediaType
    case .invalidRequest: .invalidRequest
    case .clientClosedRequest: .clientClosedRequest
    case .internalError: .internalError
    case .queueFull: .queueFull
    case .queueTimeout: .queueTimeout
    case .loading: .loading
    case .modelFailed: .modelFailed
    case .shuttingDown: .shuttingDown
    case .generationTimeout: .generationTimeout
    }
  }

  /// Seconds for Retry-After, 1...30: set exactly for status 503.
  package var retryAfterSeconds: Int? {
    switch self {
    case .queueFull(let seconds), .queueTimeout(let seconds), .loading(let seconds): min(max(seconds, 1), 30)
    case .shuttingDown: 5
    case .modelFailed: 30
    default: nil
    }
  }

  /// Every place at fault.
  package var fields: [FieldError] {
    switch self {
    case .malformedJSON(let error): [FieldError(pointer: error.pointer, detail: error.description)]
    case .promptTooLong: [FieldError(pointer: "/exemplars", detail: "and the other texts are too long together")]
    case .invalidRequest(let fields): fields
    default: []
    }
  }
}
