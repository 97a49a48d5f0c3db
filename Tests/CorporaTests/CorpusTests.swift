import Compression
import Corpora
import Foundation
import TestSupport
import Testing

/// A file and a folder tree give the same corpus; what is wrong in either is named.
@Suite struct CorpusTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func put(_ bytes: some Sequence<UInt8>, _ path: String) throws {
    let parent = folder.url.appending(path: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    try folder.write(bytes, to: path)
  }

  private func put(_ text: String, _ path: String) throws { try put(text.utf8, path) }

  private func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: folder.path(path), withDestinationPath: target)
  }

  private func tree(limits: CorpusLimits = CorpusLimits()) throws -> Corpus {
    try Corpus.read(path: folder.path("tree"), limits: limits)
  }

  @Test func readsATreeInSortedOrder() throws {
    try put("Zwei.\n", "tree/bob/b.txt")
    try put("\u{FEFF}One.\r\nTwo.\r\n\r\n", "tree/bob/a.txt")
    try put("Ten.", "tree/bob/B.txt")
    try put(Gzip.compress(Array("Packed.\n".utf8)), "tree/ann/letters/x.txt.gz")
    try put("Note.", "tree/ann/notes/x.txt")
    try put("not a text", "tree/ann/notes/x.json")
    try put("hidden", "tree/.cache/x.txt")
    try put("about this corpus", "tree/README.md")
    let corpus = try tree()
    #expect(
      corpus.texts == [
        CorpusText(author: "ann", documentID: "letters/x", genre: "letters", text: "Packed."),
        CorpusText(author: "ann", documentID: "notes/x", genre: "notes", text: "Note."),
        CorpusText(author: "bob", documentID: "B", text: "Ten."),
        CorpusText(author: "bob", documentID: "a", text: "One.\nTwo."),
        CorpusText(author: "bob", documentID: "b", text: "Zwei."),
      ])
    #expect(corpus.authors == ["ann", "bob"])
    #expect(corpus.texts(of: ["ann"]).count == 2)
    try RecordFile.write(corpus.texts, to: folder.path("texts.jsonl.gz"))
    #expect(try Corpus.read(path: folder.path("texts.jsonl.gz")) == corpus)
  }

  @Test func followsLinksOnlyInsideTheTree() throws {
    try put("One.", "tree/ann/a.txt")
    try put("Secret.", "outside/s.txt")
    try link("tree/ann/again.txt", to: "a.txt")
    #expect(try tree().texts.map(\.documentID) == ["a", "again"])
    try link("tree/ann/out.txt", to: folder.path("outside/s.txt"))
    #expect(throws: CorpusError.leadsOut(path: folder.path("tree/ann/out.txt"))) { try tree() }
    try FileManager.default.removeItem(atPath: folder.path("tree/ann/out.txt"))
    try link("tree/bob", to: folder.path("outside"))
    #expect(throws: CorpusError.leadsOut(path: folder.path("tree/bob"))) { try tree() }
  }

  @Test func namesTheFileOfATreeThatIsWrong() throws {
    try FileManager.default.createDirectory(atPath: folder.path("tree"), withIntermediateDirectories: true)
    #expect(throws: CorpusError.empty(path: folder.path("tree"), noun: "author/*.txt")) { try tree() }
    try put("One.", "tree/ann/a.txt")
    try put([0x41, 0xFF], "tree/ann/b.txt")
    #expect(throws: CorpusError.invalidUTF8(path: folder.path("tree/ann/b.txt"), offset: 1)) { try tree() }
    try put(" \n", "tree/ann/b.txt")
    #expect(throws: CorpusError.emptyText(path: folder.path("tree/ann/b.txt"))) { try tree() }
    try put("Lengthy.", "tree/ann/b.txt")
    #expect(throws: CorpusError.tooLarge(path: folder.path("tree/ann/b.txt"), bytesMax: 7)) {
      try tree(limits: CorpusLimits(textBytesMax: 7))
    }
    #expect(throws: CorpusError.self) { try tree(limits: CorpusLimits(textsMax: 1)) }
    #expect(throws: CorpusError.self) { try tree(limits: CorpusLimits(corpusBytesMax: 10)) }
    try put(Gzip.compress(Array("Lengthy.".utf8)), "tree/ann/b.txt.gz")
    #expect(throws: CorpusError.sameDocument(path: folder.path("tree/ann/b.txt.gz"))) { try tree() }
  }

  @Test func aTextInNoAuthorsFolderIsRefused() throws {
    try put("One.", "tree/ann/a.txt")
    try put("Lost.", "tree/lost.txt")
    #expect(throws: CorpusError.misplaced(path: folder.path("tree/lost.txt"))) { try tree() }
    try FileManager.default.removeItem(atPath: folder.path("tree/lost.txt"))
    try put("Deep.", "tree/ann/notes/old/a.txt")
    #expect(throws: CorpusError.misplaced(path: folder.path("tree/ann/notes/old"))) { try tree() }
  }

  @Test func namesTheLineOfAFileThatIsWrong() throws {
    let good = #"{"author":"ann","doc_id":"1","genre":null,"topic":null,"text":"One."}"#
    let other = good.replacing("ann", with: "bob")
    #expect(try Corpus.read(path: folder.write("\(good)\n\(other)\n")).authors == ["ann", "bob"])
    let twice = try folder.write("\(good)\n\n\(other)\n\(good)\n")
    let error = #expect(throws: CorpusError.self) { try Corpus.read(path: twice) }
    #expect(error?.description == "\(twice):4: doc_id \"1\" of \"ann\" is also on line 1")
    let blank = try folder.write(good.replacing("One.", with: "\\n "))
    #expect(throws: CorpusError.badField(path: blank, line: 1, field: "text", detail: "must not be empty")) {
      try Corpus.read(path: blank)
    }
    #expect(throws: CorpusError.self) { try Corpus.read(path: folder.write("")) }
    #expect(throws: CorpusError.self) { try Corpus.read(path: folder.write(good.replacing("doc_id", with: "id"))) }
    let long = try folder.write(good)
    #expect(throws: CorpusError.badField(path: long, line: 1, field: "text", detail: "has 4 bytes, more than 3")) {
      try Corpus.read(path: long, limits: CorpusLimits(textBytesMax: 3))
    }
  }
}
