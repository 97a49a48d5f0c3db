/// Why an answer cannot be read. Texts name the rule that was broken and never quote what the peer sent.
package enum ResponseParseError: Error, Sendable, Hashable {
  /// The first line is not `version SP three digits SP reason`.
  case statusLine
  /// More answers of status 1xx than anybody has use for.
  case tooManyInterim(max: Int)
  /// The header section or the framing of the body breaks a rule that requests have too.
  case message(HTTPParseError)
  /// The peer stopped sending within the answer; `expected` is the length its header announced, where it did.
  case truncated(received: Int, expected: Int?)
}

extension ResponseParseError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .statusLine: "the first line is no HTTP status line"
    case .tooManyInterim(let max): "more than \(max) interim answers"
    case .message(let error): error.detail
    case .truncated(let received, let expected):
      expected.map { "it ended after \(received) of \($0) octets" } ?? "it ended too early"
    }
  }
}

/// Everything of an answer before its body.
package struct ResponseHead: Sendable, Hashable {
  /// How the length of the body is known (RFC 9112 section 6.3).
  package enum Framing: Sendable, Hashable {
    case length(Int)
    case chunked
    /// The body ends with the connection, so a cut cannot be told from the end.
    case untilClose
  }

  /// 100...999, as the peer sent it.
  package let code: Int
  package let fields: Fields
  package let framing: Framing
}

