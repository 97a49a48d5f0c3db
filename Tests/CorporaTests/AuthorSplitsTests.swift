import Corpora
import TestSupport
import Testing

/// Splits share no author, depend on names and seed only, and are read back as written.
@Suite struct AuthorSplitsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let authors = Set((0..<100).map { "author \($0)" })

  private func sizes(_ splits: AuthorSplits) -> [Int] {
    [AuthorSplits.Split.train, .validation, .test].map { splits.authors(in: $0).count }
  }

  @Test func everyAuthorIsInOneSplit() throws {
    let splits = try AuthorSplits(drawing: Self.authors, seed: 7)
    #expect(sizes(splits) == [70, 10, 20])
    #expect(Set(AuthorSplits.Split.allCases.flatMap(splits.authors(in:))) == Self.authors)
    for author in Self.authors {
      let split = try #require(splits.split(of: author))
      #expect(splits.authors(in: split).contains(author))
    }
    #expect(splits.split(of: "stranger") == nil)
  }

  @Test func theSameSeedGivesTheSameSplitsAndAnotherDoesNot() throws {
    let splits = try AuthorSplits(drawing: Self.authors, seed: 7)
    #expect(try AuthorSplits(drawing: Set(Self.authors.sorted()), seed: 7) == splits)
    #expect(try AuthorSplits(drawing: Self.authors, seed: 8).authors(in: .test) != splits.authors(in: .test))
    // Written down once, so that no later version draws otherwise.
    let few = try AuthorSplits(drawing: ["ann", "bob", "cid", "dee"], seed: 1)
    #expect(few.authors(in: .train) + few.authors(in: .validation) + few.authors(in: .test) == Self.drawn)
  }

  static let drawn = ["ann", "cid", "dee", "bob"]

  @Test(arguments: [
    (3, 0.7, 0.1, 0.2, [1, 1, 1]), (10, 0.5, 0.25, 0.25, [4, 3, 3]), (7, 1.0, 0.0, 0.0, [7, 0, 0]),
    (5, 0.0, 0.5, 0.5, [0, 2, 3]), (4, 0.9, 0.05, 0.05, [2, 1, 1]),
  ])
  func eachSplitGetsItsShare(count: Int, train: Double, validation: Double, test: Double, sizes: [Int]) throws {
    let fractions = AuthorSplits.Fractions(train: train, validation: validation, test: test)
    let authors = Set((0..<count).map { "a\($0)" })
    let splits = try AuthorSplits(drawing: authors, seed: 3, fractions: fractions)
    #expect(self.sizes(splits).reduce(0, +) == count)
    #expect(self.sizes(splits) == sizes)
  }

  @Test func refusesWhatCannotBeSplit() {
    #expect(throws: CorpusError.self) { try AuthorSplits(drawing: ["a", "b"], seed: 1) }
    let fractions = AuthorSplits.Fractions(train: 0.5, validation: 0.1, test: 0.2)
    #expect(throws: CorpusError.self) { try AuthorSplits(drawing: Self.authors, seed: 1, fractions: fractions) }
    #expect(throws: CorpusError.self) { try AuthorSplits(seed: 1, authors: [.train: ["a"], .test: ["a"]]) }
  }

  @Test func readsWhatItWrites() throws {
    let splits = try AuthorSplits(drawing: Self.authors, seed: .max)
    try splits.write(to: folder.path("splits.json"))
    let read = try AuthorSplits.read(path: folder.path("splits.json"))
    for split in AuthorSplits.Split.allCases { #expect(read.authors(in: split) == splits.authors(in: split)) }
    #expect(read.seed == .max)
  }

  @Test(arguments: [
    (#"{"train":["a"],"test":["a"]}"#, "no disjoint split"), (#"{"train":["a","a"]}"#, "no disjoint split"),
    (#"{"train":"a"}"#, "/train"), (#"{"test":["a"]}"#, "/train is missing"), (#"{"train":[]}"#, "no authors"),
    ("{", "expected a member name"),
  ])
  func namesWhatIsWrongInAFile(text: String, message: String) throws {
    let path = try folder.write(text, to: "splits.json")
    let error = #expect(throws: CorpusError.self) { try AuthorSplits.read(path: path) }
    #expect(error?.description.hasPrefix(path + ": ") == true)
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }
}
