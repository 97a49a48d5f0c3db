import Stylometry
import Testing

/// Means and spreads by hand, what is drawn towards other authors, and what the order of exemplars may not change.
@Suite struct AuthorProfileTests {
  private func profile(_ texts: String...) -> AuthorProfile { AuthorProfile(exemplars: texts.map { StyleText($0) }) }

  @Test func meanAndSpreadAreThoseOfTheExemplarsDrawnTowardsTheGeneralOne() throws {
    // 25, 50 and 0 commas per 100 words: mean 25, squares 0 + 625 + 625.
    let habit = try #require(profile("one, two three four", "one, two", "one two").habit(.commas))
    #expect(habit.count == 3)
    #expect(abs(habit.mean - 25) < 1e-9)
    let general = Population.row(.commas).spread(around: 25)
    let expected = ((1250 + 3 * general * general) / (2 + 3)).squareRoot()
    #expect(abs(habit.spread - expected) < 1e-9)
  }

  @Test func sentencesAreAveragedOverAllOfThem() throws {
    // 6 words in one sentence and 4 in four: 10 in 5; the mean of the texts' own means is 3.5.
    let profile = profile("One two three four five six.", "One. Two. Three. Four.")
    #expect(try #require(profile.habit(.sentenceLength)).mean == 2)
    #expect(try #require(profile.habit(.paragraphLength)).mean == 5)
    #expect(try #require(self.profile("One. Two.\nThree.", "Four five.").habit(.paragraphLength)).mean == 5.0 / 3)
  }

  @Test func oneExemplarHasTheGeneralSpread() throws {
    let habit = try #require(profile("one, two three four").habit(.commas))
    #expect(abs(habit.spread - Population.row(.commas).spread(around: 25)) < 1e-9)
  }

  @Test func manyExemplarsHaveTheirOwnSpread() throws {
    let texts = (0..<400).map { StyleText($0.isMultiple(of: 2) ? "one, two three four" : "one, two") }
    let habit = try #require(AuthorProfile(exemplars: texts).habit(.commas))
    #expect(abs(habit.mean - 37.5) < 1e-9)
    #expect(abs(habit.spread - 12.5) < 0.1)
  }

  @Test func deviationIsInSpreads() throws {
    let profile = profile("one, two three four", "one two three four")
    let habit = try #require(profile.habit(.commas))
    let text = StyleText("one, two, three four")
    let deviation = try #require(profile.deviation(.commas, of: text))
    #expect(abs(deviation - (50 - habit.mean) / habit.spread) < 1e-9)
    #expect(profile.deviation(.vocabulary, of: text) == nil)
  }

  @Test func exemplarsWithoutTheMeasurementAreLeftOut() throws {
    let profile = profile("One two three. Four.", "No second sentence here", "")
    #expect(try #require(profile.habit(.sentenceSpread)).count == 1)
    #expect(try #require(profile.habit(.sentenceLength)).count == 2)
    #expect(profile.habit(.vocabulary) == nil)
  }

  @Test func noExemplarsSayNothing() {
    for profile in [AuthorProfile(exemplars: []), profile("", "...")] {
      let text = StyleText("some words here")
      #expect(StyleFeature.allCases.allSatisfy { profile.habit($0) == nil && profile.closeness($0, of: text) == nil })
      #expect(profile.distinctive().isEmpty)
      #expect(profile.similarity(of: text) == Similarity())
      #expect(profile.gramSimilarity(of: text) == 0)
    }
  }

  @Test func closenessIsHighestAtTheAuthorsOwnValue() throws {
    func text(semicolons: Int) -> String {
      (0..<100).map { $0 < semicolons ? "word;" : "word" }.joined(separator: " ")
    }
    let profile = profile(text(semicolons: 2), text(semicolons: 2), text(semicolons: 3))
    let closeness = try [0, 2, 20].map {
      try #require(profile.closeness(.semicolons, of: StyleText(text(semicolons: $0))))
    }
    #expect(closeness[1] > 1 && closeness[0] < 0 && closeness[2] < closeness[1])
  }

  @Test func closenessNeverDecidesAlone() throws {
    let profile = profile("plain words only")
    let extreme = try #require(
      profile.closeness(.exclamations, of: StyleText("w" + String(repeating: "!", count: 5000))))
    #expect(abs(extreme) < 20)
  }

  @Test func whatSetsAnAuthorApartComesFirst() {
    let habit = "we went out... then... home... and slept... it rained all day... so we stayed..."
    let distinctive = profile(habit, habit, habit).distinctive(limit: 5)
    #expect(distinctive.count == 5)
    #expect(distinctive.contains { $0.feature == .ellipses && $0.distinction > 0 })
    #expect(distinctive.map { abs($0.distinction) } == distinctive.map { abs($0.distinction) }.sorted(by: >))
    // One sentence has no spread, and 15 words are no window for the vocabulary.
    #expect(profile(habit).distinctive().count == StyleFeature.allCases.count - 2)
  }

  @Test func moreExemplarsMakeADistinctionSurer() throws {
    let once = try #require(profile("a; b; c; d").habit(.semicolons)).distinction
    let twice = try #require(profile("a; b; c; d", "a; b; c; d").habit(.semicolons)).distinction
    #expect(twice > once && once > 0)
  }

  @Test(arguments: 0..<10) func orderOfExemplarsChangesNothing(seed: Int) {
    let texts = (0..<5).map { StyleText(RandomText.ordinary(seed: UInt64(seed * 10 + $0), count: 40 + 20 * $0)) }
    let response = StyleText(RandomText.ordinary(seed: UInt64(seed + 1000)))
    var generator = RandomText.Generator(seed: UInt64(seed))
    let first = AuthorProfile(exemplars: texts)
    let second = AuthorProfile(exemplars: texts.shuffled(using: &generator))
    #expect(first.similarity(of: response) == second.similarity(of: response), "seed \(seed)")
    #expect(first.distinctive() == second.distinctive(), "seed \(seed)")
  }
}
