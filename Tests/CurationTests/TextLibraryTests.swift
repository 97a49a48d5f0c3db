import Corpora
import Curation
import Randomness
import Testing

/// The texts that pairs are made of.
@Suite struct TextLibraryTests {
  @Test func cutsCountsAndSplits() {
    let library = TextLibrary(
      [CorpusText(author: "b", documentID: "1", text: "One two. Three four five.\nSix seven eight nine.")], wordsMax: 6)
    let entry = library.entries[0]
    #expect(entry.text == "One two. Three four five." && entry.wordCount == 5)
    #expect(entry.opening == "One two." && entry.continuation == "Three four five." && entry.continuationWordCount == 3)
  }

  @Test func keepsTextsOfOneSentenceWhole() {
    let entry = TextLibrary([CorpusText(author: "b", documentID: "1", text: "um so yeah it was")], wordsMax: 9).entries[
      0]
    #expect(entry.opening == nil && entry.continuation == entry.text && entry.continuationWordCount == 5)
  }

  @Test(arguments: 0..<5) func doesNotDependOnTheOrderOfTheCorpus(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var texts = InventedCorpus.texts(authors: 4, each: 4, seed: seed)
    // Two texts of one name, too.
    texts.append(CorpusText(author: "author0", documentID: "text0", text: "Another. And more of it."))
    let (one, other) = (TextLibrary(texts, wordsMax: 60), TextLibrary(random.shuffled(texts), wordsMax: 60))
    #expect(one.entries.map(\.text) == other.entries.map(\.text) && one.authors == other.authors)
    #expect(one.entriesByAuthor == other.entriesByAuthor)
  }

  @Test func findsWhatIsOnTheSameSubjectAndNeverItself() {
    let texts = [
      "The ferry left the harbour.", "A ferry in the harbour.", "Beans in the garden.", "The roses of a garden.",
    ]
    let library = TextLibrary(
      texts.enumerated().map { CorpusText(author: "a", documentID: "\($0)", text: $1) }, wordsMax: 50)
    #expect(library.nearest(to: 0, limit: 9) { _ in true } == [1])
    #expect(library.nearest(to: 2, limit: 9) { _ in true } == [3])
    #expect(library.nearest(to: 2, limit: 9) { $0 != 3 }.isEmpty)
  }
}
