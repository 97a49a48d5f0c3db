import Stylometry
import Testing

/// What every floor promises, and what each looks at.
@Suite struct FloorTests {
  private struct Case {
    let query: StyleText
    let exemplars: [StyleText]
    let responseA: StyleText
    let responseB: StyleText

    init(seed: Int) {
      let seed = UInt64(seed)
      query = StyleText(RandomText.ordinary(seed: seed + 1, count: 12))
      exemplars = (0..<3).map { StyleText(RandomText.ordinary(seed: 100 * seed + $0, count: 60 + 10 * Int($0))) }
      // Every third is hostile.
      responseA = StyleText(
        seed % 3 == 0 ? RandomText.hostile(seed: seed + 7) : RandomText.ordinary(seed: seed + 7, count: 80))
      responseB = StyleText(RandomText.ordinary(seed: seed + 8))
    }

    init(query: String = "", exemplars: [String], responseA: String, responseB: String) {
      self.query = StyleText(query)
      self.exemplars = exemplars.map { StyleText($0) }
      self.responseA = StyleText(responseA)
      self.responseB = StyleText(responseB)
    }

    func margin(_ floor: any Floor) -> Double {
      floor.margin(query: query, exemplars: exemplars, responseA: responseA, responseB: responseB)
    }
  }

  @Test func namesAreTheContract() {
    #expect(
      Floors.all.map(\.name) == [
        "query_overlap", "content_words", "char_ngrams", "burrows_delta", "length", "stylometric_regression",
      ])
  }

  @Test(arguments: 0..<30) func exchangingTheResponsesNegatesTheMargin(seed: Int) {
    let pair = Case(seed: seed)
    for floor in Floors.all {
      let exchanged = floor.margin(
        query: pair.query, exemplars: pair.exemplars, responseA: pair.responseB, responseB: pair.responseA)
      #expect(pair.margin(floor) == -exchanged, "\(floor.name), seed \(seed)")
      #expect(pair.margin(floor).isFinite, "\(floor.name), seed \(seed)")
    }
  }

  @Test(arguments: 0..<30) func orderOfExemplarsChangesNothing(seed: Int) {
    let pair = Case(seed: seed)
    for floor in Floors.all {
      let reversed = floor.margin(
        query: pair.query, exemplars: pair.exemplars.reversed(), responseA: pair.responseA, responseB: pair.responseB)
      #expect(pair.margin(floor) == reversed, "\(floor.name), seed \(seed)")
    }
  }

  @Test(arguments: 0..<5) func floorsAreAmongTheInputsOfTheRegression(seed: Int) throws {
    let pair = Case(seed: seed)
    let differences = StylometricRegression.differences(
      profile: AuthorProfile(exemplars: pair.exemplars), responseA: pair.responseA, responseB: pair.responseB)
    let inputs = Dictionary(uniqueKeysWithValues: zip(StylometricRegression.inputNames, differences))
    #expect(inputs["gram_mean"] == pair.margin(CharacterGramsFloor()))
    #expect(inputs["content_mean"] == pair.margin(ContentWordsFloor()))
    // A distance, of which less is nearer.
    #expect(abs(try #require(inputs["delta"]) + pair.margin(BurrowsDeltaFloor())) < 1e-12)
  }

  @Test func equalResponsesAreATie() {
    let text = RandomText.ordinary(seed: 5)
    let pair = Case(query: "market river", exemplars: [text], responseA: "Some words.", responseB: "Some words.")
    for floor in Floors.all { #expect(pair.margin(floor) == 0, "\(floor.name)") }
  }

  @Test func nothingToCompareIsATie() {
    for pair in [
      Case(exemplars: [], responseA: "", responseB: ""), Case(exemplars: ["", "?"], responseA: "", responseB: ""),
    ] {
      for floor in Floors.all { #expect(pair.margin(floor) == 0, "\(floor.name)") }
    }
  }

  @Test func emptyTextsAreNoTrap() {
    let pair = Case(query: "", exemplars: ["", "some words"], responseA: "", responseB: "Other words, here.")
    for floor in Floors.all { #expect(pair.margin(floor).isFinite, "\(floor.name)") }
  }

  @Test func queryOverlapIsWordsSharedOfWordsInEither() {
    let pair = Case(query: "The red house", exemplars: [], responseA: "the house", responseB: "a house")
    // 2 of 3 words, and 1 of 4.
    #expect(abs(pair.margin(QueryOverlapFloor()) - (2.0 / 3 - 1.0 / 4)) < 1e-12)
  }

  @Test func contentWordsPreferTheTopicAndGramsTheSpelling() {
    let pair = Case(
      exemplars: ["We had colour and flavour, labour and honour."], responseA: "The neighbour has humour.",
      responseB: "labor honour color.")
    #expect(pair.margin(ContentWordsFloor()) < 0)
    let spelling = Case(
      exemplars: ["neighbour, humour"], responseA: "ardour, rumour", responseB: "ardor, rumor")
    #expect(spelling.margin(CharacterGramsFloor()) > 0)
    #expect(spelling.margin(ContentWordsFloor()) == 0)
  }

  @Test func deltaPrefersTheSameFunctionWords() {
    let pair = Case(
      exemplars: ["the king of the hill"], responseA: "the queen of the lake", responseB: "I think that you know")
    #expect(pair.margin(BurrowsDeltaFloor()) > 0)
  }

  @Test func lengthPrefersTheNearerRatio() {
    let exemplar = String(repeating: "w ", count: 99)
    let pair = Case(
      exemplars: [exemplar], responseA: String(repeating: "x ", count: 199),
      responseB: String(repeating: "y ", count: 24))
    // Log of 200 / 100, and of 100 / 25.
    #expect(abs(pair.margin(LengthFloor()) - 0.693147180559945) < 1e-9)
  }
}
