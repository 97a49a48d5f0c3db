package import Corpora

/// What became of one draft.
package enum CurationOutcome: Sendable, Equatable {
  case kept(Trace)
  case dropped(DroppedTrace)
  /// There is not even a pair, since what a model was to write was of no use.
  case unmade(Loss)

  /// A pair that was not made.
  package struct Loss: Sendable, Equatable, Codable {
    package let negativeKind: String
    package let positiveKind: String
    /// A `WritingCheck.Fault`, or `refused`.
    package let reason: String

    package init(negativeKind: String, positiveKind: String, reason: String) {
      self.negativeKind = negativeKind
      self.positiveKind = positiveKind
      self.reason = reason
    }
  }

  /// The pair, where there is one.
  package var pair: PreferencePair? {
    switch self {
    case .kept(let trace): trace.pair
    case .dropped(let dropped): dropped.pair
    case .unmade: nil
    }
  }
}

/// An outcome with the number of its draft: what a journal keeps.
package struct NumberedOutcome: Sendable, Equatable, Codable {
  package let number: Int
  package let outcome: CurationOutcome

  package init(number: Int, outcome: CurationOutcome) {
    self.number = number
    self.outcome = outcome
  }

  private enum CodingKeys: String, CodingKey { case number, kept, dropped, unmade }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    number = try fields.decode(Int.self, forKey: .number)
    if let trace = try fields.decodeIfPresent(Trace.self, forKey: .kept) {
      outcome = .kept(trace)
    } else if let dropped = try fields.decodeIfPresent(DroppedTrace.self, forKey: .dropped) {
      outcome = .dropped(dropped)
    } else {
      outcome = .unmade(try fields.decode(CurationOutcome.Loss.self, forKey: .unmade))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(number, forKey: .number)
    switch outcome {
    case .kept(let trace): try fields.encode(trace, forKey: .kept)
    case .dropped(let dropped): try fields.encode(dropped, forKey: .dropped)
    case .unmade(let loss): try fields.encode(loss, forKey: .unmade)
    }
  }
}
