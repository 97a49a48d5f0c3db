/// One text by one author: a line of a corpus, or a file of a corpus folder.
package struct CorpusText: Sendable, Equatable, Codable {
  package var author: String
  /// Names the text among its author's.
  package var documentID: String
  /// Such as `newswire` or `email`; nil where the corpus has one kind only.
  package var genre: String?
  package var topic: String?
  package var text: String

  package enum CodingKeys: String, CodingKey {
    case author, genre, topic, text
    case documentID = "doc_id"
  }

  package init(author: String, documentID: String, genre: String? = nil, topic: String? = nil, text: String) {
    self.author = author
    self.documentID = documentID
    self.genre = genre
    self.topic = topic
    self.text = text
  }
}

extension CorpusText: FileRecord {
  package static var noun: String { "texts" }

  package var fault: RecordFault? {
    if author.isEmpty { return .empty("author") }
    if documentID.isEmpty { return .empty("doc_id") }
    if RecordFault.isBlank(text) { return .empty("text") }
    return nil
  }
}