/// Reads the answer to one request from a stream of octets; the mirror of `RequestParser`, with the same rules for
/// lines, fields and framing, and the same invariants: the events do not depend on how the input was cut, `.end` comes
/// only after the last octet, and after an error nothing more is read. Interim answers (1xx) are skipped.
///
/// Grammar: RFC 9110, RFC 9112. What follows the answer is left alone: this is for one request a connection.
package struct ResponseParser: Sendable {
  /// What the stream holds, in order.
  package enum Event: Sendable, Hashable {
    case head(ResponseHead)
    /// Never empty. How the body is cut into these is not defined.
    case body([UInt8])
    case end
  }

  private enum State: Sendable {
    case statusLine
    case fields(code: Int, version: Version)
    case length(remaining: Int)
    case chunked(ChunkedBody)
    case untilClose
    case ended
    case failed(ResponseParseError)
  }

  /// Interim answers before the one that counts.
  private static let interimMax = 16
  /// Octets of a status line. Reason phrases are short.
  private static let statusLineBytesMax = 8_192

  private let limits: RequestLimits
  private var input = InputBuffer()
  private var state = State.statusLine
  private var fields = Fields()
  private var headerBytes = 0
  private var interim = 0
  private var received = 0
  private var expected: Int?

  /// - Parameter limits: those of requests hold for answers too; `bodyBytesMax` only where the length is announced or
  ///   chunks add up, so a caller counts what it gets all the same.
  package init(limits: RequestLimits = RequestLimits()) { self.limits = limits }

  /// Takes what the peer sent.
  package mutating func receive(_ bytes: some Sequence<UInt8>) {
    switch state {
    case .failed, .ended: return
    default: input.append(bytes)
    }
  }

  /// The next event, or `nil` while more input is needed.
  package mutating func next() throws(ResponseParseError) -> Event? {
    if case .failed(let error) = state { throw error }
    do {
      return try step()
    } catch {
      throw fail(error)
    }
  }

  /// Says that the peer sends no more; to be called when `next` has no event left.
  ///
  /// - Returns: `.end` where that was what ends the body, `nil` where it had ended.
  /// - Throws: `truncated` within the answer.
  package mutating func finish() throws(ResponseParseError) -> Event? {
    switch state {
    case .ended: return nil
    case .untilClose:
      state = .ended
      return .end
    case .failed(let error): throw error
    case .statusLine, .fields, .length, .chunked: throw fail(.truncated(received: received, expected: expected))
    }
  }

  private mutating func fail(_ error: ResponseParseError) -> ResponseParseError {
    state = .failed(error)
    input.removeAll()
    return error
  }

  private mutating func step() throws(ResponseParseError) -> Event? {
    while true {
      switch state {
      case .statusLine:
        guard
          let line = try line(max: Self.statusLineBytesMax, tooLong: .requestLineTooLong(max: Self.statusLineBytesMax))
        else { return nil }
        let (version, code) = try Self.statusLine(line)
        (fields, headerBytes) = (Fields(), 0)
        state = .fields(code: code, version: version)
      case .fields(let code, let version):
        let room = max(0, limits.headerBytesMax - headerBytes)
        guard let line = try line(max: room, tooLong: .headerTooLarge(max: limits.headerBytesMax)) else { return nil }
        if line.isEmpty {
          if let head = try finishHead(code: code, version: version) { return .head(head) }
        } else {
          try add(line)
        }
      case .length(remaining: 0):
        state = .ended
        return .end
      case .length(let remaining):
        guard let bytes = input.take(remaining) else { return nil }
        received += bytes.count
        state = .length(remaining: remaining - bytes.count)
        return .body(bytes)
      case .chunked(var body):
        let step = try message { () throws(HTTPParseError) in try body.step(&input) }
        state = .chunked(body)
        switch step {
        case .bytes(let bytes):
          received += bytes.count
          return .body(bytes)
        case .end:
          state = .ended
          return .end
        case .needsMore: return nil
        }
      case .untilClose:
        guard let bytes = input.take(.max) else { return nil }
        received += bytes.count
        return .body(bytes)
      case .ended: return nil
      case .failed(let error): throw error
      }
    }
  }

  private mutating func line(max: Int, tooLong: HTTPParseError) throws(ResponseParseError) -> [UInt8]? {
    do {
      return try input.line(max: max, tooLong: tooLong)
    } catch {
      throw .message(error)
    }
  }

  private mutating func add(_ line: [UInt8]) throws(ResponseParseError) {
    headerBytes += line.count + 2
    if fields.count == limits.fieldsMax { throw .message(.tooManyFields(max: limits.fieldsMax)) }
    do {
      try FieldLine.parse(line, into: &fields)
    } catch {
      throw .message(error)
    }
  }

  /// The head that counts; nil after an interim one.
  private mutating func finishHead(code: Int, version: Version) throws(ResponseParseError) -> ResponseHead? {
    if (100...199).contains(code) {
      interim += 1
      // 101 would change the protocol, and nobody here asks for that.
      if code == 101 { throw .statusLine }
      if interim > Self.interimMax { throw .tooManyInterim(max: Self.interimMax) }
      state = .statusLine
      return nil
    }
    let framing = try framing(code: code, version: version)
    switch framing {
    case .length(let length):
      expected = length
      state = .length(remaining: length)
    case .chunked: state = .chunked(ChunkedBody(limits: limits))
    case .untilClose: state = .untilClose
    }
    return ResponseHead(code: code, fields: fields, framing: framing)
  }

  private func framing(code: Int, version: Version) throws(ResponseParseError) -> ResponseHead.Framing {
    if code == 204 || code == 304 { return .length(0) }
    guard fields.contains("Content-Length") || fields.contains("Transfer-Encoding") else { return .untilClose }
    let framing = try message { () throws(HTTPParseError) in
      try RequestHead.Framing(version: version, fields: fields, bodyBytesMax: limits.bodyBytesMax)
    }
    return switch framing {
    case .length(let length): .length(length)
    case .chunked: .chunked
    }
  }

  private func message<Value>(_ work: () throws(HTTPParseError) -> Value) throws(ResponseParseError) -> Value {
    do {
      return try work()
    } catch {
      throw .message(error)
    }
  }

  /// `HTTP/1.x SP 3DIGIT [SP reason]`: some servers leave the last space out with the reason.
  private static func statusLine(_ line: [UInt8]) throws(ResponseParseError) -> (Version, Int) {
    let version: Version
    if line.starts(with: Array("HTTP/1.1 ".utf8)) {
      version = .http11
    } else if line.starts(with: Array("HTTP/1.0 ".utf8)) {
      version = .http10
    } else {
      throw .statusLine
    }
    let digits = line.dropFirst(9).prefix(3)
    guard digits.count == 3, digits.allSatisfy(ASCII.isDigit), line.count == 12 || line[12] == ASCII.space else {
      throw .statusLine
    }
    let code = digits.reduce(0) { $0 * 10 + Int($1 - ASCII.zero) }
    guard code >= 100 else { throw .statusLine }
    return (version, code)
  }
}
