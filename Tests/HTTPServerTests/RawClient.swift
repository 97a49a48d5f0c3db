import Foundation
import Glibc

/// A blocking client that sends exactly the octets it is told to. Every wait ends after `seconds` with an error, so a
/// test that waits in vain fails instead of hanging.
final class RawClient {
  /// One answer, read to its last octet.
  struct Answer: Equatable {
    var status: Int
    var fields: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  enum Failure: Error, Equatable {
    case connect(Int32)
    case send(Int32)
    case receive(Int32)
    case ended
    case malformed(String)
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isClosed = false

  init(port: Int, seconds: Int = 20, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var timeout = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    if var receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if code != 0 { throw Failure.connect(errno) }
  }

  deinit { close() }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
        return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { throw Failure.send(errno) }
      offset += count
    }
  }

  /// Sends until the kernel takes no more at once; how many octets it took.
  func sendUntilFull(max: Int) -> Int {
    let piece = [UInt8](repeating: 0x61, count: 64 * 1_024)
    var total = 0
    // The receiver empties its buffer for a moment after the sender found it full, so full is asked for twice.
    var refusals = 0
    while total < max && refusals < 2 {
      let count = Glibc.send(descriptor, piece, piece.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if count > 0 {
        total += count
        refusals = 0
      } else {
        refusals += 1
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&entry, 1, 200)
      }
    }
    return total
  }

  /// Sends FIN and goes on reading.
  func shutdownWrite() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes with RST.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  func close() {
    if !isClosed { Glibc.close(descriptor) }
    isClosed = true
  }

  /// The next answer; interim ones are answers of their own. HEAD has to be said, for its answer has no body.
  func answer(toHead: Bool = false) throws -> Answer {
    var end = head()
    while end == nil {
      try receive()
      end = head()
    }
    let lines = String(decoding: buffer[..<(end ?? 0)], as: UTF8.self).components(separatedBy: "\r\n")
    buffer.removeFirst((end ?? 0) + 4)
    let parts = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
      throw Failure.malformed(lines[0])
    }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1)
      fields[pair[0].lowercased()] = pair.count > 1 ? String(pair[1].drop { $0 == " " }) : ""
    }
    let length = toHead || status < 200 ? 0 : Int(fields["content-length"] ?? "0") ?? 0
    while buffer.count < length { try receive() }
    defer { buffer.removeFirst(length) }
    return Answer(status: status, fields: fields, body: Array(buffer[..<length]))
  }

  /// All octets until the server closes; a reset counts as closed.
  func rest() throws -> String {
    do {
      while true { try receive() }
    } catch Failure.ended {
    } catch Failure.receive(ECONNRESET) {
    }
    defer { buffer = [] }
    return String(decoding: buffer, as: UTF8.self)
  }

  private func head() -> Int? {
    guard buffer.count >= 4 else { return nil }
    return (0...(buffer.count - 4)).first { buffer[$0...].starts(with: [0x0D, 0x0A, 0x0D, 0x0A]) }
  }

  private func receive() throws {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    if count < 0 { throw Failure.receive(errno) }
    if count == 0 { throw Failure.ended }
    buffer += chunk[..<count]
  }
}

/// Runs blocking code on a thread of its own: on the cooperative pool it would keep the server's answers waiting, and
/// a dispatch queue would be slow to add threads for those that block.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}
