import Dispatch
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// HTTP by Foundation's `URLSession`, with what it leaves open closed: no cookies, caches, stored credentials or
/// redirects; a bound on the body while it arrives; a deadline for the whole exchange, which `URLSession` restarts with
/// each byte; and the announced length held against what came.
///
/// Proxies are libcurl's affair: it reads `http_proxy`, `https_proxy` and `no_proxy`.
package final class URLSessionTransport: HTTPTransport {
  private let session: URLSession
  private let exchanges = ExchangeTable()

  /// - Parameter connectionsMax: to one host at a time; further calls wait, and their timeouts run.
  package init(connectionsMax: Int) {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = connectionsMax
    configuration.httpShouldSetCookies = false
    configuration.httpCookieAcceptPolicy = .never
    configuration.httpCookieStorage = nil
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
  }

  deinit { session.invalidateAndCancel() }

  package func send(_ call: HTTPCall) async throws(RemoteFault) -> HTTPReply {
    if Task.isCancelled { throw .cancelled }
    guard let url = URL(string: call.url) else { throw .unreachable(reason: "the address is not a URL") }
    let seconds = call.timeout / .seconds(1)
    var request = URLRequest(url: url, timeoutInterval: seconds + 1)
    request.httpMethod = call.method.rawValue
    request.httpShouldHandleCookies = false
    // A coded body could not be held against Content-Length, and the answers are small.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    for field in call.fields { request.setValue(field.value, forHTTPHeaderField: field.name) }
    if call.method == .post { request.httpBody = Data(call.body) }
    let task = session.dataTask(with: request)
    let deadline = DispatchWorkItem { [exchanges] in
      exchanges.end(task, with: .timedOut(seconds: seconds))
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        exchanges.begin(task, bodyBytesMax: call.bodyBytesMax, continuation)
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: deadline)
        // Cancelled before it was in the table, so that the handler found nothing to end.
        if Task.isCancelled { exchanges.end(task, with: .cancelled) } else { task.resume() }
      }
    } onCancel: {
      exchanges.end(task, with: .cancelled)
    }
    deadline.cancel()
    return try result.get()
  }
}

/// The exchanges under way, by task. Each is answered once: by its end, its deadline, its bound or its cancellation,
/// whichever is first.
private final class ExchangeTable: NSObject, URLSessionDataDelegate {
  typealias Outcome = Result<HTTPReply, RemoteFault>

  private struct Exchange {
    let bodyBytesMax: Int
    let continuation: CheckedContinuation<Outcome, Never>
    var response: HTTPURLResponse?
    var body: [UInt8] = []
  }

  private let exchanges = Mutex<[Int: Exchange]>([:])

  func begin(_ task: URLSessionTask, bodyBytesMax: Int, _ continuation: CheckedContinuation<Outcome, Never>) {
    exchanges.withLock {
      $0[task.taskIdentifier] = Exchange(bodyBytesMax: bodyBytesMax, continuation: continuation)
    }
  }

  /// Ends an exchange before its end. Nothing happens where it has ended.
  func end(_ task: URLSessionTask, with fault: RemoteFault) {
    guard let exchange = exchanges.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
    task.cancel()
    exchange.continuation.resume(returning: .failure(fault))
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    // Not for a task that has ended: Foundation stops the process where it no longer waits for this. Without a new
    // request the answer that redirects is the answer, and `outcome` makes it a fault.
    if exchanges.withLock({ $0[task.taskIdentifier] != nil }) { completionHandler(nil) }
  }

  /// Without this Foundation waits for ever for a password where the server asks for one. What is said beside the
  /// challenge is lost; the status is not.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
  ) {
    if let exchange = exchanges.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) {
      let response = challenge.failureResponse as? HTTPURLResponse
      let reply = HTTPReply(status: response?.statusCode ?? 401, fields: response.map(Self.fields) ?? [:])
      exchange.continuation.resume(returning: .success(reply))
    }
    completionHandler(.cancelAuthenticationChallenge, nil)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    exchanges.withLock { $0[dataTask.taskIdentifier]?.response = response as? HTTPURLResponse }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let over = exchanges.withLock { exchanges -> Int? in
      guard let exchange = exchanges[dataTask.taskIdentifier] else { return nil }
      if exchange.body.count + data.count > exchange.bodyBytesMax { return exchange.bodyBytesMax }
      exchanges[dataTask.taskIdentifier]?.body.append(contentsOf: data)
      return nil
    }
    if let over { end(dataTask, with: .tooLarge(bytesMax: over)) }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    guard let exchange = exchanges.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
    let response = exchange.response ?? task.response as? HTTPURLResponse
    exchange.continuation.resume(returning: Self.outcome(response, body: exchange.body, error: error))
  }

  private static func outcome(_ response: HTTPURLResponse?, body: [UInt8], error: (any Error)?) -> Outcome {
    let fields = response.map(fields) ?? [:]
    let expected = fields["content-encoding"] == nil ? fields["content-length"].flatMap { Int($0) } : nil
    if let error {
      if let expected, response != nil, body.count < expected {
        return .failure(.truncated(received: body.count, expected: expected))
      }
      return .failure(fault(error, hasBegun: response != nil))
    }
    guard let response else { return .failure(.disconnected(reason: "no answer came")) }
    if let expected, body.count != expected {
      return .failure(.truncated(received: body.count, expected: expected))
    }
    if (300...399).contains(response.statusCode) {
      let target = fields["location"].map { Excerpt.text($0) } ?? "nowhere"
      return .failure(.redirected(status: response.statusCode, target: target))
    }
    return .success(HTTPReply(status: response.statusCode, fields: fields, body: body))
  }

  private static func fields(_ response: HTTPURLResponse) -> [String: String] {
    var fields: [String: String] = [:]
    for (name, value) in response.allHeaderFields {
      if let name = name as? String, let value = value as? String { fields[name.lowercased()] = value }
    }
    return fields
  }

  /// Foundation's own words name no address and no header, so no secret either.
  private static func fault(_ error: any Error, hasBegun: Bool) -> RemoteFault {
    let reason = Excerpt.text((error as NSError).localizedDescription)
    guard let code = (error as? URLError)?.code else { return .disconnected(reason: reason) }
    switch code {
    case .cancelled: return .cancelled
    case .cannotConnectToHost, .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet:
      return .unreachable(reason: reason)
    case .secureConnectionFailed, .serverCertificateHasBadDate, .serverCertificateUntrusted,
      .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected,
      .clientCertificateRequired:
      return .untrusted(reason: reason)
    // libcurl's refusals of a certificate come without a code of their own.
    default: return reason.contains("certificate") ? .untrusted(reason: reason) : .disconnected(reason: reason)
    }
  }
}
