import Foundation
import HTTP
import Sockets
import Synchronization

/// HTTP without TLS over our own sockets and parser, one connection and one thread a call.
///
/// Foundation's `URLSession` on Linux ends the process where an answer stops within its header (swift-corelibs 6.3,
/// "Transfer completed, but there's no response"), which a server that is killed can bring about. So it gets only what
/// needs TLS. Environment variables for proxies are not looked at here.
package struct SocketTransport: HTTPTransport {
  /// Larger than a server's limits for requests: gateways add much.
  private static let headerBytesMax = 128 * 1_024
  private static let fieldsMax = 500

  package init() {}

  package func send(_ call: HTTPCall) async throws(RemoteFault) -> HTTPReply {
    if Task.isCancelled { throw .cancelled }
    let target = try Target(call.url)
    let exchange = SocketExchange()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        exchange.begin(continuation)
        let thread = Thread {
          do throws(RemoteFault) {
            exchange.end(.success(try Self.exchange(call, target, exchange)))
          } catch {
            exchange.end(.failure(error))
          }
        }
        thread.name = "http client"
        thread.start()
      }
    } onCancel: {
      exchange.cancel()
    }
    return try result.get()
  }

  /// Where a call goes.
  private struct Target {
    let host: String
    let port: Int
    let authority: String
    let path: String

    init(_ url: String) throws(RemoteFault) {
      guard let components = URLComponents(string: url), components.scheme?.lowercased() == "http",
        let host = components.percentEncodedHost, !host.isEmpty
      else { throw .untrusted(reason: "this way carries plain HTTP only") }
      // An address in brackets is an IPv6 one, which the resolver takes without them.
      self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
      port = components.port ?? 80
      authority = components.port.map { "\(host):\($0)" } ?? host
      let query = components.percentEncodedQuery.map { "?" + $0 } ?? ""
      path = (components.percentEncodedPath.isEmpty ? "/" : components.percentEncodedPath) + query
    }
  }

  /// Runs on the call's own thread.
  private static func exchange(
    _ call: HTTPCall, _ target: Target, _ exchange: SocketExchange
  ) throws(RemoteFault) -> HTTPReply {
    let deadline = ContinuousClock.now + call.timeout
    let timedOut = RemoteFault.timedOut(seconds: call.timeout / .seconds(1))
    func millisecondsLeft() throws(RemoteFault) -> Int {
      let left = (deadline - ContinuousClock.now) / .milliseconds(1)
      if left <= 0 { throw timedOut }
      return Int(min(left.rounded(.up), 1e9))
    }
    let socket: Socket
    do throws(SocketError) {
      let left = Int(max(1, min((call.timeout / .milliseconds(1)).rounded(.up), 1e9)))
      socket = try Socket.connect(host: target.host, port: target.port, timeoutMilliseconds: left)
    } catch {
      if case .system("connect", let code) = error, code == ETIMEDOUT, deadline <= .now { throw timedOut }
      throw .unreachable(reason: "\(error)")
    }
    defer { exchange.letGo(socket) }
    guard exchange.hold(socket) else { throw .cancelled }
    let request = head(call, target) + call.body
    var sent = 0
    while sent < request.count {
      do throws(SocketError) {
        sent += try socket.write(request, from: sent)
      } catch {
        // A server may refuse a large body and close before it has read it: what it said is still to be had.
        break
      }
      if sent < request.count, !socket.wait(for: .writing, timeoutMilliseconds: try millisecondsLeft()) {
        throw timedOut
      }
    }
    var reading = ReplyReading(call)
    while true {
      if !socket.wait(for: .reading, timeoutMilliseconds: try millisecondsLeft()) { throw timedOut }
      let outcome: Socket.ReadOutcome
      do throws(SocketError) {
        outcome = try socket.read(max: 65_536)
      } catch {
        throw .disconnected(reason: "\(error)")
      }
      switch outcome {
      case .bytes(let bytes): if let reply = try reading.receive(bytes) { return reply }
      case .end: return try reading.finish()
      case .wouldBlock: break
      }
    }
  }

  private static func head(_ call: HTTPCall, _ target: Target) -> [UInt8] {
    var fields: Fields = ["Host": target.authority, "User-Agent": "persrm", "Connection": "close"]
    fields.append("Accept-Encoding", "identity")
    if call.method == .post { fields.append("Content-Length", String(call.body.count)) }
    for field in call.fields { fields.append(field.name, field.value) }
    var head = "\(call.method.rawValue) \(target.path) HTTP/1.1\r\n"
    for line in fields { head += "\(line.name): \(line.value)\r\n" }
    return Array((head + "\r\n").utf8)
  }

  /// An answer while it arrives.
  private struct ReplyReading {
    private let bodyBytesMax: Int
    private var parser: ResponseParser
    private var head: ResponseHead?
    private var body: [UInt8] = []

    init(_ call: HTTPCall) {
      bodyBytesMax = call.bodyBytesMax
      var limits = RequestLimits()
      limits.headerBytesMax = SocketTransport.headerBytesMax
      limits.fieldsMax = SocketTransport.fieldsMax
      limits.bodyBytesMax = call.bodyBytesMax
      parser = ResponseParser(limits: limits)
    }

    /// - Returns: the answer once it is whole.
    mutating func receive(_ bytes: [UInt8]) throws(RemoteFault) -> HTTPReply? {
      parser.receive(bytes)
      while let event = try read({ parser throws(ResponseParseError) in try parser.next() }) {
        switch event {
        case .head(let head): self.head = head
        case .body(let bytes):
          if body.count + bytes.count > bodyBytesMax { throw .tooLarge(bytesMax: bodyBytesMax) }
          body += bytes
        case .end: return try reply()
        }
      }
      return nil
    }

    mutating func finish() throws(RemoteFault) -> HTTPReply {
      _ = try read { parser throws(ResponseParseError) in try parser.finish() }
      return try reply()
    }

    private mutating func read(
      _ step: (inout ResponseParser) throws(ResponseParseError) -> ResponseParser.Event?
    ) throws(RemoteFault) -> ResponseParser.Event? {
      do throws(ResponseParseError) {
        return try step(&parser)
      } catch {
        switch error {
        case .truncated(let received, let expected?): throw .truncated(received: received, expected: expected)
        case .truncated: throw .disconnected(reason: "\(error)")
        case .message(.bodyTooLarge): throw .tooLarge(bytesMax: bodyBytesMax)
        case .statusLine, .tooManyInterim, .message: throw .malformed(reason: "not HTTP: \(error)")
        }
      }
    }

    private func reply() throws(RemoteFault) -> HTTPReply {
      guard let head else { throw .disconnected(reason: "no answer came") }
      if (300...399).contains(head.code) {
        let target = head.fields.first(named: "Location").map { Excerpt.text($0) } ?? "nowhere"
        throw .redirected(status: head.code, target: target)
      }
      if let coding = head.fields.first(named: "Content-Encoding"), coding.lowercased() != "identity" {
        throw .malformed(reason: "its content coding \(Excerpt.text(coding)) was not asked for")
      }
      var fields: [String: String] = [:]
      for line in head.fields {
        let name = line.name.lowercased()
        fields[name] = fields[name].map { "\($0), \(line.value)" } ?? line.value
      }
      return HTTPReply(status: head.code, fields: fields, body: body)
    }
  }
}

