import Foundation

/// The address of a server, checked once, and the addresses of its routes.
package struct ServerAddress: Sendable, Hashable {
  private let components: URLComponents
  /// Without a slash at its end.
  private let path: String

  /// - Parameter text: `http` or `https`, with a host, without user, password and fragment.
  /// - Throws: `badAddress`.
  package init(_ text: String) throws(RemoteError) {
    func bad(_ reason: String, shown: String? = nil) -> RemoteError {
      .badAddress(Excerpt.text(shown ?? text), reason: reason)
    }
    guard let components = URLComponents(string: text), let scheme = components.scheme?.lowercased() else {
      throw bad("is not a URL such as http://127.0.0.1:8000")
    }
    guard components.user == nil, components.password == nil else {
      throw bad("must not have a user or password in it", shown: "\(scheme)://…")
    }
    guard scheme == "http" || scheme == "https" else { throw bad("must begin with http:// or https://") }
    guard let host = components.host, !host.isEmpty else { throw bad("names no host") }
    guard components.port.map({ (1...65_535).contains($0) }) ?? true else { throw bad("has a port out of range") }
    guard components.fragment == nil else { throw bad("must not have a # in it") }
    self.components = components
    var path = components.path
    while path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// The address of a route of this server; a query of the address stays.
  package func route(_ route: String) -> String { url(path + route, query: true) }

  /// The same for messages: a query may hold a key.
  package func shown(_ route: String) -> String { url(path + route, query: false) }

  /// This address with the route added where the path does not end with it, and `/v1` where the path has no version.
  func completed(route: String) -> String {
    if path.hasSuffix(route) { return "" }
    let last = path.split(separator: "/").last.map(String.init) ?? ""
    return last.wholeMatch(of: /v[0-9]+[a-z0-9]*/) != nil ? route : "/v1" + route
  }

  private func url(_ path: String, query: Bool) -> String {
    var components = components
    components.path = path
    if !query { components.query = nil }
    return components.string ?? ""
  }
}
