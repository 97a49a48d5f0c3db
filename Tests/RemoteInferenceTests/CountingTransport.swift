import RemoteInference
import Synchronization

/// Counts how many calls are under way at a time.
final class CountingTransport: HTTPTransport {
  private struct State {
    var underWay = 0
    var underWayMax = 0
  }

  private let transport: any HTTPTransport
  private let state = Mutex(State())

  var underWayMax: Int { state.withLock { $0.underWayMax } }

  init(_ transport: any HTTPTransport) { self.transport = transport }

  func send(_ call: HTTPCall) async throws(RemoteFault) -> HTTPReply {
    state.withLock { state in
      state.underWay += 1
      state.underWayMax = max(state.underWayMax, state.underWay)
    }
    defer { state.withLock { $0.underWay -= 1 } }
    return try await transport.send(call)
  }
}
