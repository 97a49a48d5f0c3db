import Curation
import Randomness
import Testing

/// Which texts are on the same subject: scores worked out by hand, ties, limits.
@Suite struct BM25IndexTests {
  @Test func scoresAsWorkedOutByHand() {
    // Lengths 3, 1, 2: mean 2. "tide" is in two of three: idf = ln(1 + 1.5 / 2.5) = 0.470004; "rope" in one:
    // idf = ln(1 + 2.5 / 1.5) = 0.980829.
    let index = BM25Index([["tide", "tide", "rope"], ["tide"], ["cargo", "captain"]])
    let ranked = index.rank(["tide", "rope", "rope", "unknown"], limit: 10)
    #expect(ranked.map(\.document) == [0, 1], "what shares no word is not among them")
    // Document 0: norm = 1.2 (0.25 + 0.75 * 1.5) = 1.65; tide 2 * 2.2 / 3.65, rope 2.2 / 2.65.
    #expect(abs(ranked[0].score - (0.470004 * 4.4 / 3.65 + 0.980829 * 2.2 / 2.65)) < 1e-5)
    // Document 1: norm = 1.2 (0.25 + 0.75 * 0.5) = 0.75.
    #expect(abs(ranked[1].score - 0.470004 * 2.2 / 1.75) < 1e-5)
  }

  @Test func ordersTiesByNumber() {
    let index = BM25Index(Array(repeating: ["a", "b"], count: 20))
    #expect(index.rank(["b"], limit: 7).map(\.document) == Array(0..<7))
    #expect(index.rank(["b"], limit: 3) { $0 > 4 }.map(\.document) == [5, 6, 7])
  }

  @Test func knowsNothingOfNothing() {
    #expect(BM25Index([]).rank(["a"], limit: 5).isEmpty)
    #expect(BM25Index([[], ["a"]]).rank([], limit: 5).isEmpty)
    #expect(BM25Index([[], ["a"]]).rank(["a"], limit: 0).isEmpty)
    #expect(BM25Index([[], ["a"]]).rank(["a"], limit: 5).map(\.document) == [1])
  }

  @Test(arguments: 0..<10) func ranksTheSameWhateverTheOrderOfWords(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let words = (0..<30).map { "w\($0)" }
    let documents = (0..<40).map { _ in (0..<20).map { _ in words[random.below(30)] } }
    let query = (0..<12).map { _ in words[random.below(30)] }
    let (one, other) = (
      BM25Index(documents).rank(query, limit: 40), BM25Index(documents).rank(query.reversed(), limit: 40)
    )
    #expect(one.map(\.document) == other.map(\.document) && one.map(\.score) == other.map(\.score), "seed \(seed)")
    #expect(one.map(\.score) == one.map(\.score).sorted(by: >) && one.allSatisfy { $0.score > 0 })
  }
}
