import BoundedJSON
package import HTTP

/// Writes errors as RFC 9457 problem documents. Title and reason phrase are the same text: the reason phrase is all
/// that many clients log, so for a wrong field it names the field.
package enum Problem {
  package static let contentType = "application/problem+json"

  /// The answer to a request that failed.
  package static func response(_ error: APIError, requestID: String) -> Response {
    let row = error.kind.row
    var response = response(
      status: row.status, type: error.kind.type, title: title(error), detail: detail(error, requestID: requestID),
      fields: error.fields, retryable: row.retryable, requestID: requestID)
    if let seconds = error.retryAfterSeconds { response.fields.set("Retry-After", String(seconds)) }
    if case .methodNotAllowed(let allow) = error { response.fields.set("Allow", allow.joined(separator: ", ")) }
    return response
  }

  /// A document for faults that are found below the routes, as in HTTP itself.
  ///
  /// - Parameters:
  ///   - type: a URI for programs.
  ///   - title: cut to what a reason phrase may hold.
  package static func response(
    status: Int, type: String, title: String, detail: String, fields: [FieldError] = [], retryable: Bool,
    requestID: String
  ) -> Response {
    let status = Status(status, reason: title)
    let listed = fields.prefix(ScoringLimits.fieldErrorsMax).map { field in
      JSONValue.object(["pointer": .string(field.pointer), "detail": .string(field.detail)])
    }
    let document = JSONValue.object([
      "type": .string(type), "title": .string(status.reason), "status": .integer(Int64(status.code)),
      "detail": .string(detail), "instance": .string("urn:request:\(requestID)"), "request_id": .string(requestID),
      "errors": .array(listed), "retryable": .bool(retryable),
    ])
    // `try?`: only a number that is not finite cannot be written, and there is none.
    let body = (try? JSONWriter.bytes(document)) ?? []
    return Response(status: status, contentType: contentType, body: body)
  }

  private static func title(_ error: APIError) -> String {
    if case .invalidRequest(let fields) = error, let first = fields.first {
      first.sentence
    } else {
      error.kind.row.title
    }
  }

  private static func detail(_ error: APIError, requestID: String) -> String {
    switch error {
    case .malformedJSON(let error):
      return error.pointer.isEmpty
        ? "The body cannot be read: \(error)." : "The body cannot be read at \(error.pointer): \(error)."
    case .notFound: return "There is no such route."
    case .methodNotAllowed(let allow): return "This route answers \(allow.joined(separator: ", "))."
    case .bodyTooLarge(let bytes, let max): return "\(bytes) bytes > \(max)."
    case .promptTooLong(let promptTokens, let maxTokens, let contextTokens, let exemplarsDropped):
      let dropped = exemplarsDropped == 0 ? "" : " after dropping \(exemplarsDropped) exemplars"
      return "\(promptTokens + maxTokens) tokens > \(contextTokens)\(dropped): \(promptTokens) of the prompt and "
        + "\(maxTokens) of max_tokens."
    case .unsupportedMediaType:
      return "Send the body as JSON, with Content-Type: application/json and without Content-Encoding."
    case .invalidRequest(let fields):
      let named = fields.prefix(5).map(\.sentence).joined(separator: "; ")
      return fields.count > 5 ? "\(named); and \(fields.count - 5) more." : "\(named)."
    case .clientClosedRequest: return "The client closed the request."
    case .internalError: return "Something failed that should not; quote request id \(requestID)."
    case .queueFull: return "Too many requests wait already."
    case .queueTimeout: return "The request waited too long for its turn."
    case .loading: return "The model is still loading."
    case .modelFailed: return "The model failed; quote request id \(requestID)."
    case .shuttingDown: return "The service is shutting down."
    case .generationTimeout: return "The verdict took too long to write."
    }
  }
}
