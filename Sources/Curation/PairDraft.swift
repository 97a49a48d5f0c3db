package import Corpora

/// A pair before its responses have their places, and before what a machine is to write has been written.
package struct PairDraft: Sendable {
  /// A text that a language model is asked for.
  package struct WritingOrder: Sendable, Equatable {
    package enum Task: Sendable, Equatable {
      /// Go on from the opening as whoever; the author is not known.
      case continuation
      /// Write the given text anew: same content, in a manner of its own.
      case confounding(original: String)
      /// Write as the author of these texts.
      case imitation(exemplars: [String])
    }

    package let task: Task
    package let query: String
    /// The sentence to go on from; nil where the query is a topic's.
    package let opening: String?
    /// Whether the opening stands before the written text in the response.
    package let keepsOpening: Bool
    /// How long it should be.
    package let words: Int
  }

  /// A response.
  package enum Response: Sendable, Equatable {
    case text(String)
    case ordered(WritingOrder)
  }

  /// Numbers the pairs of a run, from 0.
  package let number: Int
  package let query: String
  package let queryNeutral: String
  package let exemplars: [String]
  package let exemplarIDs: [String]
  package let exemplarGenres: [String]?
  package var positive: Response
  package var negative: Response
  package let author: String
  package let negativeAuthor: String?
  package let genre: String?
  package let topic: String?
  package let positiveKind: String
  package let negativeKind: String
  package let variant: String
  package let positiveID: String
  package let negativeID: String?
  /// The start of the pair's own random numbers.
  package let seed: UInt64

  /// The texts that a machine is to write, none to two.
  package var orders: [WritingOrder] {
    [positive, negative].compactMap { if case .ordered(let order) = $0 { order } else { nil } }
  }

  /// The pair; nil while something is still to be written.
  package func pair(id: String, preferred: PreferencePair.Slot) -> PreferencePair? {
    guard case .text(let positive) = positive, case .text(let negative) = negative else { return nil }
    return PreferencePair(
      id: id, query: query, queryNeutral: queryNeutral, exemplars: exemplars,
      responseA: preferred == .a ? positive : negative, responseB: preferred == .a ? negative : positive,
      preferred: preferred, author: author, negativeAuthor: negativeAuthor, genre: genre, topic: topic,
      negativeKind: negativeKind, positiveKind: positiveKind, variant: variant, exemplarGenres: exemplarGenres,
      exemplarIDs: exemplarIDs, positiveID: positiveID, negativeID: negativeID)
  }
}
