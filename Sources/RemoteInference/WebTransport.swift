/// The way to any server: our own sockets for `http`, which survive whatever a server sends, and `URLSession` for
/// `https`, where an answer that stops within its header still ends the process (see `SocketTransport`). What a journal
/// has is not lost by that: the run is started again.
package struct WebTransport: HTTPTransport {
  private let plain = SocketTransport()
  private let secure: URLSessionTransport

  /// - Parameter connectionsMax: to one host at a time over TLS; at least as many as there are workers.
  package init(connectionsMax: Int) { secure = URLSessionTransport(connectionsMax: connectionsMax) }

  package func send(_ call: HTTPCall) async throws(RemoteFault) -> HTTPReply {
    if call.url.lowercased().hasPrefix("http:") { return try await plain.send(call) }
    return try await secure.send(call)
  }
}
