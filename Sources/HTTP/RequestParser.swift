/// Reads requests from a stream of octets: a state machine without input or output of its own.
///
/// The driver hands in whatever came from the peer with `receive(_:)` and takes events out with `next()` until that
/// returns `nil`. One request is `.head`, any number of `.body`, `.end`; the next request starts with the next call, so
/// the driver decides when, and pipelined requests wait in the buffer in their order.
///
/// Three invariants, each with its test:
/// - the events do not depend on how the input was cut (byte by byte equals whole), for refused input too;
/// - `.end` comes only after the last octet of the body, so that a truncated body is never handed on;
/// - after an error every call throws the same error again, and what follows in the input is never interpreted. The
///   same silence, without error, follows a request that does not keep the connection alive.
///
/// Grammar: RFC 9110, RFC 9112. What is ambiguous is refused rather than repaired.
package struct RequestParser: Sendable {
  /// What the stream holds, in order.
  package enum Event: Sendable, Hashable {
    case head(RequestHead)
    /// Never empty. How the body is cut into these is not defined.
    case body([UInt8])
    case end
  }

  private enum State: Sendable {
    case requestLine(emptyLines: Int)
    case fields(RequestLine)
    case length(remaining: Int)
    case chunked(ChunkedBody)
    case ended
    case failed(HTTPParseError)
  }

  private let limits: RequestLimits
  private var input = InputBuffer()
  private var state = State.requestLine(emptyLines: 0)
  private var keepsAlive = true
  private var headerBytes = 0
  /// The fields read so far of the request being read, or of the refused one: a refusal can echo its request id.
  package private(set) var fields = Fields()
  /// The method of the request being read or refused, once its request line is known: HEAD is refused without a body.
  package private(set) var method: Method?

  package init(limits: RequestLimits = RequestLimits()) { self.limits = limits }

  /// Octets received that no event has covered yet.
  package var bufferedCount: Int { input.count }

  /// True when nothing of a next request has come: the connection may be closed without harm.
  package var isBetweenRequests: Bool {
    switch state {
    case .requestLine: input.count == 0
    case .ended: true
    default: false
    }
  }

  /// Takes what the peer sent. After an error, or after the last request, it is dropped.
  package mutating func receive(_ bytes: some Sequence<UInt8>) {
    switch state {
    case .failed, .ended: return
    default: input.append(bytes)
    }
  }

  /// The next event, or `nil` while more input is needed.
  package mutating func next() throws(HTTPParseError) -> Event? {
    if case .failed(let error) = state { throw error }
    do {
      return try step()
    } catch {
      state = .failed(error)
      input.removeAll()
      throw error
    }
  }

  private mutating func step() throws(HTTPParseError) -> Event? {
    while true {
      switch state {
      case .requestLine(let emptyLines):
        let tooLong = HTTPParseError.requestLineTooLong(max: limits.requestLineBytesMax)
        guard let line = try input.line(max: limits.requestLineBytesMax, tooLong: tooLong) else { return nil }
        if line.isEmpty && emptyLines < limits.leadingEmptyLinesMax {
          state = .requestLine(emptyLines: emptyLines + 1)
          continue
        }
        (fields, method, headerBytes) = (Fields(), nil, 0)
        let requestLine = try RequestLine(line)
        method = requestLine.method
        state = .fields(requestLine)
      case .fields(let requestLine):
        let tooLarge = HTTPParseError.headerTooLarge(max: limits.headerBytesMax)
        let room = max(0, limits.headerBytesMax - headerBytes)
        guard let line = try input.line(max: room, tooLong: tooLarge) else { return nil }
        if line.isEmpty { return .head(try finishHead(requestLine)) }
        headerBytes += line.count + 2
        if fields.count == limits.fieldsMax { throw .tooManyFields(max: limits.fieldsMax) }
        try FieldLine.parse(line, into: &fields)
      case .length(remaining: 0): return finishRequest()
      case .length(let remaining):
        guard let bytes = input.take(remaining) else { return nil }
        state = .length(remaining: remaining - bytes.count)
        return .body(bytes)
      case .chunked(var body):
        let step = try body.step(&input)
        state = .chunked(body)
        switch step {
        case .bytes(let bytes): return .body(bytes)
        case .end: return finishRequest()
        case .needsMore: return nil
        }
      case .ended: return nil
      case .failed(let error): throw error
      }
    }
  }

  private mutating func finishHead(_ line: RequestLine) throws(HTTPParseError) -> RequestHead {
    let head = try RequestHead(line, fields: fields, limits: limits)
    keepsAlive = head.keepsAlive
    switch head.framing {
    case .length(let length): state = .length(remaining: length)
    case .chunked: state = .chunked(ChunkedBody(limits: limits))
    }
    return head
  }

  private mutating func finishRequest() -> Event {
    if keepsAlive {
      state = .requestLine(emptyLines: 0)
    } else {
      state = .ended
      input.removeAll()
    }
    return .end
  }
}
