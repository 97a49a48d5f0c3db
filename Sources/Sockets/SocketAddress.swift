import Glibc

/// An IPv4 or IPv6 address with its port.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  /// Numeric, IPv6 without brackets.
  package let host: String
  /// 0...65535.
  package let port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// As it stands in a URL.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Calls `body` with each address of `host` in the resolver's order until one call returns.
  ///
  /// - Parameters:
  ///   - passive: for listening, else for connecting.
  ///   - body: gets family and address; the error of the last call is thrown on.
  static func forEach<Value>(
    host: String, port: Int, passive: Bool,
    _ body: (_ family: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) throws(SocketError) -> Value
  ) throws(SocketError) -> Value {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { throw .host(host, reason: String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var failure = SocketError.host(host, reason: "no address")
    // SAFETY: the list and what it points to live until `freeaddrinfo`, after the last use.
    var entry = list?.pointee
    while let present = entry {
      if let address = present.ai_addr {
        do {
          return try body(present.ai_family, UnsafePointer(address), present.ai_addrlen)
        } catch {
          failure = error
        }
      }
      entry = present.ai_next?.pointee
    }
    throw failure
  }

  /// Reads the address that `fill` (`getsockname`, `getpeername`, `accept`) writes; `nil` for other families.
  static func read<Value>(
    _ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Value
  ) -> (value: Value, address: SocketAddress?) {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // SAFETY: sockaddr_storage is as large and as aligned as any socket address, and `size` says so to the kernel.
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        let value = fill(address, &size)
        return (value, SocketAddress(address, size))
      }
    }
  }

  private init?(_ address: UnsafePointer<sockaddr>, _ size: socklen_t) {
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let flags = NI_NUMERICHOST | NI_NUMERICSERV
    guard
      getnameinfo(address, size, &host, socklen_t(host.count), &port, socklen_t(port.count), flags) == 0
    else { return nil }
    self.host = SocketAddress.text(host)
    self.port = Int(SocketAddress.text(port)) ?? 0
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
