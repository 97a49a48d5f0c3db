private import Glibc

/// Texts by several authors, each document once: what everything else is made from.
package struct Corpus: Sendable, Equatable {
  /// In the order of the file, or of the sorted names of a folder tree.
  package let texts: [CorpusText]
  /// Each author once, sorted.
  package let authors: [String]

  /// - Precondition: no two texts have the same author and `documentID`.
  package init(texts: [CorpusText]) {
    self.texts = texts
    authors = Set(texts.map(\.author)).sorted()
    precondition(Set(texts.map(\.key)).count == texts.count, "a document is in a corpus once")
  }

  /// The texts of some authors, in their order.
  package func texts(of authors: Set<String>) -> [CorpusText] { texts.filter { authors.contains($0.author) } }

  /// Reads a JSON Lines file, plain or gzip, or a folder tree `author/*.txt` or `author/genre/*.txt`.
  ///
  /// - Throws: the first thing that is wrong, with its file, line and field.
  package static func read(path: String, limits: CorpusLimits = CorpusLimits()) throws(CorpusError) -> Corpus {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      return Corpus(texts: try CorpusFolder(path: path, limits: limits).read())
    }
    return Corpus(texts: try readFile(path: path, limits: limits))
  }

  private static func readFile(path: String, limits: CorpusLimits) throws(CorpusError) -> [CorpusText] {
    var reader = try RecordReader<CorpusText>(path: path)
    var texts: [CorpusText] = []
    var firstLines: [CorpusText.Key: Int] = [:]
    var bytes = 0
    while let text = try reader.next() {
      let line = reader.lineNumber
      if texts.count == limits.textsMax { throw .tooMany(path: path, noun: CorpusText.noun, max: limits.textsMax) }
      let size = text.text.utf8.count
      if size > limits.textBytesMax {
        throw .badField(
          path: path, line: line, field: "text", detail: "has \(size) bytes, more than \(limits.textBytesMax)")
      }
      bytes += size
      if bytes > limits.corpusBytesMax { throw .tooLarge(path: path, bytesMax: limits.corpusBytesMax) }
      if let firstLine = firstLines.updateValue(line, forKey: text.key) {
        throw .duplicateDocument(
          path: path, line: line, author: text.author, documentID: text.documentID, firstLine: firstLine)
      }
      texts.append(text)
    }
    if texts.isEmpty { throw .empty(path: path, noun: CorpusText.noun) }
    return texts
  }
}

extension CorpusText {
  /// What sets a text apart from all others of a corpus.
  package struct Key: Hashable, Sendable, Comparable {
    package let author: String
    package let documentID: String

    package static func < (left: Key, right: Key) -> Bool {
      left.author == right.author ? left.documentID < right.documentID : left.author < right.author
    }
  }

  package var key: Key { Key(author: author, documentID: documentID) }
}
