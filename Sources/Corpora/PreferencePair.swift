/// Two responses, of which one is by the author of the exemplars: a line of a pairs file.
package struct PreferencePair: Sendable, Equatable, Codable {
  /// Which of the two responses.
  package enum Slot: String, Sendable, Codable, CaseIterable {
    case a = "A"
    case b = "B"

    package var other: Slot { self == .a ? .b : .a }
  }

  /// Names the pair within its corpus.
  package var id: String
  /// What both responses answer. It may give the answer away: see `queryNeutral`.
  package var query: String
  /// A query that fits both responses equally well.
  package var queryNeutral: String?
  /// Texts by `author`; none shares text with a response.
  package var exemplars: [String]
  package var responseA: String
  package var responseB: String
  /// The response that `author` wrote.
  package var preferred: Slot
  package var author: String
  /// Who wrote the other response, or whom it imitates; nil where a machine wrote it as nobody.
  package var negativeAuthor: String?
  package var genre: String?
  package var topic: String?
  /// How the other response was found or made, such as `near_topic` or `confounding`.
  package var negativeKind: String
  /// How the preferred response was found or made; nil where it is one of the author's texts as it stands.
  package var positiveKind: String?
  /// What sets a part of the corpus apart, such as `cross_genre`.
  package var variant: String?
  package var exemplarGenres: [String]?
  package var exemplarIDs: [String]?
  package var positiveID: String?
  package var negativeID: String?

  package enum CodingKeys: String, CodingKey {
    case id, query, exemplars, preferred, author, genre, topic, variant
    case queryNeutral = "query_neutral"
    case responseA = "response_a"
    case responseB = "response_b"
    case negativeAuthor = "negative_author"
    case negativeKind = "negative_kind"
    case positiveKind = "positive_kind"
    case exemplarGenres = "exemplar_genres"
    case exemplarIDs = "exemplar_ids"
    case positiveID = "positive_id"
    case negativeID = "negative_id"
  }

  package init(
    id: String, query: String, queryNeutral: String? = nil, exemplars: [String], responseA: String, responseB: String,
    preferred: Slot, author: String, negativeAuthor: String? = nil, genre: String? = nil, topic: String? = nil,
    negativeKind: String, positiveKind: String? = nil, variant: String? = nil, exemplarGenres: [String]? = nil,
    exemplarIDs: [String]? = nil, positiveID: String? = nil, negativeID: String? = nil
  ) {
    self.id = id
    self.query = query
    self.queryNeutral = queryNeutral
    self.exemplars = exemplars
    self.responseA = responseA
    self.responseB = responseB
    self.preferred = preferred
    self.author = author
    self.negativeAuthor = negativeAuthor
    self.genre = genre
    self.topic = topic
    self.negativeKind = negativeKind
    self.positiveKind = positiveKind
    self.variant = variant
    self.exemplarGenres = exemplarGenres
    self.exemplarIDs = exemplarIDs
    self.positiveID = positiveID
    self.negativeID = negativeID
  }

  package func response(_ slot: Slot) -> String { slot == .a ? responseA : responseB }

  /// The same pair with its responses in each other's place.
  package var swapped: PreferencePair {
    var pair = self
    pair.responseA = responseB
    pair.responseB = responseA
    pair.preferred = preferred.other
    return pair
  }
}
