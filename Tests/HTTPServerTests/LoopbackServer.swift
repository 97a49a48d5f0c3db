import Glibc
import HTTP
import HTTPServer
import Logging
import Sockets
import Synchronization
import Telemetry

/// A server on a port of its own that answers `/hello`, `/echo`, `/large` and `/wait` (which rests until `release()`
/// or until its task is cancelled), and tells what happens in it.
final class LoopbackServer: Sendable {
  enum Event: Equatable, Sendable {
    case started(String)
    case cancelled
  }

  let server: Server
  let port: Int
  let registry: MetricsRegistry
  let metrics: ServerMetrics
  private let gate: Gate
  private let events: Channel<Event>

  init(_ configure: (inout ServerConfiguration) -> Void = { _ in }) async throws {
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.tickSeconds = 0.02
    configuration.halfCloseProbeSeconds = 0.05
    configuration.halfCloseReprobeSeconds = 0.2
    configure(&configuration)
    let registry = MetricsRegistry()
    let metrics = ServerMetrics(registry: registry)
    let gate = Gate()
    let events = Channel<Event>()
    let handlers = ServerHandlers(
      respond: { request, context in
        events.send(.started(request.target.path))
        switch request.target.path {
        case "/hello": return Response(status: .ok, contentType: "text/plain", body: Array("hello".utf8))
        case "/echo": return Response(status: .ok, contentType: "text/plain", body: request.body)
        case "/large": return Response(status: .ok, body: [UInt8](repeating: 0x78, count: 16 << 20))
        case "/wait":
          let opened = await gate.wait()
          if !opened { events.send(.cancelled) }
          return Response(status: opened ? .ok : .serviceUnavailable, body: Array("waited".utf8))
        default: return Response(status: .notFound)
        }
      },
      route: { $0.target.path })
    server = Server(
      configuration: configuration, handlers: handlers, metrics: metrics,
      log: RequestLog(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    port = try await server.start().port
    self.registry = registry
    self.metrics = metrics
    self.gate = gate
    self.events = events
  }

  /// Lets every `/wait`, also later ones, go on.
  func release() { gate.open() }

  /// The next thing that happened.
  func nextEvent() async -> Event? { await events.next() }

  /// Runs blocking client code against this server.
  func client<Value: Sendable>(
    receiveBuffer: Int32? = nil, _ body: @escaping @Sendable (RawClient) throws -> Value
  ) async throws -> Value {
    let port = port
    return try await blocking { try body(RawClient(port: port, receiveBuffer: receiveBuffer)) }
  }

  /// Closes everything; what still runs is given up.
  func stop(graceSeconds: Double = 5) async { await server.drain(graceSeconds: graceSeconds) }

  /// Sockets of this process whose local port is the server's, the listening one included, as the kernel counts them.
  func openSockets() -> Int {
    guard let file = fopen("/proc/net/tcp", "r") else { return -1 }
    defer { fclose(file) }
    let local = String(port, radix: 16, uppercase: true)
    let wanted = ":" + String(repeating: "0", count: 4 - local.count) + local
    var line = [CChar](repeating: 0, count: 512)
    var count = 0
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let parts = text.split(separator: " ")
      // Columns of proc(5): 1 local address, 9 inode, which is 0 once no descriptor is left.
      if parts.count > 9, parts[1].hasSuffix(wanted), parts[9] != "0" { count += 1 }
    }
    return count
  }
}

/// Many wait until one opens it, or until their own task is cancelled.
private final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
    var cancelled: Set<Int> = []
    var count = 0
  }

  private let state = Mutex(State())

  /// False when the waiting task was cancelled.
  func wait() async -> Bool {
    let id = state.withLock { state in
      state.count += 1
      return state.count
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let result: Bool? = state.withLock { state in
          if state.cancelled.contains(id) { return false }
          if state.isOpen { return true }
          state.waiting[id] = continuation
          return nil
        }
        if let result { continuation.resume(returning: result) }
      }
    } onCancel: {
      let waiting = state.withLock { state in
        state.cancelled.insert(id)
        return state.waiting.removeValue(forKey: id)
      }
      waiting?.resume(returning: false)
    }
  }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in waiting.values { continuation.resume(returning: true) }
  }
}

/// A queue that one task reads.
private final class Channel<Element: Sendable>: Sendable {
  private let continuation: AsyncStream<Element>.Continuation
  private let iterator: Mutex<AsyncStream<Element>>

  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Element.self)
    self.continuation = continuation
    iterator = Mutex(stream)
  }

  func send(_ element: Element) { continuation.yield(element) }

  func next() async -> Element? {
    let stream = iterator.withLock { $0 }
    return await stream.first { _ in true }
  }
}
