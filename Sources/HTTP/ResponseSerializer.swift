/// Writes responses: adds what belongs to the connection and leaves nothing for a peer to misread.
package enum ResponseSerializer {
  /// The interim answer to `Expect: 100-continue`. Never sent to HTTP/1.0.
  package static let continueBytes = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// Fields that are ours alone to write.
  private static let reserved = ["Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date"]

  /// The whole response.
  ///
  /// - Parameters:
  ///   - method: of the request answered: HEAD gets the fields of the whole answer without its body. `nil` when the
  ///     request was refused before its method was known.
  ///   - version: of the request; HTTP/1.0 is told in so many words when the connection stays open.
  ///   - keepsAlive: false adds `Connection: close`.
  ///   - date: IMF-fixdate (`HTTPDate`).
  package static func bytes(
    _ response: Response, to method: Method?, version: Version, keepsAlive: Bool, date: String
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512 + response.body.count)
    bytes += "HTTP/1.1 \(response.status.code) \(response.status.reason)\r\n".utf8
    bytes += "Date: \(date)\r\n".utf8
    for line in response.fields where !reserved.contains(where: { Fields.same($0, line.name) }) {
      bytes += line.name.utf8
      bytes += ": ".utf8
      bytes += ASCII.octets(of: line.value)
      bytes += "\r\n".utf8
    }
    let bodyless = response.status.forbidsBody
    if !bodyless { bytes += "Content-Length: \(response.body.count)\r\n".utf8 }
    if !keepsAlive {
      bytes += "Connection: close\r\n".utf8
    } else if version == .http10 {
      bytes += "Connection: keep-alive\r\n".utf8
    }
    bytes += "\r\n".utf8
    if !bodyless && method != .head { bytes += response.body }
    return bytes
  }
}
