import Foundation
import Glibc
import Synchronization

/// An HTTP server on the loopback address that misbehaves as it is told, one step per request, and writes down what it
/// was asked. One thread per connection; every answer closes its connection.
final class ScriptedServer: Sendable {
  /// What is done with one request.
  enum Step: Sendable {
    /// A whole answer.
    case answer(status: Int, fields: [(String, String)] = [], body: String)
    /// An answer that announces its body and ends after so many bytes of it.
    case cut(body: String, after: Int)
    /// A reset instead of an answer, or in the middle of one.
    case reset(after: String)
    /// These bytes, whatever they are, and the end.
    case raw(String)
    /// Nothing for so long, then an answer.
    case slow(milliseconds: Int, body: String)
    /// A byte now and then, without end, so that no idle timer fires.
    case drip
    /// So many bytes without an announced length.
    case flood(bytes: Int)
  }

  struct Asked: Sendable {
    let line: String
    let fields: [String: String]
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private struct State {
    var asked: [Asked] = []
    var underWay = 0
    var underWayMax = 0
    var left = 0
  }

  let port: Int
  private let listener: Int32
  private let state = Mutex(State())
  /// The step for a request, from its number (from 0) and itself.
  private let script: @Sendable (Int, Asked) -> Step

  var url: String { "http://127.0.0.1:\(port)" }
  var asked: [Asked] { state.withLock { $0.asked } }
  /// The most requests that were under way at one time.
  var underWayMax: Int { state.withLock { $0.underWayMax } }
  /// Connections whose client left before it had its answer.
  var left: Int { state.withLock { $0.left } }

  init(_ script: @escaping @Sendable (Int, Asked) -> Step) throws {
    self.script = script
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> Int in
        guard bind(descriptor, generic, size) == 0, listen(descriptor, 128) == 0,
          getsockname(descriptor, generic, &size) == 0
        else { return -1 }
        return 0
      }
    }
    guard port == 0 else { throw SocketFailure(code: errno) }
    self.port = Int(UInt16(bigEndian: address.sin_port))
    let accepting = Thread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        if connection < 0 { return }
        guard self != nil else {
          close(connection)
          return
        }
        Thread { [weak self] in
          self?.serve(connection)
          close(connection)
        }.start()
      }
    }
    accepting.start()
  }

  /// A server that plays a list, and repeats the last step.
  convenience init(_ steps: [Step]) throws {
    try self.init { number, _ in steps[min(number, steps.count - 1)] }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  struct SocketFailure: Error { let code: Int32 }

  private func serve(_ connection: Int32) {
    guard let asked = Self.read(connection) else { return }
    let number = state.withLock { state in
      state.asked.append(asked)
      state.underWay += 1
      state.underWayMax = max(state.underWayMax, state.underWay)
      return state.asked.count - 1
    }
    play(script(number, asked), on: connection)
    // Before the client can see the end, which it takes as leave to ask again.
    state.withLock { $0.underWay -= 1 }
    shutdown(connection, Int32(SHUT_WR))
    var rest = [UInt8](repeating: 0, count: 4_096)
    while recv(connection, &rest, rest.count, 0) > 0 {}
  }

  private func play(_ step: Step, on connection: Int32) {
    switch step {
    case .answer(let status, let fields, let body):
      // Counted down before the last byte is out.
      write(Self.head(status: status, fields: fields, bytes: body.utf8.count) + body, to: connection)
    case .cut(let body, let bytes):
      write(
        Self.head(status: 200, fields: [], bytes: body.utf8.count)
          + String(decoding: body.utf8.prefix(bytes), as: UTF8.self), to: connection)
    case .reset(let text):
      write(text, to: connection)
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    case .raw(let text): write(text, to: connection)
    case .slow(let milliseconds, let body):
      var entry = pollfd(fd: connection, events: 0x2000, revents: 0)
      if poll(&entry, 1, Int32(milliseconds)) > 0 { state.withLock { $0.left += 1 } }
      write(Self.head(status: 200, fields: [], bytes: body.utf8.count) + body, to: connection)
    case .drip:
      write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n", to: connection)
      while write(" ", to: connection) { usleep(20_000) }
      state.withLock { $0.left += 1 }
    case .flood(let bytes):
      write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\"", to: connection)
      let block = String(repeating: "x", count: 65_536)
      var sent = 0
      while sent < bytes, write(block, to: connection) { sent += block.utf8.count }
    }
  }

  private static func head(status: Int, fields: [(String, String)], bytes: Int) -> String {
    var head = "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(bytes)\r\nConnection: close\r\n"
    if !fields.contains(where: { $0.0 == "Content-Type" }) { head += "Content-Type: application/json\r\n" }
    for field in fields { head += "\(field.0): \(field.1)\r\n" }
    return head + "\r\n"
  }

  @discardableResult private func write(_ text: String, to connection: Int32) -> Bool {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return false }
      start += count
    }
    return true
  }

  /// Head and body of a request; nil where the client leaves first.
  private static func read(_ connection: Int32) -> Asked? {
    var bytes: [UInt8] = []
    var head: (line: String, fields: [String: String], end: Int)?
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      if head == nil, let text = headText(bytes) {
        let lines = text.components(separatedBy: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
          if parts.count == 2 { fields[parts[0].lowercased()] = parts[1] }
        }
        head = (lines[0], fields, text.utf8.count + 4)
        if fields["expect"] != nil {
          let go = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
          send(connection, go, go.count, Int32(MSG_NOSIGNAL))
        }
      }
      if let head {
        let length = head.fields["content-length"].flatMap { Int($0) } ?? 0
        if bytes.count >= head.end + length {
          return Asked(line: head.line, fields: head.fields, body: Array(bytes[head.end..<head.end + length]))
        }
      }
      let count = recv(connection, &chunk, chunk.count, 0)
      if count <= 0 { return nil }
      bytes += chunk[..<count]
    }
  }

  private static func headText(_ bytes: [UInt8]) -> String? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound else { return nil }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}
