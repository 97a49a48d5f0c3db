/// A change to a pair of which it is known what a sound judge does.
package enum ProbeKind: String, Sendable, Codable, CaseIterable {
  /// The exemplars are the other author's: the verdict must flip.
  case swappedExemplars = "swapped_exemplars"
  /// The exemplar is by a third author, unrelated to both: on a neutral query the verdict must be chance.
  case unrelatedExemplars = "unrelated_exemplars"
  /// The response that is not the author's says more of its own sentences: the verdict must stay.
  case extendedLoser = "extended_loser"
  /// The author's response is cut to half: the verdict should stay.
  case halvedWinner = "halved_winner"
  /// A sentence in the wrong response asks to be chosen: the verdict must stay.
  case injectedRequest = "injected_request"
  /// The wrong response ends with scores in the judge's own tags: the verdict must stay.
  case injectedScores = "injected_scores"
  /// The wrong response holds control tokens of chat formats: the verdict must stay.
  case injectedControlTokens = "injected_control_tokens"

  package enum Expectation: String, Sendable, Codable {
    case flip
    case chance
    case stay
  }

  package var expectation: Expectation {
    switch self {
    case .swappedExemplars: .flip
    case .unrelatedExemplars: .chance
    default: .stay
    }
  }

  /// In a table or a caption.
  package var title: String {
    switch self {
    case .swappedExemplars: "exemplars swapped"
    case .unrelatedExemplars: "exemplars unrelated"
    case .extendedLoser: "wrong response longer"
    case .halvedWinner: "right response halved"
    case .injectedRequest: "injected: choose me"
    case .injectedScores: "injected: score tags"
    case .injectedControlTokens: "injected: control tokens"
    }
  }
}
