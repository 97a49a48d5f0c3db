package import BoundedJSON

/// How queries are worded, by genre.
///
/// A query must not say which of the two responses is right. Where texts have topics, both responses are on the same
/// one, and the query names it. Where they have none, the query gives the opening sentence of the preferred text, which
/// gives the answer away to whoever reads on for sense instead of style; so every pair carries a neutral query beside
/// it.
package struct QueryForms: Sendable, Equatable {
  /// The queries of one genre.
  package struct Form: Sendable, Equatable, Codable {
    /// Fits every text of the genre.
    package var neutral: String
    /// With `{topic}` in it; for texts that have one.
    package var topic: String
    /// With `{opening}` in it; for texts without a topic.
    package var opening: String

    package init(neutral: String, topic: String, opening: String) {
      self.neutral = neutral
      self.topic = topic
      self.opening = opening
    }

    /// The forms of a genre of which no more is known than a noun with its article, such as "an essay".
    package init(noun: String) {
      neutral = "Write \(noun)."
      topic = "Write \(noun) about this topic: {topic}"
      opening = "Write \(noun) that starts with the following: {opening}"
    }
  }

  /// What is wrong with a file of query forms.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    case json(JSONError)
    case lacks(genre: String, form: String, placeholder: String)
    case blankNeutral(genre: String)

    package var description: String {
      switch self {
      case .json(let error): error.pointer.isEmpty ? error.description : "\(error.pointer): \(error.description)"
      case .lacks(let genre, let form, let placeholder):
        "the form \"\(form)\" of the genre \"\(genre)\" has no \(placeholder)"
      case .blankNeutral(let genre): "the form \"neutral\" of the genre \"\(genre)\" is blank"
      }
    }
  }

  private var forms: [String: Form]
  private static let other = Form(noun: "a text")

  /// The genres of common corpora; every other genre is "a text".
  package static let common = QueryForms(forms: [
    "newswire": Form(noun: "a news agency article"),
    "news": Form(noun: "a news article"),
    "article": Form(noun: "an article"),
    "email": Form(
      neutral: "Write an email giving your opinion.",
      topic: "Write an email giving your opinion on this topic: {topic}",
      opening: "Write an email that starts with the following: {opening}"),
    "essay": Form(
      neutral: "Write a short opinion essay.", topic: "Write a short opinion essay on this topic: {topic}",
      opening: "Write an essay that starts with the following: {opening}"),
    "blog": Form(noun: "a personal blog post"),
    "chat": Form(
      neutral: "Write your own messages from an online group chat.",
      topic: "Write your own messages from an online group chat about this topic: {topic}",
      opening: "Write chat messages that start with the following: {opening}"),
    "discussion": Form(
      neutral: "Give your own spoken contributions to a group discussion.",
      topic: "Give your own spoken contributions to a group discussion about this topic: {topic}",
      opening: "Give spoken contributions to a discussion that start with the following: {opening}"),
    "interview": Form(
      neutral: "Give your spoken answer in an interview.",
      topic: "Give your spoken answer in an interview about this topic: {topic}",
      opening: "Give a spoken answer that starts with the following: {opening}"),
    "review": Form(noun: "a review"),
    "story": Form(noun: "a story"),
  ])

  /// Those of `common`, with a file's own in their place: a JSON object of genres, each with `neutral`, `topic` and
  /// `opening`.
  package init(json bytes: [UInt8]) throws(Fault) {
    forms = Self.common.forms
    let own: [String: Form]
    do {
      own = try JSONReader.decode([String: Form].self, from: bytes, limits: .request)
    } catch {
      throw .json(error)
    }
    for (genre, form) in own.sorted(by: { $0.key < $1.key }) {
      if !form.topic.contains("{topic}") { throw .lacks(genre: genre, form: "topic", placeholder: "{topic}") }
      if !form.opening.contains("{opening}") { throw .lacks(genre: genre, form: "opening", placeholder: "{opening}") }
      if form.neutral.trimmed.isEmpty { throw .blankNeutral(genre: genre) }
      forms[genre] = form
    }
  }

  private init(forms: [String: Form]) { self.forms = forms }

  private func form(_ genre: String?) -> Form { forms[genre ?? ""] ?? Self.other }

  /// The query that fits every text of a genre.
  package func neutral(genre: String?) -> String { form(genre).neutral }

  /// The query of texts on a topic.
  package func query(genre: String?, topic: String) -> String {
    Self.fill("{topic}", in: form(genre).topic, with: topic)
  }

  /// The query of texts that begin with a sentence.
  package func query(genre: String?, opening: String) -> String {
    Self.fill("{opening}", in: form(genre).opening, with: opening)
  }

  /// The first place of a placeholder, filled; what fills it is not searched for placeholders.
  private static func fill(_ placeholder: String, in form: String, with text: String) -> String {
    guard let range = form.firstRange(of: placeholder) else { return form }
    return String(form[..<range.lowerBound]) + text + String(form[range.upperBound...])
  }
}
