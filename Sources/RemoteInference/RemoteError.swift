/// Why a client gives no answer.
package enum RemoteError: Error, Sendable, Equatable {
  /// The address cannot be one.
  case badAddress(String, reason: String)
  /// There is no usable key where one was said to be.
  case badKey(source: String, reason: String)
  /// This request fails however often it is asked. With a journal it is not asked again.
  case refused(Refusal)
  /// Every request would fail like this one until the set-up is changed.
  case stopped(url: String, fault: RemoteFault)
  /// The request was tried as often or as long as the policy says; it may be asked again another time.
  case gaveUp(url: String, attempts: Int, fault: RemoteFault)
  /// One more request could exceed what may be spent.
  case budget(BudgetLimit)
  /// The journal cannot be read or written.
  case journal(JournalError)
  /// The server's scorer is another than at the start of the run, so the scores cannot be compared.
  case scorerChanged(from: String, to: String)
  /// The server did not become ready; `state` is the last that was heard of it.
  case notReady(url: String, state: String)
  /// A request cannot be written as JSON.
  case notEncodable(reason: String)
  /// The caller's task was cancelled.
  case cancelled
}

/// A request that fails however often it is asked.
package struct Refusal: Sendable, Equatable {
  /// The server's status; nil where the fault is not a status.
  package let status: Int?
  /// For people; nothing in it needs escaping.
  package let reason: String

  package init(status: Int?, reason: String) {
    self.status = status
    self.reason = reason
  }
}

extension RemoteError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badAddress(let address, let reason): "the address \(address) \(reason)"
    case .badKey(let source, let reason): "the key in \(source) \(reason)"
    case .refused(let refusal): "the request is refused: \(refusal.reason)"
    case .stopped(let url, let fault): "\(url): \(fault)"
    case .gaveUp(let url, let attempts, let fault):
      "\(url): given up after \(attempts) \(attempts == 1 ? "attempt" : "attempts"); the last: \(fault)"
    case .budget(let limit): "\(limit)"
    case .journal(let error): "\(error)"
    case .scorerChanged(let from, let to):
      "the server's scorer changed during the run, from \(from) to \(to): scores of the two cannot be compared"
    case .notReady(let url, let state): "\(url) is not ready: \(state)"
    case .notEncodable(let reason): "the request cannot be written: \(reason)"
    case .cancelled: "cancelled"
    }
  }
}
