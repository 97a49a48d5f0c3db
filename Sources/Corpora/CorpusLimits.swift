/// Bounds on a corpus, so that a wrong path is a message and not a machine out of memory.
package struct CorpusLimits: Sendable, Equatable {
  /// Bytes of one text: a long novel has less than 4 MiB.
  package var textBytesMax: Int
  /// Texts of one corpus.
  package var textsMax: Int
  /// Bytes of all texts together, which are held in memory.
  package var corpusBytesMax: Int

  package init(textBytesMax: Int = 4 << 20, textsMax: Int = 1_000_000, corpusBytesMax: Int = 4 << 30) {
    self.textBytesMax = textBytesMax
    self.textsMax = textsMax
    self.corpusBytesMax = corpusBytesMax
  }
}