/// What the thread of a call and whoever cancels it share. The call is answered once.
private final class SocketExchange: Sendable {
  typealias Outcome = Result<HTTPReply, RemoteFault>

  private struct State {
    var continuation: CheckedContinuation<Outcome, Never>?
    var socket: Socket?
    var isCancelled = false
  }

  private let state = Mutex(State())

  /// Where the call was cancelled already, it is answered at once.
  func begin(_ continuation: CheckedContinuation<Outcome, Never>) {
    let isCancelled = state.withLock { state in
      if !state.isCancelled { state.continuation = continuation }
      return state.isCancelled
    }
    if isCancelled { continuation.resume(returning: .failure(.cancelled)) }
  }

  /// Keeps the socket so that a cancellation finds it; false where that came first.
  func hold(_ socket: Socket) -> Bool {
    state.withLock { state in
      if state.isCancelled { return false }
      state.socket = socket
      return true
    }
  }

  /// Closes the socket, after which no cancellation can touch its descriptor.
  func letGo(_ socket: Socket) {
    state.withLock { $0.socket = nil }
    socket.close()
  }

  func end(_ outcome: Outcome) {
    state.withLock { $0.continuation.take() }?.resume(returning: outcome)
  }

  func cancel() {
    let continuation = state.withLock { state in
      state.isCancelled = true
      state.socket?.shutdownBoth()
      return state.continuation.take()
    }
    continuation?.resume(returning: .failure(.cancelled))
  }
}
