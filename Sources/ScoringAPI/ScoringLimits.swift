/// Bounds of the scoring routes. What HTTP itself bounds (header, body bytes) is in `RequestLimits`.
package struct ScoringLimits: Sendable, Hashable {
  /// Unicode scalars of one text. About 11,000 English words, more than a context of 8,192 tokens holds;
  /// sixteen exemplars of it are tokenized in seconds at most.
  package static let textScalarsMax = 65_536
  /// Tokens an answer may ask for. A verdict takes a few hundred; more would hold a slot for minutes.
  package static let maxTokensMax = 4_096
  /// The largest whole number every JSON reader keeps exactly, 2^53 - 1.
  package static let seedMax: Int64 = 9_007_199_254_740_991
  /// Wrong fields listed in one answer.
  package static let fieldErrorsMax = 64
  /// Scalars of a field name of the client's that an answer repeats.
  package static let nameScalarsMax = 64
  /// Requests that wait for the model to load; each holds its body.
  package static let loadWaitersMax = 2_048

  /// How long a request may wait before its first forward pass, the loading of the model included. Below the 180 s
  /// after which trainers give up, and long because they take an early 503 for a lost reward.
  package var queueTimeout: Duration = .seconds(150)
  /// How long a request may take in all, so that the answer still comes before 180 s.
  package var requestTimeout: Duration = .seconds(170)

  package init() {}
}
